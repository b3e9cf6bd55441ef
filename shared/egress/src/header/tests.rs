use super::{name, shown, value};
use crate::door::tests::vectors::read;

#[test]
fn every_header_vector_is_decided_as_written() {
    let vectors = read("header_vectors.jsonl");
    assert_eq!(vectors.len(), 114);
    for vector in vectors {
        let text = vector["value"].as_str().unwrap();
        let decided = name(vector["name"].as_str().unwrap()).and_then(|_| value(text.as_bytes()));
        assert_eq!(decided.is_ok(), vector["expected"] == "allow", "{vector}");
        if let Ok(decided) = decided {
            assert_eq!(decided.as_bytes(), text.trim().as_bytes(), "{vector}");
        }
    }
}

#[test]
fn refused_names_are_refused_in_any_case() {
    for text in ["HOST", "Connection", "tRANSFER-eNCODING", "Proxy-Anything", "PROXY"] {
        assert!(name(text).is_err(), "{text}");
    }
}

#[test]
fn a_name_is_shown_without_anything_that_could_break_a_line() {
    assert_eq!(shown("X\r\nA\u{e9}"), "X\\r\\nA\\u{e9}");
    assert_eq!(shown(&"x".repeat(1000)).len(), 64);
}
