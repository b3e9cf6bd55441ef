//! The corpus in `testdata/xml`: what the real xmltodict gives for the same documents. `tests/formats/corpus.py` makes the
//! expectations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Adapter, Run, Value};

fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/testdata/xml/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let cases: Vec<Value> = text.lines().map(|line| Value::from_json(line.as_bytes()).unwrap()).collect();
    assert!(cases.len() > 20, "the corpus is not where it should be");
    cases
}

fn document(case: &Value) -> Vec<u8> {
    match case.get("xml") {
        Some(text) => text.as_str().unwrap().as_bytes().to_vec(),
        None => STANDARD.decode(case.get("base64").unwrap().as_str().unwrap()).unwrap(),
    }
}

fn adapter(force_array: &Value) -> Adapter {
    let text = format!(
        r#"{{ "requestMapping": {{ "url": "https://x.y/" }}, "responseXml": {{ "forceArray": {force_array} }} }}"#
    );
    Adapter::compile("A", &text, None, &()).unwrap()
}

/// The outcome as the corpus writes it, and the error.
fn read(case: &Value) -> (Value, String) {
    let none = Value::from(Vec::new());
    let adapter = adapter(case.get("forceArray").unwrap_or(&none));
    match adapter.read(Some("application/xml"), &document(case)) {
        Ok(value) => (Value::from([("value", value)]), String::new()),
        Err(error) => (Value::from([("error", true.into())]), error.to_string()),
    }
}

fn wrong(cases: &[Value], expected: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let (given, error) = read(case);
        let expected = case.get(expected).unwrap();
        // As text, because the order of members counts.
        if given.to_string() != expected.to_string() {
            wrong
                .push(format!("{}: {expected} was expected, not {given} {error}", case.get("name").unwrap()));
        }
    }
    wrong
}

#[test]
fn documents_are_read_as_xmltodict_reads_them() {
    assert_eq!(wrong(&cases("read.jsonl"), "expect"), Vec::<String>::new());
}

#[test]
fn documents_that_are_read_otherwise_are_listed() {
    let cases = cases("differences.jsonl");
    assert_eq!(wrong(&cases, "ours"), Vec::<String>::new());
    for case in cases {
        assert!(case.get("ours") != case.get("xmltodict"), "no difference: {case}");
        assert!(
            case.get("why").and_then(Value::as_str).is_some_and(|why| !why.is_empty()),
            "no reason: {case}"
        );
    }
}

#[test]
fn values_are_written_as_xmltodict_understands_them() {
    let adapter = Adapter::compile(
        "A",
        r#"{ "requestMapping": { "method": "POST", "url": "https://x.y/", "headers": { "Content-Type": "text/xml" },
            "body": "${currentObject:input}" } }"#,
        None,
        &(),
    )
    .unwrap();
    for case in cases("write.jsonl") {
        let run = Run { input: case.get("value").unwrap().clone(), ..Run::default() };
        let given = match adapter.request(&run) {
            Ok(request) => Value::from([("xml", request.body.unwrap().masked().into())]),
            Err(_) => Value::from([("error", true.into())]),
        };
        assert_eq!(
            given.to_string(),
            case.get("expect").unwrap().to_string(),
            "{}",
            case.get("name").unwrap()
        );
    }
}

/// The place and the text of an error.
fn error(document: &[u8]) -> (usize, usize, String) {
    let error = super::super::to_value(Some("text/xml"), document).unwrap_err();
    (error.line, error.column, error.message.to_string())
}

#[test]
fn an_error_tells_the_place_and_what_is_wrong() {
    let cases: [(&str, (usize, usize), &str); 30] = [
        ("<a>\n  <b>é</c></a>", (2, 7), "the end of another element was expected here"),
        ("<a>\n", (2, 1), "an element is never closed"),
        ("</a>", (1, 1), "the end of another element was expected here"),
        ("<!-- x -->", (1, 11), "there is no element"),
        ("<a/>\n<b/>", (2, 1), "there is a second root element"),
        ("<a/>x", (1, 5), "text stands outside the root element"),
        ("&#65;<a/>", (1, 1), "text stands outside the root element"),
        ("<a b='1' c></a>", (1, 11), "`=` was expected here"),
        ("<a b=1/>", (1, 6), "a quote was expected here"),
        ("<a b='1'c=''/>", (1, 9), "space, `>` or `/>` was expected here"),
        ("<a b='1/>", (1, 6), "an attribute's value is never closed"),
        ("<a b='1' b='2'/>", (1, 9), "an attribute stands twice on one element"),
        ("<a b='é<'/>", (1, 8), "`<` may not stand in an attribute"),
        ("<a b='1&c;'/>", (1, 8), "an entity is unknown: only XML's own five are read"),
        ("<a>é&c;</a>", (1, 5), "an entity is unknown: only XML's own five are read"),
        ("<a>&#0;</a>", (1, 4), "a reference stands for no character of XML"),
        ("<a>&#x110000;</a>", (1, 4), "a reference stands for no character of XML"),
        ("<a> & </a>", (1, 5), "a reference is never closed"),
        ("<a>x]]></a>", (1, 5), "`]]>` may not stand in text"),
        ("<a>\u{1}</a>", (1, 4), "a control character is not allowed in XML"),
        ("<a", (1, 3), "a tag is never closed"),
        ("< a/>", (1, 2), "a name was expected here"),
        ("<a></a x>", (1, 8), "`>` was expected here"),
        ("<a><!-- x", (1, 8), "a comment is never closed"),
        ("<!-- x -- --><a/>", (1, 8), "`--` may not stand in a comment"),
        ("<a><![CDATA[x", (1, 13), "a CDATA section is never closed"),
        ("<a><?p x", (1, 8), "a processing instruction is never closed"),
        ("\n<?xml version='1.0'?><a/>", (2, 1), "an XML declaration stands at the very start, or nowhere"),
        ("<?xml version='1.0' standalone='?'?><a/>", (1, 35), "the declaration is not well formed"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", (1, 1), "a document type is not allowed"),
    ];
    for (document, (line, column), message) in cases {
        assert_eq!(error(document.as_bytes()), (line, column, message.to_owned()), "{document}");
    }
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    assert_eq!(error(b"<a>\n\xc3\xa9\xff</a>"), (2, 2, "its bytes are not UTF-8".to_owned()));
    let surrogate = b"\xff\xfe<\0a\0>\0\n\0x\0\x00\xd8<\0/\0a\0>\0";
    assert_eq!(error(surrogate), (2, 2, "its bytes are not UTF-16LE".to_owned()));
    let unmapped = b"<?xml version='1.0' encoding='windows-1253'?>\n<a>\xe1\xd2</a>";
    assert_eq!(error(unmapped), (2, 5, "its bytes are not windows-1253".to_owned()));
}
