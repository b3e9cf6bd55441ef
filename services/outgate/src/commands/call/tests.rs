use bytes::Bytes;

use super::*;

fn answer(status: i32, kind: &'static str, body: &'static [u8]) -> ExecuteIntegrationResponse {
    ExecuteIntegrationResponse {
        status,
        ok: (200..300).contains(&status),
        headers: vec![Header { name: "content-type".into(), value: Bytes::from_static(kind.as_bytes()) }],
        body: Bytes::from_static(body),
        secret_echoed: false,
    }
}

#[test]
fn an_answer_is_status_ok_headers_body() {
    let report = report(answer(200, "application/json", br#"{"id": 1.0}"#));
    let expected =
        r#"{"status":200,"ok":true,"headers":{"content-type":"application/json"},"body":{"id":1.0}}"#;
    assert_eq!(report.value.unwrap().to_string(), expected);
    assert_eq!(report.exit, Exit::Success);
    assert!(matches!(report.text, Text::Own(text) if text == "{\n  \"id\": 1.0\n}"));
}

#[test]
fn bytes_are_base64_for_programs_and_themselves_for_people() {
    let report = report(answer(200, "image/png", b"\x89PNG"));
    let expected = r#"{"status":200,"ok":true,"headers":{"content-type":"image/png"},"body":"iVBORw==","bodyEncoding":"base64"}"#;
    assert_eq!(report.value.unwrap().to_string(), expected);
    assert!(matches!(report.text, Text::Foreign(bytes) if bytes == b"\x89PNG"[..]));
}

#[test]
fn a_status_that_is_not_2xx_is_exit_code_3() {
    let report = report(answer(404, "text/plain", b"no"));
    assert_eq!(report.exit, Exit::Answer);
    assert!(report.notes.contains("404 Not Found"), "{}", report.notes);
}

#[test]
fn headers_are_written_as_with_curl() {
    let read = header("X-A:  b: c ").unwrap();
    assert_eq!((read.name.as_str(), &read.value[..]), ("X-A", &b"b: c"[..]));
    for text in ["", "X-A", ": b"] {
        assert_eq!(header(text).unwrap_err().exit(), Exit::Usage, "{text}");
    }
}
