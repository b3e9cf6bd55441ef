use super::Adapter;
use crate::environment::Register;
use crate::run::Run;
use crate::value::Value;

fn compile(text: &str) -> Result<Adapter, Vec<&'static str>> {
    Adapter::compile("A", text, None, &()).map_err(|found| found.iter().map(|found| found.code).collect())
}

fn with(member: &str) -> String {
    format!(r#"{{ "requestMapping": {{ "url": "https://x.y/" }}, {member} }}"#)
}

#[test]
fn an_adapter_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Adapter>();
    shared::<crate::Request>();
}

#[test]
fn what_an_adapter_reads_is_known() {
    let registers = |key: &str| match key {
        "A-B" => Some(Register::authored(r#"{ "x": "${reg:C-D}", "y": "{{secret:two}}" }"#)),
        "C-D" => Some(Register::authored("1")),
        _ => None,
    };
    let text = r#"{ "integration": "CRM", "requestMapping": { "url": "https://x.y/{{secret:one}}", "headers": { "H": "${configRegister:A-B}" } } }"#;
    let adapter = Adapter::compile("ADAPTER.X-Y", text, None, &registers).unwrap();
    assert_eq!(adapter.name(), "ADAPTER.X-Y");
    assert_eq!(adapter.integration(), Some("CRM"));
    assert_eq!(adapter.registers(), ["A-B", "C-D"]);
    assert_eq!(adapter.secrets(), ["one", "two"]);
}

#[test]
fn hostile_adapters_end_in_an_error() {
    let nested = |open: &str, close: &str| {
        with(&format!("\"responseMapping\": \"{}{}\"", open.repeat(5_000), close.repeat(5_000)))
    };
    assert_eq!(compile(&nested("${if:a,b,", "}")).unwrap_err(), ["too-deep"]);
    let arrays = with(&format!("\"responseMapping\": {}{}", "[".repeat(126), "]".repeat(126)));
    assert!(compile(&arrays).is_ok());
    for text in ["", "null", "[]", "\"A-B\"", "{", "\0", "${currentObject:input}"] {
        assert!(compile(text).is_err(), "{text}");
    }
}

/// Each register reads the next one ten times: unfolded, a billion values.
#[test]
fn registers_that_multiply_are_refused() {
    let registers = |key: &str| {
        let level: usize = key.strip_prefix("L-")?.parse().ok()?;
        let next = format!("\"${{configRegister:L-{}}}\"", level + 1);
        let text = if level == 9 { "1".to_owned() } else { format!("[{}]", vec![next; 10].join(",")) };
        Some(Register::authored(text))
    };
    let text = with("\"responseMapping\": \"${configRegister:L-0}\"");
    let found = Adapter::compile("A", &text, None, &registers).unwrap_err();
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["too-large"], "told once");
}

/// What is told of each severity has an end, and warnings do not take the place of an error.
#[test]
fn so_many_warnings_are_told_and_every_kind_of_error_beside_them() {
    let many = vec!["\"${currentObject:constants.none}\""; 300].join(",");
    let text = with(&format!("\"responseMapping\": [{many}, \"${{nothing:x}}\"]"));
    let found = compile(&text).unwrap_err();
    assert_eq!(found.iter().filter(|code| **code == "unknown-constant").count(), 100);
    assert_eq!(found.iter().filter(|code| **code == "unknown-function").count(), 1);
}

/// Registers in a row, each deep: together deeper than a thread's stack would bear.
#[test]
fn registers_that_nest_are_refused() {
    let registers = |key: &str| {
        let level: usize = key.strip_prefix("L-")?.parse().ok()?;
        Some(Register::authored(format!("{}\"${{reg:L-{}}}\"{}", "[".repeat(60), level + 1, "]".repeat(60))))
    };
    let text = with("\"responseMapping\": \"${configRegister:L-0}\"");
    let found = Adapter::compile("A", &text, None, &registers).unwrap_err();
    assert_eq!(found[0].code, "too-large");
}

#[test]
fn a_run_that_makes_too_much_is_ended() {
    let pieces = "${currentObject:input}".repeat(100);
    let adapter = compile(&with(&format!("\"responseMapping\": [\"{pieces}\"]"))).unwrap();
    let run = Run { input: Value::from("x".repeat(1 << 20)), ..Run::default() };
    let error = adapter.respond(&run, &crate::Answer::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "responseMapping[0]: the run makes more than 67108864 bytes (limit `output_bytes`)"
    );
}

#[test]
fn a_chain_does_not_nest_its_data_without_end() {
    let adapter = compile(&with(
        "\"onResponseConnector\": { \"connector\": \"A\", \"data\": [ \"${currentObject:input}\" ] }",
    ))
    .unwrap();
    let mut run = Run::default();
    let answer = crate::Answer::default();
    let mapped = adapter.map(&run, &answer).unwrap();
    for _ in 0..256 {
        run.input = adapter.connector(&run, &answer, &mapped).unwrap().next.unwrap().data;
    }
    let error = adapter.connector(&run, &answer, &mapped).unwrap_err();
    assert_eq!(
        error.to_string(),
        "onResponseConnector.data[0]: the value is nested deeper than 256 (limit `depth`)"
    );
}

#[test]
fn an_error_never_repeats_a_value() {
    let text = r#"{ "requestMapping": { "url": "https://x.y/${currentObject:input}", "headers": { "H": "${currentObject:input}" } },
        "responseMapping": { "properties": { "n": { "value": "${currentObject:input}", "type": "number" } } },
        "preResponseMapping": "${evaluate:${currentObject:input}.size}" }"#;
    let adapter = compile(text).unwrap();
    let run = Run { input: Value::from("sesame\n"), ..Run::default() };
    let request = adapter.request(&run).unwrap_err();
    let map = adapter.map(&run, &crate::Answer::default()).unwrap_err();
    assert!(!format!("{request:?}{map:?}").contains("sesame"));
}

