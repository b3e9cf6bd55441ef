//! Small adapters that would grow: by what they are compiled to, by how deep values and secrets are wrapped, by what
//! compiling them takes.

use std::fmt::Write as _;

use super::work;
use crate::{Adapter, Answer, Register, Run, Value};

/// An adapter with constants `c0`, `c1`, …, each made by `text` from the name of the one above it, and a header that reads
/// the last.
fn chain(first: &str, count: usize, text: impl Fn(&str) -> String) -> String {
    let mut constants = format!("\"c0\": {first}");
    for index in 1..=count {
        let above = format!("${{currentObject:constants.c{}}}", index - 1);
        write!(constants, ",\n\"c{index}\": {}", text(&above)).unwrap();
    }
    format!(
        r#"{{"constants": {{{constants}}}, "requestMapping": {{"method": "POST", "url": "https://a.example/",
            "headers": {{"X-Last": "${{currentObject:constants.c{count}}}"}}}}}}"#
    )
}

fn compiled(text: &str) -> Adapter {
    Adapter::compile("A-B", text, None, &()).unwrap_or_else(|found| {
        panic!("{}", found.iter().map(|found| found.render("A-B", "")).collect::<String>())
    })
}

#[test]
fn constants_that_double_do_not_grow_where_they_are_read() {
    let text = chain(r#""x{{secret:key}}""#, 40, |above| format!("\"{above}{above}\""));
    let adapter = compiled(&text);
    let error = adapter.request(&Run::default()).unwrap_err();
    assert!(error.message.contains("limit"), "{error}");
}

#[test]
fn secrets_are_wrapped_only_so_deep() {
    let text = chain(r#""x{{secret:key}}""#, 20_000, |above| format!("\"x${{base64:{above}}}\""));
    let error = compiled(&text).request(&Run::default()).unwrap_err();
    assert!(error.message.contains("encoded more than"), "{error}");
}

#[test]
fn constants_are_nested_only_so_deep() {
    let text = chain(r#"["${currentObject:input}"]"#, 4_000, |above| format!(r#"["{above}"]"#));
    let error = compiled(&text).request(&Run::default()).unwrap_err();
    assert!(error.message.contains("limit `depth`"), "{error}");
}

#[test]
fn secrets_count_in_what_a_run_makes() {
    let wide = "{{secret:key}}".repeat(20_000);
    let read = "\"${currentObject:constants.wide}\",".repeat(20_000);
    let text = format!(
        r#"{{"constants": {{"wide": "${{currentObject:input.none}}{wide}"}}, "requestMapping": {{"method": "POST",
            "url": "https://a.example/", "body": [{read}]}}}}"#
    );
    let error = compiled(&text).request(&Run::default()).unwrap_err();
    assert!(error.message.contains("limit"), "{error}");
}

#[test]
fn looking_for_secrets_in_constants_takes_no_longer_than_the_text_is_long() {
    let wide = |above: &str| format!("[{}]", format!("\"x{above}\",").repeat(400));
    let text = chain("\"${currentObject:input}\"", 60, wide);
    let reads = "\"${currentObject:constants.c60}\",".repeat(400);
    let text = text.replacen('{', &format!(r#"{{"responseMapping": [{reads}], "#), 1);
    compiled(&text);
}

#[test]
fn a_constant_reads_those_above_it_and_no_other_by_whatever_name() {
    let text = r#"{
        "constants": {
            "one": "${currentObject:constants.${currentObject:input.name}}",
            "all": "${currentObject:constants}",
            "below": "{{secret:key}}"
        },
        "requestMapping": { "url": "https://a.example/" },
        "responseMapping": { "one": "${currentObject:constants.one}", "all": "${currentObject:constants.all}" }
    }"#;
    let adapter = compiled(text);
    let mut run = Run { input: Value::from([("name", "below".into())]), ..Run::default() };
    let respond = |run: &Run| adapter.respond(run, &Answer::default()).unwrap().to_string();
    assert_eq!(respond(&run), r#"{"one":null,"all":{"one":null}}"#);
    run.constants = Value::from([("below", "the integration's".into())]);
    assert_eq!(
        respond(&run),
        r#"{"one":"the integration's","all":{"one":"the integration's","below":"the integration's"}}"#
    );
}

/// Many names, each looked for: what it takes counts.
#[test]
fn looking_for_names_takes_steps() {
    let many: String =
        (0..20_000).map(|index| format!("\"k{index}\": \"${{currentObject:input}}\",")).collect();
    let reads = |path: &str| format!("\"${{currentObject:constants.{path}}}\",").repeat(20_000);
    let limited = |constants: &str, path: &str| {
        let text = format!(
            r#"{{"constants": {{{constants}}}, "requestMapping": {{"method": "POST", "url": "https://a.example/",
                "body": [{}]}}}}"#,
            reads(path)
        );
        let error = compiled(&text).request(&Run::default()).unwrap_err();
        assert!(error.message.contains("limit `fuel`"), "{error}");
    };
    limited(&format!("\"deep\": {{{many}}}"), "deep.k19999");
    limited(&many, "k19999");
    limited(&many, "${currentObject:input.none}x");
}

