//! Every function as its reference shows it.

use std::path::Path;
use std::sync::LazyLock;

use super::{NOW, kept};
use crate::function::{Example, FUNCTIONS};
use crate::{Adapter, Answer, Diagnostic, Register, Run, Value};

#[test]
fn every_example_gives_what_it_says() {
    let mut wrong = String::new();
    for function in FUNCTIONS {
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
        for example in function.examples {
            let given = gives(example);
            if given != example.gives {
                wrong += &format!("{}\n  says  {}\n  gives {given}\n", example.text, example.gives);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_example_calls_its_function() {
    for function in FUNCTIONS {
        let call = format!("${{{}", function.name);
        assert!(function.examples.iter().all(|example| example.text.contains(&call)), "{}", function.name);
        assert!(!function.summary.ends_with('.'), "{}: the reference sets the full stop", function.name);
    }
}

#[test]
fn the_reference_is_what_the_functions_say() {
    kept(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language/functions.md"),
        &crate::reference(),
    );
}

/// The value of an example as JSON, or the first error.
fn gives(example: &Example) -> String {
    let given = |what: &str| example.given.iter().find(|(name, _)| *name == what).map(|(_, text)| *text);
    let value =
        |what: &str| given(what).map_or(Value::Null, |text| Value::from_json(text.as_bytes()).unwrap());
    let registers = |key: &str| given(&format!("register {key}")).map(Register::authored);
    let text = Value::from(example.text);
    let constants = given("constants").unwrap_or("{}");
    let request = r#""method": "POST", "url": "https://example.com/""#;
    let adapter = match given("response") {
        Some(_) => format!(r#"{{ "requestMapping": {{ {request} }}, "responseMapping": [{text}] }}"#),
        None => {
            format!(r#"{{ "constants": {constants}, "requestMapping": {{ {request}, "body": [{text}] }} }}"#)
        }
    };
    let adapter = match Adapter::compile("ADAPTER.TEST", &adapter, None, &registers) {
        Ok(adapter) => adapter,
        Err(found) => return format!("error: {}", first_error(&found)),
    };
    let run = Run {
        input: value("input"),
        unit: value("unit"),
        tenant: value("tenant"),
        timestamp_ms: NOW,
        seed: [7; 16],
        ..Run::default()
    };
    let made = match given("response") {
        Some(_) => {
            let answer = Answer { meta: Value::Null, response: value("response") };
            adapter.respond(&run, &answer).map(|result| result.to_string())
        }
        None => adapter.request(&run).map(|request| request.body.unwrap().masked()),
    };
    match made {
        Ok(list) => list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap().to_owned(),
        Err(error) => {
            let place = error.place.split_once("[0].").map_or("", |(_, place)| place);
            format!("error: {place}: {}", error.message)
        }
    }
}

fn first_error(found: &[Diagnostic]) -> &str {
    &found.iter().find(|found| found.is_error()).unwrap().message
}

/// An adapter whose result is what the expression gives.
fn resulting_in(expression: &str) -> Adapter {
    let adapter = format!(
        r#"{{ "requestMapping": {{ "url": "https://example.com/" }}, "responseMapping": {} }}"#,
        Value::from(expression)
    );
    Adapter::compile("ADAPTER.TEST", &adapter, None, &()).unwrap()
}

fn result(adapter: &Adapter, input: Value) -> Result<Value, String> {
    let run = Run { input, timestamp_ms: NOW, ..Run::default() };
    adapter.respond(&run, &Answer::default()).map_err(|error| error.to_string())
}

static THERE_AND_BACK: LazyLock<[Adapter; 4]> = LazyLock::new(|| {
    [
        "${base64Decode:${base64:${currentObject:input}}}",
        "${base64Decode:${base64Url:${currentObject:input}}}",
        "${urlDecode:${urlEncode:${currentObject:input}}}",
        "${join:${split:${currentObject:input},'${currentObject:input.none}a'},a}",
    ]
    .map(resulting_in)
});
static TO_TWO_PLACES: LazyLock<Adapter> =
    LazyLock::new(|| resulting_in("${formatNumber:${currentObject:input},2}"));

#[test]
fn what_grows_beyond_the_limit_of_a_run_is_refused() {
    let text = |length: usize| Value::from(",".repeat(length));
    let list = Value::Array(vec![Value::from(""); 100_000]);
    let separator = "s".repeat(1_000);
    let join = format!("${{join:${{currentObject:input}},{separator}}}");
    let cases = [
        ("${hex:${currentObject:input}}", text(40 << 20)),
        ("${base64:${hash:sha1,x}${currentObject:input}}", text(40 << 20)),
        ("${hash:sha1,${currentObject:input}${currentObject:input}}", text(40 << 20)),
        ("${split:${currentObject:input}}", text(3 << 20)),
        (join.as_str(), list),
    ];
    for (expression, input) in cases {
        let error = result(&resulting_in(expression), input).unwrap_err();
        assert!(error.ends_with("the run makes more than 67108864 bytes (limit `output_bytes`)"), "{error}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_encoded_and_decoded_is_the_same_data(text in r"([\PC\s]|\$\{|\}|\{\{secret:key\}\}|%|,|')*") {
        let input = Value::from(text.as_str());
        for (index, adapter) in THERE_AND_BACK.iter().enumerate() {
            let value = result(adapter, input.clone());
            proptest::prop_assert_eq!(value.as_ref(), Ok(&input), "{}", index);
        }
    }

    #[test]
    fn a_formatted_number_is_the_nearest_one(cents in -10_000_000_000_i64..10_000_000_000, scale in 0_usize..8) {
        // `cents` units of 10^-scale, rounded to two places by whole numbers alone.
        let digits = format!("{:0>width$}", cents.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if cents < 0 { "-" } else { "" };
        let point = if scale == 0 { "" } else { "." };
        let number = format!("{sign}{whole}{point}{fraction}");
        let unit = 10_u64.pow(scale.max(2) as u32 - 2);
        let hundredths = (cents.unsigned_abs() * 10_u64.pow(2_u32.saturating_sub(scale as u32)) * 2 + unit) / (unit * 2);
        let sign = if hundredths == 0 { "" } else { sign };
        let expected = format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100);
        let value = result(&TO_TWO_PLACES, Value::from(number.as_str()));
        proptest::prop_assert_eq!(value, Ok(Value::from(expected)), "{}", number);
    }
}
