use bytes::Bytes;

use super::*;

fn header_of(name: &str, value: &'static [u8]) -> Header {
    Header { name: name.to_owned(), value: Bytes::from_static(value) }
}

#[test]
fn a_json_body_is_json_with_every_digit() {
    let shown = body(Some("application/json; charset=utf-8"), br#"{"b":0.10,"a":12345678901234567890}"#);
    assert_eq!(
        (shown.value.to_string().as_str(), shown.encoding),
        (r#"{"b":0.10,"a":12345678901234567890}"#, None)
    );
    assert_eq!(body(Some("application/problem+json"), b"[1]").value.to_string(), "[1]");
    assert_eq!(body(None, b"[1]").value.to_string(), "[1]");
}

#[test]
fn other_text_is_a_string_also_where_it_looks_like_json() {
    assert_eq!(body(Some("text/plain"), b"17"), Shown { value: "17".into(), encoding: None });
    assert_eq!(body(Some("application/json"), b"{oops"), Shown { value: "{oops".into(), encoding: None });
    assert_eq!(body(None, b""), Shown { value: "".into(), encoding: None });
}

#[test]
fn bytes_are_base64_and_say_so() {
    assert_eq!(
        body(Some("image/png"), b"\x89PNG"),
        Shown { value: "iVBORw==".into(), encoding: Some("base64") }
    );
    assert_eq!(body(None, b"\xff").encoding, Some("base64"));
}

#[test]
fn a_header_that_came_more_than_once_is_an_array() {
    let shown = headers(&[
        header_of("Set-Cookie", b"a=1"),
        header_of("Content-Type", b"text/plain"),
        header_of("set-cookie", b"b=2"),
        header_of("SET-COOKIE", b"c=3"),
    ]);
    assert_eq!(shown.to_string(), r#"{"set-cookie":["a=1","b=2","c=3"],"content-type":"text/plain"}"#);
}

#[test]
fn json_for_people_is_indented_and_in_order() {
    let value = Value::from_json(br#"{"b":[],"a":{"x":[1,"\n"]},"c":{}}"#).unwrap();
    let expected =
        "{\n  \"b\": [],\n  \"a\": {\n    \"x\": [\n      1,\n      \"\\n\"\n    ]\n  },\n  \"c\": {}\n}";
    assert_eq!(pretty(&value), expected);
    assert_eq!(Value::from_json(pretty(&value).as_bytes()).unwrap(), value);
}

#[test]
fn a_table_is_as_wide_as_it_must_be() {
    let rows = [["a".to_owned(), "first".to_owned()], ["longer".to_owned(), String::new()]];
    let text = anstream::adapter::strip_str(&table(["NAME", "X"], &rows)).to_string();
    assert_eq!(text, "NAME    X\na       first\nlonger");
}

#[test]
fn a_time_is_rfc_3339() {
    assert_eq!(time(Some(&prost_types::Timestamp { seconds: 0, nanos: 0 })), "1970-01-01T00:00:00Z");
    assert_eq!(time(None), "");
}
