//! What every engine is given and has to make.

use serde_json::Value;

use crate::{by_hand, jinja, ours};

pub(crate) const INPUT: &str = include_str!("../../../../tests/bench/mapping/input.json");
pub(crate) const META: &str = include_str!("../../../../tests/bench/mapping/meta.json");
pub(crate) const ANSWER: &str = include_str!("../../../../tests/bench/mapping/answer.json");
pub(crate) const CONSTANTS: &str = include_str!("../../../../tests/bench/mapping/constants.json");
/// `computed:timestamp`.
pub(crate) const NOW: i64 = 1_763_753_520_120;

const REQUEST: &str = include_str!("../../../../tests/bench/mapping/request.json");
const RESULT: &str = include_str!("../../../../tests/bench/mapping/result.json");

pub(crate) fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Fails unless every engine makes what is expected.
pub(crate) fn compare() {
    let (request, result) = (parse(REQUEST), parse(RESULT));
    let made = [
        ("ours", parse(&ours::shown_request()), parse(&ours::shown_result())),
        ("minijinja", parse(&jinja::request_from_bytes()), parse(&jinja::result())),
        ("by hand", parse(&by_hand::request_from_bytes()), parse(&by_hand::result())),
    ];
    for (engine, its_request, its_result) in made {
        assert_eq!(its_request, request, "{engine}");
        assert_eq!(its_result, result, "{engine}");
    }
}
