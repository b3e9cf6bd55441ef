//! Small adapters that would grow: by what they are compiled to, by how deep values and secrets are wrapped.

use std::fmt::Write as _;

use crate::{Adapter, Answer, Run, Value};

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
