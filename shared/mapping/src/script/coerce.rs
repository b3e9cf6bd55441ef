//! JavaScript values and their conversions (ECMAScript, 7.1 and 7.2).

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::run::EvalError;
use crate::value::{Number, Value, ecmascript};

pub(super) type Result<T> = std::result::Result<T, EvalError>;

/// A value while a script runs.
#[derive(Debug)]
pub(super) enum Js<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// A number that was handed over, its digits kept until its value is needed.
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

    /// The result as JSON; what JSON has no form for is null.
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

    pub(super) fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
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
    pub(super) fn number(&self) -> Result<f64> {
        match self {
            Self::Undefined => Ok(f64::NAN),
            Self::Null => Ok(0.0),
            Self::Bool(value) => Ok(f64::from(u8::from(*value))),
            Self::Number(number) => Ok(*number),
            Self::Handed(number) if number.fits_f64() => Ok(number.as_f64()),
            Self::Handed(_) => Err(EvalError::new(
                "the script needs the value of a number with more digits than JavaScript's numbers hold; \
                 in quotes, '${…}', it is text and keeps them",
            )),
            Self::Text(text) => number_of(text),
            Self::Structure(_) => Err(EvalError::new("the script uses an object or an array as a number")),
        }
    }

    /// `ToString`.
    pub(super) fn text(&self) -> Result<Cow<'_, str>> {
        Ok(match self {
            Self::Undefined => "undefined".into(),
            Self::Null => "null".into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Number(number) => text_of(*number),
            Self::Handed(_) => text_of(self.number()?),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Structure(_) => {
                return Err(EvalError::new("the script uses an object or an array as text"));
            }
        })
    }

    /// `IsStrictlyEqual`.
    pub(super) fn same(&self, other: &Self) -> Result<bool> {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::Null, Self::Null) => Ok(true),
            (Self::Bool(a), Self::Bool(b)) => Ok(a == b),
            (Self::Text(a), Self::Text(b)) => Ok(a == b),
            (Self::Number(_) | Self::Handed(_), Self::Number(_) | Self::Handed(_)) => {
                Ok(self.number()? == other.number()?)
            }
            (Self::Structure(_), Self::Structure(_)) => {
                Err(EvalError::new("the script compares two objects or arrays"))
            }
            _ => Ok(false),
        }
    }

    /// `IsLooselyEqual`.
    pub(super) fn equal(&self, other: &Self) -> Result<bool> {
        if self.is_nullish() || other.is_nullish() {
            return Ok(self.is_nullish() && other.is_nullish());
        }
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Ok(a == b),
            (Self::Structure(_), _) | (_, Self::Structure(_)) => {
                Err(EvalError::new("the script compares an object or an array"))
            }
            _ => Ok(self.number()? == other.number()?),
        }
    }

    /// `IsLessThan`, as an order; none where a number is NaN.
    pub(super) fn order(&self, other: &Self) -> Result<Option<Ordering>> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Ok(Some(a.encode_utf16().cmp(b.encode_utf16()))),
            _ => Ok(self.number()?.partial_cmp(&other.number()?)),
        }
    }
}

/// `Number::toString`.
fn text_of(number: f64) -> Cow<'static, str> {
    match number {
        number if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        number => ecmascript(number).into(),
    }
}

/// `StringToNumber`.
fn number_of(text: &str) -> Result<f64> {
    let space = |c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}';
    let text = text.trim_matches(space);
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
        .map_err(|_| EvalError::new("the script reads a number that is too long"))?;
    Ok(value as f64)
}
