//! A script gives the same whether it is compiled or run by a worker.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use mapping::{Adapter, Answer, Run};
use proptest::{prelude::*, test_runner::TestRunner};

use super::{
    cases::adapter,
    compared::{Among, Counting},
    *,
};

/// Simple shapes over any value.
const SCRIPTS: [&str; 24] = [
    "a",
    "[a, a]",
    "({ k: a, '2': [a], '1': 0.10 })",
    "a ?? 'none'",
    "a || 'none'",
    "a && [a]",
    "a == null ? 0 : a",
    "a?.[0] ?? a",
    "a?.['1']",
    "a?.k",
    "typeof a",
    "String(a)",
    "a + ''",
    "`<${a}>`",
    "Object.keys(a ?? {})",
    "JSON.stringify(a)",
    "JSON.parse(JSON.stringify(a))",
    "a ? 1 : 0",
    "!a",
    "false && a",
    "a === 1 ? 1 : [typeof a]",
    "a > 5 || a < -5",
    "[1, 2].includes(a)",
    "[a, 1].join()",
];

/// Numbers in every form that JSON has for them, those beyond the range of doubles too.
fn number() -> impl Strategy<Value = String> {
    let whole = prop_oneof![Just(String::new()), Just("-".to_owned())]
        .prop_flat_map(|sign| "0|[1-9][0-9]{0,25}".prop_map(move |digits| format!("{sign}{digits}")));
    prop_oneof![
        whole.clone(),
        (whole.clone(), "\\.[0-9]{1,20}").prop_map(|(whole, fraction)| whole + &fraction),
        (whole, "(\\.[0-9]{1,5})?[eE][+-]?[0-9]{1,3}").prop_map(|(whole, rest)| whole + &rest),
        any::<f64>()
            .prop_filter("JSON has no other", |number| number.is_finite())
            .prop_map(|n| format!("{n:e}")),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,8}", "[\\x00-\\x20\\x7f-\\xa0\"/\\\\\u{2028}\u{feff}]{0,4}", "[0-9 .e-]{0,6}"]
}

/// Keys that JavaScript treats in a way of their own, or nearly.
const KEYS: [&str; 12] =
    ["k", "0", "1", "01", "-1", "1.5", "4294967294", "4294967295", "__proto__", "toJSON", "length", ""];

/// Keys, most of them such that JavaScript puts them in another order.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(&KEYS[..]).prop_map(str::to_owned),
        (0..30_u32).prop_map(|index| index.to_string()),
        any::<u32>().prop_map(|index| index.to_string()),
        text(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let number = number().prop_map(|text| json(&text));
    let leaf = prop_oneof![
        4 => number,
        2 => text().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 64, 24, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((key(), inner), 0..24)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What a worker gives for each of [`SCRIPTS`], all in one. Half of a character is no text of ours.
fn elsewhere(pool: &Workers, value: &Value) -> Vec<String> {
    let each: String = SCRIPTS.iter().map(|script| format!("() => ({script}), ")).collect();
    let script = format!(
        "const written = f => {{ try {{ return JSON.stringify(f()) ?? 'null' }} catch {{ return 'error' }} }};
         [{each}].map(written).map(text => /\\\\ud[89a-f]/.test(text) ? 'error' : text)"
    );
    let given = pool.evaluate(&Program::new(script, ["a".to_owned()]), std::slice::from_ref(value), 0);
    let given = given.expect("it runs");
    let text = |given: &Value| given.as_str().map(str::to_owned);
    given.as_array().expect("an array").iter().map(text).collect::<Option<_>>().expect("texts")
}

#[test]
fn a_script_gives_the_same_compiled_and_by_a_worker() {
    let pool = Box::leak(Box::new(pool(2)));
    let counting: Arc<Counting<'static>> = Arc::new(Counting(pool, AtomicUsize::new(0)));
    let adapters = SCRIPTS.map(|script| {
        Adapter::compile("A", &adapter(script), None, &Among(pool)).expect("it is of a simple shape")
    });
    let run = Run { scripts: Some(counting.clone()), ..Run::default() };
    let here = |value: &Value| {
        adapters.each_ref().map(|adapter| {
            let response = Value::Object([("a".to_owned(), value.clone())].into_iter().collect());
            let answer = Answer { meta: Value::Null, response };
            adapter.respond(&run, &answer).map_or("error".to_owned(), |value| value.to_string())
        })
    };
    const CASES: u32 = 400;
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
    let compared = TestRunner::new(config).run(&value(), |value| {
        for ((script, here), elsewhere) in SCRIPTS.iter().zip(here(&value)).zip(elsewhere(pool, &value)) {
            prop_assert_eq!(here, elsewhere, "{}", script);
        }
        Ok(())
    });
    compared.expect("both give the same");
    let (left, all) = (counting.1.load(Ordering::Relaxed), SCRIPTS.len() * CASES as usize);
    assert!(left < all / 3, "{left} of {all} were not compiled");
}
