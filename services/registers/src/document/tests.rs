//! What authors and runs hand in is refused before anything is stored.

use super::*;

fn name() -> Name {
    key::parse("name", "tenants/acme/registers/A-B").unwrap()
}

fn text(bytes: &[u8]) -> Result<Text, Refusal> {
    Text::parse("text", &name(), Bytes::copy_from_slice(bytes))
}

#[test]
fn a_text_is_kept_byte_for_byte() {
    let authored = b"{ // a comment\n\t\"a\": 0.10,\r\n \"t\": \"${computed:timestamp}\" }\n";
    let content = text(authored).unwrap_or_else(|refusal| panic!("{refusal}")).into_content();
    assert_eq!(content.text, &authored[..]);
    assert_eq!(content.value().unwrap().to_json(), br#"{"a":0.10,"t":"${computed:timestamp}"}"#);
}

#[test]
fn a_text_that_does_not_parse_is_shown_with_its_place() {
    let refusal = text(b"{\n  \"a\": 1,\n  \"b\": ]\n}").err().unwrap();
    assert_eq!(refusal.reason(), Reason::RegisterInvalid);
    assert_eq!(refusal.metadata("name"), Some("tenants/acme/registers/A-B"));
    assert_eq!((refusal.metadata("line"), refusal.metadata("column")), (Some("3"), Some("8")));
    for shown in ["A-B:3:8", "\"b\": ]", "^"] {
        assert!(refusal.message().contains(shown), "{refusal}");
    }
}

#[test]
fn a_text_is_utf_8_and_at_most_one_mebibyte() {
    let refusal = text(b"{\"a\": \"\xff\"}").err().unwrap();
    assert_eq!((refusal.reason(), refusal.metadata("field")), (Reason::FieldInvalid, Some("text")));
    let whole = format!("\"{}\"", "x".repeat(MAX_BYTES - 2));
    assert!(text(whole.as_bytes()).is_ok());
    let refusal = text(format!("{whole} ").as_bytes()).err().unwrap();
    assert_eq!((refusal.reason(), refusal.metadata("field")), (Reason::FieldInvalid, Some("text")));
    assert!(refusal.message().contains("1048576"), "{refusal}");
}

#[test]
fn a_patch_is_strict_json_and_at_most_one_mebibyte() {
    assert!(parse_patch("merge_patch", b"{\"a\": null}").is_ok());
    let long = format!("\"{}\"", "x".repeat(MAX_BYTES - 1));
    for (bytes, shown) in
        [(&b"{a: 1}"[..], "line 1"), (b"", "line 1"), (b"\"\xff\"", "UTF-8"), (long.as_bytes(), "1048576")]
    {
        let refusal = parse_patch("merge_patch", bytes).err().unwrap();
        assert_eq!(
            (refusal.reason(), refusal.metadata("field")),
            (Reason::FieldInvalid, Some("merge_patch"))
        );
        assert!(refusal.message().contains(shown), "{refusal}");
    }
}

#[test]
fn what_runs_wrote_is_bounded_as_a_whole() {
    let patch = |key: &str| Value::from([(key, Value::from("x".repeat(MAX_BYTES / 2)))]);
    let once = Content::empty().patched("merge_patch", &patch("a")).unwrap();
    let refusal = once.patched("merge_patch", &patch("b")).err().unwrap();
    assert_eq!((refusal.reason(), refusal.metadata("field")), (Reason::FieldInvalid, Some("merge_patch")));
    assert!(refusal.message().contains("1048576"), "{refusal}");
    assert!(once.patched("merge_patch", &patch("a")).is_ok(), "replacing what is there needs no more room");
}
