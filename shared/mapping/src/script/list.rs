//! The methods of arrays.

use std::borrow::Cow;

use super::call::{Arguments, Method};
use super::coerce::{Js, Result, Stop};
use super::cost::Cost;
use crate::value::Value;

pub(super) fn call<'c>(method: Method, items: &[Value], arguments: &Arguments<'c>) -> Result<Js<'c>> {
    let (length, cost) = (items.len(), arguments.1);
    match method {
        Method::At => {
            let at = arguments.integer(0)?.unwrap_or(0.0);
            let at = if at < 0.0 { length as f64 + at } else { at };
            let found = (0.0..length as f64).contains(&at).then(|| items.get(at as usize)).flatten();
            found.map_or(Ok(Js::Undefined), |item| cost.copy(item).map(Js::owned))
        }
        Method::Slice => {
            let from = arguments.relative(0, length, 0)?;
            let to = arguments.relative(1, length, length)?;
            let mut slice = Vec::new();
            push_all(items.get(from..to).unwrap_or_default(), &mut slice, cost)?;
            Ok(array(slice))
        }
        Method::Concat => {
            let mut joined = Vec::new();
            push_all(items, &mut joined, cost)?;
            for argument in &arguments.0 {
                match argument {
                    Js::Structure(value) => match &**value {
                        Value::Array(more) => push_all(more, &mut joined, cost)?,
                        one => joined.push(cost.copy(one)?),
                    },
                    other => joined.push(element(other, cost)?),
                }
            }
            Ok(array(joined))
        }
        Method::Join => {
            let separator = match arguments.get(0) {
                Js::Undefined => Cow::Borrowed(","),
                given => given.text(cost)?,
            };
            join(items, &separator, cost).map(Js::text_of)
        }
        Method::ToString if arguments.0.is_empty() => join(items, ",", cost).map(Js::text_of),
        Method::Includes => {
            let from = arguments.relative(1, length, 0)?;
            let wanted = arguments.get(0);
            // A handed-over array has no NaN, which `includes` alone would find.
            Ok(Js::Bool(find(items, from, wanted, cost)?.is_some()))
        }
        Method::IndexOf => {
            let from = arguments.relative(1, length, 0)?;
            let found = find(items, from, arguments.get(0), cost)?;
            Ok(Js::Number(found.map_or(-1.0, |index| index as f64)))
        }
        _ => Err(Stop::Beyond("the script calls a method of an array that is not compiled")),
    }
}

fn array<'c>(items: Vec<Value>) -> Js<'c> {
    Js::Structure(Cow::Owned(Value::Array(items)))
}

/// Appends copies. They are paid for one by one, so that what is held is never more than what was paid for.
fn push_all(items: &[Value], to: &mut Vec<Value>, cost: Cost<'_>) -> Result<()> {
    for item in items {
        to.push(cost.copy(item)?);
    }
    Ok(())
}

fn element(value: &Js<'_>, cost: Cost<'_>) -> Result<Value> {
    cost.make(size_of::<Value>())?;
    match value {
        Js::Text(text) => {
            cost.make(text.len())?;
            Ok(Value::from(&**text))
        }
        Js::Handed(number) => {
            cost.make(number.as_str().len())?;
            Ok(Value::Number((**number).clone()))
        }
        Js::Null => Ok(Value::Null),
        Js::Bool(value) => Ok(Value::Bool(*value)),
        Js::Number(number) => Js::Number(*number).into_element(),
        Js::Undefined | Js::Structure(_) => Js::Undefined.into_element(),
    }
}

fn find(items: &[Value], from: usize, wanted: &Js<'_>, cost: Cost<'_>) -> Result<Option<usize>> {
    for (index, item) in items.iter().enumerate().skip(from) {
        cost.look(1)?;
        if cost.take(item)?.same(wanted, cost)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// `Array.prototype.join`: null is nothing.
pub(super) fn join(items: &[Value], separator: &str, cost: Cost<'_>) -> Result<String> {
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        cost.look(1)?;
        if index > 0 {
            cost.make(separator.len())?;
            out.push_str(separator);
        }
        if !item.is_null() {
            let item = cost.take(item)?;
            let text = item.text(cost)?;
            cost.make(text.len())?;
            out.push_str(&text);
        }
        if out.len() > super::MOST {
            return Err(super::TOO_MUCH);
        }
    }
    Ok(out)
}
