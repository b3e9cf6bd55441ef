//! Values as JavaScript holds and writes them, so that a simple shape gives what an engine gives: numbers as it prints them,
//! keys in its order.

use crate::value::{Number, Object, Value};

/// A value as `JSON.stringify` writes it, but that a `BigInt` is a number with all its digits.
pub(super) fn value(value: Value) -> Value {
    match value {
        Value::Number(number) => printed(number),
        Value::Array(items) => Value::Array(items.into_iter().map(self::value).collect()),
        Value::Object(object) => {
            let members = object.into_iter().map(|(key, member)| (key, self::value(member))).collect();
            Value::Object(ordered(members, |(key, _): &(String, Value)| key).into_iter().collect::<Object>())
        }
        other => other,
    }
}

/// An infinity has no form in JSON.
fn printed(number: Number) -> Value {
    if number.is_big() {
        return Value::Number(number);
    }
    Number::from_f64(number.as_f64()).map_or(Value::Null, Value::Number)
}

/// Members in JavaScript's order: array indices first, ascending, then the others as they came (ECMAScript, 10.1.11).
pub(super) fn ordered<T>(members: Vec<T>, key: impl Fn(&T) -> &str) -> Vec<T> {
    let (mut indices, others): (Vec<T>, Vec<T>) =
        members.into_iter().partition(|member| index(key(member)).is_some());
    indices.sort_by_key(|member| index(key(member)));
    indices.into_iter().chain(others).collect()
}

/// The array index that a key is: a whole number below 2³² - 1 without zeros before it.
fn index(key: &str) -> Option<u32> {
    let plain = key == "0" || (key.starts_with(|c: char| ('1'..='9').contains(&c)) && key.len() <= 10);
    let index = plain.then(|| key.parse().ok()).flatten()?;
    (index < u32::MAX).then_some(index)
}
