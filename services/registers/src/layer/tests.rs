//! Every patch of a run, in order, must read as if it had been applied to the text alone.

use mapping::Value;
use proptest::prelude::*;

use super::compose;

/// RFC 7396, appendix A.
const VECTORS: &str = include_str!("../../../../tests/fixtures/vectors/rfc7396.jsonl");

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap()
}

fn patched(mut value: Value, patch: &Value) -> Value {
    value.merge_patch(patch);
    value
}

/// The layer after these patches.
fn layer(base: &Value, patches: &[Value]) -> Option<Value> {
    patches.iter().fold(None, |layer, patch| Some(compose(base, layer.as_ref(), patch)))
}

#[test]
fn the_vectors_of_the_standard_hold() {
    let vectors: Vec<_> = VECTORS.lines().map(json).collect();
    assert_eq!(vectors.len(), 15);
    for vector in vectors {
        let part = |key| vector.as_object().unwrap().get(key).unwrap().clone();
        let (target, patch, result) = (part("target"), part("patch"), part("result"));
        let layer = compose(&target, None, &patch);
        assert_eq!(patched(target, &layer), result, "{vector}");
    }
}

#[test]
fn an_object_that_replaces_a_scalar_replaces_what_the_text_held_too() {
    let base = json(r#"{"a": {"c": 3, "d": {"e": 1, "f": 2}}}"#);
    let whole =
        layer(&base, &[json(r#"{"a": 1}"#), json(r#"{"a": {"b": 2, "d": {"e": 9, "x": null}}}"#)]).unwrap();
    assert_eq!(whole, json(r#"{"a": {"b": 2, "c": null, "d": {"e": 9, "f": null}}}"#));
    assert_eq!(patched(base, &whole), json(r#"{"a": {"b": 2, "d": {"e": 9}}}"#));
}

#[test]
fn what_a_run_wrote_stays_data_where_the_text_says_the_same() {
    let base = json(r#"{"a": "${evaluate:1+1}"}"#);
    let patch = json(r#"{"a": "${evaluate:1+1}"}"#);
    assert_eq!(compose(&base, None, &patch), patch);
}

#[test]
fn keys_that_come_and_go_leave_nothing() {
    let base = json(r#"{"kept": 1}"#);
    let mut whole = None;
    for number in 0..100 {
        let add = json(&format!(r#"{{"s{number}": {{"id": {number}}}}}"#));
        let remove = json(&format!(r#"{{"s{number}": null}}"#));
        whole = Some(compose(&base, whole.as_ref(), &add));
        whole = Some(compose(&base, whole.as_ref(), &remove));
    }
    assert_eq!(whole, Some(json("{}")));
}

#[test]
fn numbers_keep_every_digit() {
    let base = json(r#"{"id": 12345678901234567890, "price": 0.10}"#);
    let whole = compose(&base, None, &json(r#"{"other": 98765432109876543210.000}"#));
    let value = patched(base, &whole);
    assert_eq!(
        value.to_json(),
        br#"{"id":12345678901234567890,"price":0.10,"other":98765432109876543210.000}"#
    );
}

/// Small values over few keys, so that patches meet.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => Just(Value::Null),
        1 => Just(Value::from(true)),
        2 => (0_i64..4).prop_map(Value::from),
        1 => Just(Value::from("${x}")),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let members = prop::collection::vec((prop::sample::select(vec!["a", "b", "c"]), inner.clone()), 0..4);
        let object = members.prop_map(|members| {
            Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
        });
        prop_oneof![4 => object, 1 => prop::collection::vec(inner, 0..3).prop_map(Value::from)]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_layer_is_what_its_patches_were(base in value(), patches in prop::collection::vec(value(), 1..6)) {
        let expected = patches.iter().fold(base.clone(), patched);
        let whole = layer(&base, &patches).unwrap();
        prop_assert_eq!(patched(base, &whole), expected);
    }

    #[test]
    fn a_layer_over_an_empty_text_holds_no_deletions(patches in prop::collection::vec(value(), 1..6)) {
        let base = Value::object();
        let whole = layer(&base, &patches).unwrap();
        if whole.as_object().is_some() {
            prop_assert_eq!(patched(Value::object(), &whole), whole);
        }
    }
}
