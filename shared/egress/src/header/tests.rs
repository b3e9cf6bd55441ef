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
fn refused_names_are_refused_with_what_some_servers_take_for_a_hyphen() {
    for text in
        ["Transfer_Encoding", "content_length", "Keep_Alive", "proxy_authorization", "Metadata_Flavor"]
    {
        assert!(name(text).is_err(), "{text}");
    }
    for text in ["x_test", "proxy", "prox", "proxi-x", "x-proxy-y", "hosts"] {
        assert_eq!(name(text).is_err(), text == "proxy", "{text}");
    }
}

#[test]
fn a_name_is_shown_without_anything_that_could_break_a_line() {
    assert_eq!(shown("X\r\nA\u{e9}"), "X\\r\\nA\\u{e9}");
    assert_eq!(shown(&"x".repeat(1000)).len(), 64);
}
