//! What runs wrote into a register: one JSON merge patch (RFC 7396) over the authored text.
//!
//! Merge patches do not compose into one by themselves. After `{"a": 1}`, the patch `{"a": {"b": 2}}` *replaces*
//! `a` by an object, and no merge patch says "replace by this object": over a text whose `a` is `{"c": 3}`, the
//! composition would have to be `{"a": {"b": 2, "c": null}}`, over another text another one. A layer therefore is
//! made for the one text it lies over, and is dropped with it; for that text it is exact.

use mapping::{Object, Value};

/// The layer after one more patch: over `base`, it gives what `patch` makes of what `layer` gave.
///
/// Every value that a run wrote stays in it, also where the text says the same: what a run wrote is data, while an
/// equal string of the text may be a template. Only deletions of what the text lacks are left out.
pub(crate) fn compose(base: &Value, layer: Option<&Value>, patch: &Value) -> Value {
    let whole = match layer {
        None => patch.clone(),
        Some(layer) => follow(Some(base), layer, patch),
    };
    settle(Some(base), whole)
}

/// `second` after `first`, over `base`.
fn follow(base: Option<&Value>, first: &Value, second: &Value) -> Value {
    let Value::Object(changes) = second else { return second.clone() };
    let Value::Object(members) = first else {
        // The first patch replaced or removed what was there; the second begins with an empty object.
        let mut replacement = Value::object();
        replacement.merge_patch(second);
        return replace(base, replacement);
    };
    let mut members = members.clone();
    for (key, change) in changes.iter() {
        let whole = match members.get(key) {
            Some(earlier) => follow(member(base, key), earlier, change),
            None => change.clone(),
        };
        members.insert(key, whole);
    }
    Value::Object(members)
}

/// The patch that makes `target` of `base`, whatever `base` holds beside it. `target` holds no null in an object.
fn replace(base: Option<&Value>, target: Value) -> Value {
    let (Some(Value::Object(old)), Value::Object(new)) = (base, &target) else { return target };
    let mut patch = Object::default();
    for key in old.keys().filter(|key| !new.contains_key(key)) {
        patch.insert(key, Value::Null);
    }
    let Value::Object(new) = target else { return Value::Object(patch) };
    for (key, value) in new {
        let value = replace(old.get(&key), value);
        patch.insert(key, value);
    }
    Value::Object(patch)
}

/// Leaves out the deletions that delete nothing, or a layer would grow with every key that ever came and went.
fn settle(base: Option<&Value>, patch: Value) -> Value {
    let Value::Object(members) = patch else { return patch };
    let kept = members.into_iter().filter_map(|(key, change)| {
        let old = member(base, &key);
        if change.is_null() && old.is_none() {
            return None;
        }
        let change = settle(old, change);
        Some((key, change))
    });
    Value::Object(kept.collect())
}

fn member<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    value?.as_object()?.get(key)
}

#[cfg(test)]
mod tests;
