//! JavaScript values and their conversions (ECMAScript, 7.1 and 7.2).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::cost::Cost;
use crate::run::EvalError;
use crate::value::{Number, Value, ecmascript};

/// Why a script of a simple shape does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// What comes now is not compiled: the whole script is for a JavaScript engine.
    Beyond(&'static str),
    /// `?.` found null or undefined: the chain it stands in is undefined.
    Short,
    Error(EvalError),
}

pub(super) type Result<T> = std::result::Result<T, Stop>;

impl From<EvalError> for Stop {
    fn from(error: EvalError) -> Self {
        Self::Error(error)
    }
}

/// A value while a script runs.
#[derive(Debug)]
pub(super) enum Js<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// A number that was handed over, its digits kept until its value is needed. See
    /// [`Number::is_big`].
    Handed(Cow<'a, Number>),
    Text(Cow<'a, str>),
    /// An object or an array.
    Structure(Cow<'a, Value>),
}

impl<'a> Js<'a> {
    pub(super) fn borrowed(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Handed(Cow::Borrowed(number)),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            structure => Self::Structure(Cow::Borrowed(structure)),
        }
    }

    pub(super) fn owned(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Handed(Cow::Owned(number)),
            Value::String(text) => Self::Text(Cow::Owned(text)),
            structure => Self::Structure(Cow::Owned(structure)),
        }
    }

    pub(super) fn text_of(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    /// The value as JSON, its numbers as they were written; what JSON has no form for is null.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Undefined | Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
            Self::Handed(number) => Value::Number(number.into_owned()),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Structure(value) => value.into_owned(),
        }
    }

    /// The value as an element or a member, where the script may still read it: it must be the same afterwards.
    pub(super) fn into_element(self) -> Result<Value> {
        match self {
            Self::Undefined => Err(Stop::Beyond("the script puts undefined into an object or an array")),
            Self::Number(number) if !number.is_finite() || (number == 0.0 && number.is_sign_negative()) => {
                Err(Stop::Beyond(
                    "the script puts a number that JSON does not have into an object or an array",
                ))
            }
            other => Ok(other.into_value()),
        }
    }

    pub(super) fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// `typeof`.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null | Self::Structure(_) => "object",
            Self::Bool(_) => "boolean",
            Self::Handed(number) if number.is_big() => "bigint",
            Self::Number(_) | Self::Handed(_) => "number",
            Self::Text(_) => "string",
        }
    }

    /// `ToBoolean`.
    pub(super) fn truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Handed(number) => number.as_f64() != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Structure(_) => true,
        }
    }

    /// `ToNumber`.
    pub(super) fn number(&self, cost: Cost<'_>) -> Result<f64> {
        match self {
            Self::Undefined => Ok(f64::NAN),
            Self::Null => Ok(0.0),
            Self::Bool(value) => Ok(f64::from(u8::from(*value))),
            Self::Number(number) => Ok(*number),
            Self::Handed(number) if number.is_big() => Err(Stop::Beyond(
                "the script computes with a number of more digits than JavaScript's numbers hold",
            )),
            Self::Handed(number) => Ok(number.as_f64()),
            Self::Text(_) | Self::Structure(_) => {
                let text = self.text(cost)?;
                cost.read(text.len())?;
                number_of(&text)
            }
        }
    }

    /// `ToString`.
    pub(super) fn text(&self, cost: Cost<'_>) -> Result<Cow<'_, str>> {
        Ok(match self {
            Self::Undefined => "undefined".into(),
            Self::Null => "null".into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Number(number) => text_of(*number),
            Self::Handed(number) if number.is_big() => number.as_str().into(),
            Self::Handed(_) => text_of(self.number(cost)?),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Structure(value) => structure_text(value, cost)?.into(),
        })
    }

    /// `IsStrictlyEqual`. No object or array is met twice: each `${…}` and each literal makes its own.
    pub(super) fn same(&self, other: &Js<'_>, cost: Cost<'_>) -> Result<bool> {
        match (self, other) {
            (Js::Undefined, Js::Undefined) | (Js::Null, Js::Null) => Ok(true),
            (Js::Bool(a), Js::Bool(b)) => Ok(a == b),
            (Js::Text(a), Js::Text(b)) => same_text(a, b, cost),
            (Js::Handed(a), Js::Handed(b)) if a.is_big() || b.is_big() => Ok(a == b),
            (Js::Handed(a), Js::Number(_)) | (Js::Number(_), Js::Handed(a)) if a.is_big() => Ok(false),
            (Js::Number(_) | Js::Handed(_), Js::Number(_) | Js::Handed(_)) => {
                Ok(self.number(cost)? == other.number(cost)?)
            }
            _ => Ok(false),
        }
    }

    /// `IsLooselyEqual`.
    pub(super) fn equal(&self, other: &Js<'_>, cost: Cost<'_>) -> Result<bool> {
        if self.is_nullish() || other.is_nullish() {
            return Ok(self.is_nullish() && other.is_nullish());
        }
        match (self, other) {
            (Js::Structure(_), Js::Structure(_)) => Ok(false),
            (Js::Text(_) | Js::Structure(_), Js::Text(_) | Js::Structure(_)) => {
                same_text(&self.text(cost)?, &other.text(cost)?, cost)
            }
            _ => Ok(self.number(cost)? == other.number(cost)?),
        }
    }

    /// `IsLessThan`, as an order; none where a number is NaN.
    pub(super) fn order(&self, other: &Js<'_>, cost: Cost<'_>) -> Result<Option<Ordering>> {
        if self.is_textual() && other.is_textual() {
            let (a, b) = (self.text(cost)?, other.text(cost)?);
            cost.read(a.len().min(b.len()))?;
            return Ok(Some(a.encode_utf16().cmp(b.encode_utf16())));
        }
        Ok(self.number(cost)?.partial_cmp(&other.number(cost)?))
    }

    /// Whether it is text as a primitive value.
    pub(super) fn is_textual(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Structure(_))
    }
}