/// Looking for a secret follows constants into constants: in a circle, in a long row, or twice at each of many.
#[test]
fn constants_that_read_each_other_without_end_are_looked_at_once() {
    let read = |key: &str| format!("${{currentObject:constants.{key}}}");
    let any = "${currentObject:constants.${currentObject:input.k}}";
    let circle = format!("\"a\": \"{any}\", \"b\": \"{any}{}\"", read("b"));
    let row = |count: usize, times: usize| {
        let one = |at: usize| {
            format!("\"c{}\": \"{}x${{currentObject:input}}\"", at + 1, read(&format!("c{at}")).repeat(times))
        };
        format!("\"c0\": \"{{{{secret:deep}}}}\", {}", (0..count).map(one).collect::<Vec<_>>().join(", "))
    };
    for (constants, last) in [(circle, "b"), (row(3_000, 1), "c3000"), (row(100, 2), "c100")] {
        let members = format!(
            "\"integration\": \"CRM\", \"constants\": {{ {constants} }}, \"responseMapping\": [\"{}\", \"{}\"]",
            read(last),
            read(&format!("{last}.x.y"))
        );
        let found = compile(&with(&members));
        // What cannot be looked at to its end counts as the secret that it may be.
        assert_eq!(found.is_err(), last != "b", "{last}");
    }
}

/// One of many: told with its line, and the text is masked in every finding that shows it.
#[test]
fn a_key_is_masked_in_whatever_is_told_of_its_line() {
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLE");
    let text =
        with(&format!("\"constants\": {{ \"a\": \"{key}\",\n \"b\": \"\u{1F600} {key} ${{nothing:x}}\" }}"));
    let found = Adapter::compile("A", &text, None, &()).unwrap_err();
    let codes: Vec<_> = found.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["looks-like-a-key", "looks-like-a-key", "unknown-function"]);
    for found in found {
        let rendered = found.render("A", &text);
        assert!(!rendered.contains(&key[..6]) && rendered.contains("AKIA****"), "{rendered}");
        assert!(!found.message.contains(&key[..6]));
    }
}
