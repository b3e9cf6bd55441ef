use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::{MAX_ROUNDS, fold, other_readings, resolve, without_parameters};

/// Every reading by the plain definition: each liberty in each round, whether there is anything to take it with or not.
fn by_definition(path: &str) -> Option<Vec<String>> {
    let mut readings: Vec<String> = Vec::new();
    let mut current = path.to_owned();
    for _ in 0..=MAX_ROUNDS {
        let cut = |path: &str| path.split(['?', '#']).next().unwrap().to_owned();
        let folded = fold(&current);
        for form in [current.clone(), cut(&current), folded.clone(), cut(&folded)] {
            for form in [without_parameters(&form), form] {
                readings.extend([resolve(&form, false), resolve(&form, true)]);
            }
        }
        let decoded = percent_decode_str(&current).decode_utf8().ok()?.into_owned();
        if current.to_ascii_lowercase().contains("%u") || decoded.chars().any(char::is_control) {
            return None;
        }
        if decoded == current {
            readings.retain(|reading| reading != path);
            readings.sort();
            readings.dedup();
            return Some(readings);
        }
        current = decoded;
    }
    None
}

#[test]
fn every_liberty_is_taken() {
    let cases: [(&str, &[&str]); 12] = [
        ("/a/b", &[]),
        ("/a%20b", &["/a b"]),
        ("/a%2Fb", &["/a/b"]),
        ("/a/%2e%2e/b", &["/b"]),
        ("/a%252fb", &["/a%2fb", "/a/b"]),
        ("/a;x/b", &["/a/b"]),
        ("/a/..;/b", &["/b"]),
        ("/a//b", &["/a/b"]),
        ("/a/b%3Fc", &["/a/b?c", "/a/b"]),
        ("/a%5C..%5Cb", &["/a\\..\\b", "/b"]),
        ("/a/%EF%BC%8E%EF%BC%8E/b", &["/a/\u{ff0e}\u{ff0e}/b", "/b"]),
        ("/a%E2%80%A5", &["/a\u{2025}", "/a.."]),
    ];
    for (path, expected) in cases {
        let readings = other_readings(path).unwrap();
        for reading in expected {
            assert!(
                readings.iter().any(|known| known == reading),
                "{path}: {reading} is not in {readings:?}"
            );
        }
        assert!(readings.len() <= expected.len() + 2, "{path}: {readings:?}");
    }
}

#[test]
fn what_cannot_be_read_at_all_is_refused() {
    for path in ["/%00", "/%0a", "/%7f", "/%c2%85", "/%u002e", "/%25U002e", "/%ff", "/%2525252525252e"] {
        assert!(other_readings(path).is_err(), "{path}");
    }
    assert!(other_readings("/%25252525").is_ok(), "four rounds are read");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_liberty_that_is_not_tried_would_have_changed_nothing(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "/", "/", ".", "..", "%2e", "%2E", "%2f", "%5c", "%25", "%", ";", "%3b", "%3f", "%23", "a", "b", "u", "%c2%a0",
                "%ef%bc%8e", "%ef%bc%8f", "%e2%80%a5", "%ef%bc%85", "%ef%bc%9b", "%20", "%00", "%c2%85", "%e2",
            ]),
            0..12,
        ),
    ) {
        // As the parser hands it over: with its own dots resolved.
        let path = resolve(&format!("/{}", pieces.concat()), false);
        let found = other_readings(&path).ok().map(|mut readings| {
            readings.sort();
            readings
        });
        prop_assert_eq!(found, by_definition(&path), "{}", path);
    }
}

#[test]
fn one_dot_stays_where_it_is_and_two_go_back() {
    assert!(other_readings("/a/.;x/b").unwrap().contains(&"/a/b".to_owned()));
    assert!(!other_readings("/a/.;x/b").unwrap().contains(&"/b".to_owned()));
    assert!(other_readings("/a/..;x/b").unwrap().contains(&"/b".to_owned()));
}