fn same_text(a: &str, b: &str, cost: Cost<'_>) -> Result<bool> {
    cost.read(a.len().min(b.len()))?;
    Ok(a == b)
}

/// `ToString` of an array or an object.
fn structure_text(value: &Value, cost: Cost<'_>) -> Result<String> {
    match value {
        Value::Array(items) => super::list::join(items, ",", cost),
        Value::Object(object) if object.contains_key("toString") || object.contains_key("valueOf") => {
            Err(Stop::Beyond("the script makes text of an object that has a `toString` or `valueOf`"))
        }
        _ => Ok("[object Object]".to_owned()),
    }
}

/// `Number::toString`.
pub(super) fn text_of(number: f64) -> Cow<'static, str> {
    match number {
        number if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        number => ecmascript(number).into(),
    }
}

/// White space and line ends (ECMAScript, 12.2 and 12.3).
pub(super) fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// `StringToNumber`.
fn number_of(text: &str) -> Result<f64> {
    let text = text.trim_matches(is_space);
    let decimal = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    match text {
        "" => Ok(0.0),
        "Infinity" | "+Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        _ => match text.get(..2) {
            Some("0x" | "0X") => whole(&text[2..], 16),
            Some("0o" | "0O") => whole(&text[2..], 8),
            Some("0b" | "0B") => whole(&text[2..], 2),
            _ if text.bytes().all(decimal) => Ok(text.parse().unwrap_or(f64::NAN)),
            _ => Ok(f64::NAN),
        },
    }
}

fn whole(digits: &str, radix: u32) -> Result<f64> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Ok(f64::NAN);
    }
    let value = u128::from_str_radix(digits, radix)
        .map_err(|_| Stop::Beyond("the script reads a number of very many digits"))?;
    Ok(value as f64)
}
