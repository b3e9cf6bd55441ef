//! The methods of arrays.

use std::borrow::Cow;

use super::call::{Arguments, Method};
use super::coerce::{Js, Result, Stop};
use crate::value::Value;

pub(super) fn call<'c>(method: Method, items: &[Value], arguments: &Arguments<'c>) -> Result<Js<'c>> {
    let length = items.len();
    match method {
        Method::At => {
            let at = arguments.integer(0)?.unwrap_or(0.0);
            let at = if at < 0.0 { length as f64 + at } else { at };
            let found = (0.0..length as f64).contains(&at).then(|| items.get(at as usize)).flatten();
            Ok(found.map_or(Js::Undefined, |item| Js::owned(item.clone())))
        }
        Method::Slice => {
            let from = arguments.relative(0, length, 0)?;
            let to = arguments.relative(1, length, length)?;
            Ok(array(items.get(from..to).unwrap_or_default().to_vec()))
        }
        Method::Concat => {
            let mut joined = items.to_vec();
            for argument in &arguments.0 {
                match argument {
                    Js::Structure(value) => match &**value {
                        Value::Array(more) => joined.extend_from_slice(more),
                        one => joined.push(one.clone()),
                    },
                    other => joined.push(element(other)?),
                }
            }
            Ok(array(joined))
        }
        Method::Join => {
            let separator = match arguments.get(0) {
                Js::Undefined => Cow::Borrowed(","),
                given => given.text()?,
            };
            join(items, &separator).map(Js::text_of)
        }
        Method::ToString if arguments.0.is_empty() => join(items, ",").map(Js::text_of),
        Method::Includes => {
            let from = arguments.relative(1, length, 0)?;
            let wanted = arguments.get(0);
            // A handed-over array has no NaN, which `includes` alone would find.
            Ok(Js::Bool(find(items, from, wanted)?.is_some()))
        }
        Method::IndexOf => {
            let from = arguments.relative(1, length, 0)?;
            let found = find(items, from, arguments.get(0))?;
            Ok(Js::Number(found.map_or(-1.0, |index| index as f64)))
        }
        _ => Err(Stop::Beyond("the script calls a method of an array that is not compiled")),
    }
}

fn array<'c>(items: Vec<Value>) -> Js<'c> {
    Js::Structure(Cow::Owned(Value::Array(items)))
}

fn element(value: &Js<'_>) -> Result<Value> {
    match value {
        Js::Text(text) => Ok(Value::from(&**text)),
        Js::Handed(number) => Ok(Value::Number((**number).clone())),
        Js::Null => Ok(Value::Null),
        Js::Bool(value) => Ok(Value::Bool(*value)),
        Js::Number(number) => Js::Number(*number).into_element(),
        Js::Undefined | Js::Structure(_) => Js::Undefined.into_element(),
    }
}

fn find(items: &[Value], from: usize, wanted: &Js<'_>) -> Result<Option<usize>> {
    for (index, item) in items.iter().enumerate().skip(from) {
        if Js::borrowed(item).same(wanted)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// `Array.prototype.join`: null is nothing.
pub(super) fn join(items: &[Value], separator: &str) -> Result<String> {
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        if !item.is_null() {
            out.push_str(&Js::borrowed(item).text()?);
        }
        if out.len() > super::MOST {
            return Err(super::TOO_MUCH);
        }
    }
    Ok(out)
}
