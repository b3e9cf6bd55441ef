//! Values as JavaScript holds and writes them, so that a simple shape gives what an engine gives: numbers as it prints them,
//! keys in its order.

use super::coerce::{Result, Stop, is_big};
use crate::value::{Number, Object, Value};

/// A value as `JSON.stringify` writes it, but that a `BigInt` is a number with all its digits.
pub(super) fn value(value: Value) -> Result<Value> {
    Ok(match value {
        Value::Number(number) => Value::Number(printed(number)?),
        Value::Array(items) => Value::Array(items.into_iter().map(self::value).collect::<Result<_>>()?),
        Value::Object(object) => {
            let member = |(key, member)| Ok((key, self::value(member)?));
            let members = object.into_iter().map(member).collect::<Result<Vec<_>>>()?;
            Value::Object(ordered(members, |(key, _)| key).into_iter().collect::<Object>())
        }
        other => other,
    })
}

fn printed(number: Number) -> Result<Number> {
    if is_big(&number) {
        return Ok(number);
    }
    let beyond = Stop::Beyond("the script gives a number beyond the range of JavaScript's numbers");
    Number::from_f64(number.as_f64()).ok_or(beyond)
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