#[test]
fn hints_are_given_while_there_is_time() {
    let many: String = (0..4_000).map(|index| format!("\"member{index}\": 1,")).collect();
    for (constants, path) in [(format!("\"deep\": {{{many}}}"), "deep.membre"), (many, "membre")] {
        let reads = format!("\"${{currentObject:constants.{path}}}\",").repeat(300);
        let text = format!(
            r#"{{"constants": {{{constants}}}, "requestMapping": {{"url": "https://a.example/"}}, "responseMapping": [{reads}]}}"#
        );
        let warnings = compiled(&text).warnings().to_vec();
        let hints = warnings.iter().filter(|warning| warning.help.is_some()).count();
        assert!(hints > 0 && hints < 100, "{hints} hints");
    }
}

#[test]
fn what_would_be_too_long_is_refused_before_it_is_made() {
    let text = |expression: &str| {
        format!(
            r#"{{"requestMapping": {{"url": "https://a.example/"}}, "responseMapping": {{"a": "{expression}"}}}}"#
        )
    };
    let group = "x".repeat(1 << 20);
    let text_of_number = text(&format!("${{formatNumber:${{currentObject:input}},0,.,{group}}}"));
    let run = Run { input: Value::from("7".repeat(1 << 20)), ..Run::default() };
    let error = compiled(&text_of_number).respond(&run, &Answer::default()).unwrap_err();
    assert!(error.message.contains("limit `output_bytes`"), "{error}");
    for function in ["formatDate", "parseDate"] {
        let pattern = "%200Y".repeat(100);
        let text = text(&format!("${{{function}:${{currentObject:input}},{pattern}}}"));
        let found = Adapter::compile("A-B", &text, None, &()).unwrap_err();
        assert_eq!(found[0].code, "unknown-format", "{function}");
    }
}

/// Texts of which a longer one, by the same thing again, takes as much longer to compile and no more.
#[test]
fn twice_the_text_takes_about_twice_the_work() {
    type Shape = fn(usize) -> String;
    let shapes: [(&str, usize, Shape); 13] = [
        ("unknown members beside a missing one", 200, |many| {
            let members: String = (0..many).map(|at| format!("\"urll{at}\": 1,")).collect();
            format!(r#"{{ "requestMapping": {{ {members} "method": "GET" }} }}"#)
        }),
        ("unknown members", 200, |many| {
            let members: String = (0..many).map(|at| format!("\"constantz{at}\": 1,")).collect();
            format!(r#"{{ {members} "requestMapping": {{ "url": "https://x.y/" }} }}"#)
        }),
        ("names that are like each other", 500, |long| {
            let name = "n".repeat(long);
            with(&format!(
                r#""constants": {{ "{name}": 1 }}, "responseMapping": "${{currentObject:constants.{name}x}}""#
            ))
        }),
        ("words that begin like a key", 500, |many| with(&format!(r#""a": "{}""#, "aglpat-".repeat(many)))),
        ("words that begin like a web token", 500, |many| {
            with(&format!(r#""responseMapping": "{}""#, "eyJhbGciOiJIUzI1NiJ9 ".repeat(many)))
        }),
        ("findings", 1_000, |many| {
            with(&format!(
                r#""responseMapping": [{}]"#,
                "\"${currentObject:constants.none}\",\n".repeat(many)
            ))
        }),
        ("parts of a URL without a scheme", 500, |many| {
            let parts = "a${currentObject:constants.a}".repeat(many);
            format!(r#"{{ "constants": {{ "a": "b" }}, "requestMapping": {{ "url": "{parts}" }} }}"#)
        }),
        ("single quotes", 500, |many| with(&format!("\"responseMapping\": [[ {} ]]", "' ".repeat(many)))),
        ("escapes without an end", 500, |many| {
            with(&format!(r#""responseMapping": "${{evaluate:'{}'}}""#, "\\\\u{1".repeat(many)))
        }),
        ("the name of many elements", 200, |many| {
            let elements = "\"text\",".repeat(many);
            with(&format!(r#""responseMapping": {{ "{}Token": [{elements}] }}"#, "x".repeat(many)))
        }),
        ("secrets looked for in constants", 200, |many| {
            let read = "\"x${currentObject:constants.deep.b}\",".repeat(many);
            with(&format!(
                r#""constants": {{ "deep": {{ "a": "{{{{secret:a}}}}", "b": ["${{currentObject:input}}"] }} }}, "responseMapping": [{read}]"#
            ))
        }),
        ("a longer connector, named more often", 100, |many| {
            let names = format!("\"NAMES-{many}\",").repeat(many);
            with(&format!(r#""onResponseConnector": {{ "connector": [{names}] }}"#))
        }),
        ("a longer register, read more often", 20, |many| {
            let read = format!("\"${{configRegister:LONG-{many}}}\",").repeat(many);
            with(&format!(r#""responseMapping": [{read}]"#))
        }),
    ];
    let registers = |key: &str| {
        if let Some(many) = key.strip_prefix("NAMES-") {
            let names = "\"LONG-1\",".repeat(many.parse().ok()?);
            return Some(Register::authored(format!("[{names}]")));
        }
        let long = key.strip_prefix("LONG-")?.parse().ok()?;
        Some(Register::authored(format!(r#"["{}"]"#, "so much text ".repeat(100).repeat(long))))
    };
    for (name, size, text) in shapes {
        let work = |size| {
            let text = text(size);
            (text.len(), work::of(|| drop(Adapter::compile("A-B", &text, None, &registers))))
        };
        let ((length, once), (_, twice)) = (work(size), work(2 * size));
        assert!(once >= length / 4, "{name}: {once} is not what a text of {length} bytes takes");
        assert!(twice < 3 * once, "{name}: {once}, and {twice} for twice as much");
    }
}

/// Members of an adapter that is sound without them.
fn with(members: &str) -> String {
    format!(r#"{{ "requestMapping": {{ "url": "https://x.y/" }}, {members} }}"#)
}

/// A place in a constant that is a place in the one above it, each of them as deep as a text may be.
#[test]
fn looking_for_secrets_takes_no_stack() {
    const STACK: usize = 512 << 10;
    const DEPTH: usize = 110;
    let steps = ".0".repeat(DEPTH);
    let nested = |inner: &str| format!("{}\"{inner}\"{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let mut constants = format!("\"c0\": {}", nested("x{{secret:key}}${currentObject:input}"));
    for index in 1..64 {
        let above = nested(&format!("${{currentObject:constants.c{}{steps}}}", index - 1));
        write!(constants, ", \"c{index}\": {above}").unwrap();
    }
    let read = format!("\"responseMapping\": \"${{currentObject:constants.c63{steps}}}\"");
    let text = with(&format!("\"constants\": {{ {constants} }}, {read}"));
    let compile = move || Adapter::compile("A-B", &text, None, &()).map(|_| ());
    let found = std::thread::Builder::new().stack_size(STACK).spawn(compile).unwrap().join().unwrap();
    assert_eq!(found.unwrap_err()[0].code, "secret-leak");
}

/// Where there is no time left to look closer, what is read may be any secret.
#[test]
fn a_secret_of_a_register_is_suspected_where_there_is_no_time_to_look() {
    let members: String = (0..20_000).map(|at| format!("\"k{at}\": \"${{currentObject:input}}\",")).collect();
    let looks = "\"${currentObject:constants.deep.k1}\",".repeat(1_100);
    let text = with(&format!(
        r#""constants": {{ "deep": {{ {members} }} }}, "preResponseMapping": [{looks}],
            "responseMapping": "${{configRegister:HIDDEN-A}}""#
    ));
    let registers =
        |key: &str| (key == "HIDDEN-A").then(|| Register::authored(r#"{ "a": "{{secret:hidden}}" }"#));
    let found = Adapter::compile("A-B", &text, None, &registers).unwrap_err();
    let told: Vec<_> = found.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(told, ["the secret `hidden` would end in the result"]);
}

#[test]
fn a_register_is_compiled_once_for_each_part_that_reads_it() {
    const LENGTH: usize = 100_000;
    let large = format!(r#"{{ "text": "{}", "id": "${{currentObject:input.id}}" }}"#, "x".repeat(LENGTH));
    let registers = |key: &str| (key == "LARGE-A").then(|| Register::authored(large.as_str()));
    let read = "\"${configRegister:LARGE-A}\",".repeat(50);
    let text = format!(
        r#"{{ "constants": {{ "list": [{read}] }},
            "requestMapping": {{ "method": "POST", "url": "https://x.y/", "body": [{read}] }},
            "responseMapping": {{ "properties": {{ "all": [{read}], "id": "${{configRegister:LARGE-A, id}}" }} }} }}"#
    );
    let adapter = Adapter::compile("A-B", &text, None, &registers).unwrap();
    let bytes = adapter.compiled_bytes();
    assert!((3 * LENGTH..4 * LENGTH).contains(&bytes), "{bytes}");
    let run = Run { input: Value::from([("id", 7_i64.into())]), ..Run::default() };
    let one = Value::from([("text", "x".repeat(LENGTH).into()), ("id", 7_i64.into())]);
    let all = Value::from(vec![one; 50]);
    let body = adapter.request(&run).unwrap().body.unwrap().masked();
    assert_eq!(Value::from_json(body.as_bytes()).unwrap(), all);
    let result = adapter.respond(&run, &Answer::default()).unwrap();
    assert_eq!((result.get("all"), result.get("id")), (Some(&all), Some(&Value::from(7_i64))));
}

/// What a constant reads in a register may read the constants above it, and those change.
#[test]
fn a_register_that_reads_constants_is_read_anew_by_each_constant() {
    let registers =
        |key: &str| (key == "READS-A").then(|| Register::authored(r#"["${currentObject:constants.a}"]"#));
    let text = r#"{
        "integration": "CRM",
        "constants": { "before": "${reg:READS-A}", "a": "${currentObject:input.a}", "after": "${reg:READS-A}" },
        "requestMapping": { "url": "https://x.y/" },
        "responseMapping": ["${currentObject:constants.before}", "${currentObject:constants.after}"]
    }"#;
    let adapter = Adapter::compile("A-B", text, None, &registers).unwrap();
    let constants = Value::from([("a", "theirs".into())]);
    let run = Run { input: Value::from([("a", "own".into())]), constants, ..Run::default() };
    let result = adapter.respond(&run, &Answer::default()).unwrap();
    assert_eq!(result.to_string(), r#"[["theirs"],["own"]]"#);
}

/// What runs added to a register has no place of its own in its text, and is told apart all the same.
#[test]
fn what_runs_added_to_a_register_is_read_beside_what_it_was_added_to() {
    let layer = Value::from([("added", Value::from([("b", 2_i64.into())])), ("more", 3_i64.into())]);
    let registers = |key: &str| {
        let register = Register::authored(r#"{ "a": 1 }"#);
        (key == "ADDED-A").then(|| Register { layer: Some(layer.clone()), ..register })
    };
    let text =
        with(r#""responseMapping": ["${reg:ADDED-A}", "${reg:ADDED-A, added}", "${reg:ADDED-A, more}"]"#);
    let adapter = Adapter::compile("A-B", &text, None, &registers).unwrap();
    let result = adapter.respond(&Run::default(), &Answer::default()).unwrap();
    assert_eq!(result.to_string(), r#"[{"a":1,"added":{"b":2},"more":3},{"b":2},3]"#);
}

#[test]
fn a_text_that_reads_a_register_beyond_the_limits_is_told_so() {
    let registers = |key: &str| {
        // Members are looked for one after the other, which counts as values that are compiled.
        let members: String = (0..150_000).map(|at| format!("\"m{at}\":1,")).collect();
        (key == "WIDE-A").then(|| Register::authored(format!("{{{members} \"last\": 1}}")))
    };
    let reads = "\"${configRegister:WIDE-A, last}\",".repeat(1_500);
    let found = Adapter::compile("A-B", &with(&format!("\"responseMapping\": [{reads}]")), None, &registers);
    let codes: Vec<_> = found.unwrap_err().iter().map(|found| found.code).collect();
    assert_eq!(codes, ["too-large"], "told once, and not passed over");
}
