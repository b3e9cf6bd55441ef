//! The functions and methods that simple shapes may call. None takes a function, and none changes what it is called on.

use std::borrow::Cow;

use super::coerce::{Js, Result, Stop};
use super::cost::Cost;
use super::{canonical, list, maths, text};
use crate::value::{Number, Value};

/// What a function or method is called with, and who pays for it; what is missing is undefined.
pub(super) struct Arguments<'a>(pub(super) Vec<Js<'a>>, pub(super) Cost<'a>);

impl<'a> Arguments<'a> {
    pub(super) fn get(&self, index: usize) -> &Js<'a> {
        self.0.get(index).unwrap_or(&Js::Undefined)
    }

    /// `ToString` of an argument that is gone over.
    pub(super) fn text(&self, index: usize) -> Result<Cow<'_, str>> {
        let text = self.get(index).text(self.1)?;
        self.1.read(text.len())?;
        Ok(text)
    }

    /// `ToIntegerOrInfinity` of an argument; none where it is undefined.
    pub(super) fn integer(&self, index: usize) -> Result<Option<f64>> {
        match self.get(index) {
            Js::Undefined => Ok(None),
            given => {
                let number = given.number(self.1)?;
                Ok(Some(if number.is_nan() { 0.0 } else { number.trunc() }))
            }
        }
    }

    /// A place counted from the end where it is negative, within `0..=length`.
    pub(super) fn relative(&self, index: usize, length: usize, otherwise: usize) -> Result<usize> {
        Ok(match self.integer(index)? {
            None => otherwise,
            Some(at) if at < 0.0 => (length as f64 + at).max(0.0) as usize,
            Some(at) => at.min(length as f64) as usize,
        })
    }

    /// A place within `0..=length`; what is negative is 0.
    pub(super) fn clamped(&self, index: usize, length: usize, otherwise: usize) -> Result<usize> {
        Ok(self.integer(index)?.map_or(otherwise, |at| at.clamp(0.0, length as f64) as usize))
    }
}

/// A method of strings, arrays or numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    At,
    CharAt,
    Concat,
    EndsWith,
    Includes,
    IndexOf,
    Join,
    LastIndexOf,
    PadEnd,
    PadStart,
    Repeat,
    Replace,
    ReplaceAll,
    Slice,
    Split,
    StartsWith,
    Substring,
    ToFixed,
    ToLowerCase,
    ToString,
    ToUpperCase,
    Trim,
    TrimEnd,
    TrimStart,
}

const METHODS: [(&str, Method); 24] = [
    ("at", Method::At),
    ("charAt", Method::CharAt),
    ("concat", Method::Concat),
    ("endsWith", Method::EndsWith),
    ("includes", Method::Includes),
    ("indexOf", Method::IndexOf),
    ("join", Method::Join),
    ("lastIndexOf", Method::LastIndexOf),
    ("padEnd", Method::PadEnd),
    ("padStart", Method::PadStart),
    ("repeat", Method::Repeat),
    ("replace", Method::Replace),
    ("replaceAll", Method::ReplaceAll),
    ("slice", Method::Slice),
    ("split", Method::Split),
    ("startsWith", Method::StartsWith),
    ("substring", Method::Substring),
    ("toFixed", Method::ToFixed),
    ("toLowerCase", Method::ToLowerCase),
    ("toString", Method::ToString),
    ("toUpperCase", Method::ToUpperCase),
    ("trim", Method::Trim),
    ("trimEnd", Method::TrimEnd),
    ("trimStart", Method::TrimStart),
];

impl Method {
    pub(super) fn find(name: &str) -> Option<Self> {
        METHODS.into_iter().find(|(known, _)| *known == name).map(|(_, method)| method)
    }

    /// Calls the method on a value.
    pub(super) fn call<'c>(self, this: Js<'c>, arguments: &Arguments<'c>) -> Result<Js<'c>> {
        match this {
            Js::Text(text) => text::call(self, text, arguments),
            Js::Structure(value) => match &*value {
                Value::Array(items) => list::call(self, items, arguments),
                _ => Err(Stop::Beyond("the script calls a method of an object")),
            },
            Js::Number(_) | Js::Handed(_) | Js::Bool(_)
                if self == Self::ToString && arguments.0.is_empty() =>
            {
                Ok(Js::text_of(this.text(arguments.1)?))
            }
            Js::Handed(number) if number.is_big() => {
                Err(Stop::Beyond("the script calls a method of a BigInt"))
            }
            Js::Number(_) | Js::Handed(_) if self == Self::ToFixed => maths::to_fixed(&this, arguments),
            _ => Err(Stop::Beyond("the script calls a method that its value does not have")),
        }
    }
}

/// A function by its full name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    IsArray,
    Keys,
    Parse,
    Stringify,
    ParseFloat,
    ParseInt,
    IsNaN,
    Maths(maths::Maths),
}

const FUNCTIONS: [(&str, Function); 18] = [
    ("Array.isArray", Function::IsArray),
    ("JSON.parse", Function::Parse),
    ("JSON.stringify", Function::Stringify),
    ("Math.abs", Function::Maths(maths::Maths::Abs)),
    ("Math.ceil", Function::Maths(maths::Maths::Ceil)),
    ("Math.floor", Function::Maths(maths::Maths::Floor)),
    ("Math.max", Function::Maths(maths::Maths::Max)),
    ("Math.min", Function::Maths(maths::Maths::Min)),
    ("Math.round", Function::Maths(maths::Maths::Round)),
    ("Math.sign", Function::Maths(maths::Maths::Sign)),
    ("Math.sqrt", Function::Maths(maths::Maths::Sqrt)),
    ("Math.trunc", Function::Maths(maths::Maths::Trunc)),
    ("Number.parseFloat", Function::ParseFloat),
    ("Number.parseInt", Function::ParseInt),
    ("Object.keys", Function::Keys),
    ("isNaN", Function::IsNaN),
    ("parseFloat", Function::ParseFloat),
    ("parseInt", Function::ParseInt),
];

impl Function {
    /// Whether a name stands before the `.` of functions.
    pub(super) fn is_namespace(name: &str) -> bool {
        matches!(name, "Array" | "JSON" | "Math" | "Object")
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        FUNCTIONS.into_iter().find(|(known, _)| *known == name).map(|(_, function)| function)
    }

    pub(super) fn call<'c>(self, arguments: &Arguments<'c>) -> Result<Js<'c>> {
        let first = arguments.get(0);
        match self {
            Self::IsArray => {
                Ok(Js::Bool(matches!(first, Js::Structure(value) if matches!(**value, Value::Array(_)))))
            }
            Self::Keys => keys(first, arguments.1),
            Self::Parse => parse(&arguments.text(0)?, arguments),
            Self::Stringify => stringify(arguments),
            Self::ParseFloat => maths::parse_float(&arguments.text(0)?),
            Self::ParseInt => maths::parse_int(&arguments.text(0)?, arguments),
            Self::IsNaN => Ok(Js::Bool(first.number(arguments.1)?.is_nan())),
            Self::Maths(function) => function.call(arguments),
        }
    }
}

fn keys<'c>(of: &Js<'_>, cost: Cost<'_>) -> Result<Js<'c>> {
    if let Js::Structure(value) = of {
        pay_for_keys(value, cost)?;
    }
    let keys = match of {
        Js::Structure(value) => match &**value {
            Value::Object(object) => {
                let keys = canonical::ordered(object.keys().collect(), |key| key);
                keys.into_iter().map(Value::from).collect::<Vec<_>>()
            }
            Value::Array(items) => (0..items.len()).map(|index| Value::from(index.to_string())).collect(),
            _ => Vec::new(),
        },
        _ => return Err(Stop::Beyond("the script asks for the keys of what is no object")),
    };
    Ok(Js::Structure(Cow::Owned(Value::Array(keys))))
}

fn pay_for_keys(of: &Value, cost: Cost<'_>) -> Result<()> {
    /// An index of an array has no more digits.
    const DIGITS: usize = 20;
    match of {
        Value::Object(object) => {
            cost.look(object.len())?;
            cost.make(object.keys().map(|key| size_of::<Value>() + key.len()).sum())
        }
        Value::Array(items) => cost.make(items.len() * (size_of::<Value>() + DIGITS)),
        _ => Ok(()),
    }
}

fn parse<'c>(text: &str, arguments: &Arguments<'_>) -> Result<Js<'c>> {
    if arguments.0.len() > 1 {
        return Err(Stop::Beyond("the script revives JSON"));
    }
    arguments.1.make(text.len())?;
    let parsed = Value::from_json(text.as_bytes())
        .map_err(|_| Stop::Beyond("the script reads JSON that this language would not"))?;
    arguments.1.make(arguments.1.bytes(&parsed)?.saturating_sub(text.len()))?;
    if all_doubles(&parsed) {
        Ok(Js::owned(parsed))
    } else {
        Err(Stop::Beyond("the script reads JSON of a number with many digits"))
    }
}

/// Whether every number in a value is one to JavaScript as it is to us; what is handed over may be a `BigInt`, what is read is
/// not.
fn all_doubles(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_big(),
        Value::Array(items) => items.iter().all(all_doubles),
        Value::Object(object) => object.iter().all(|(_, member)| all_doubles(member)),
        _ => true,
    }
}

fn stringify<'c>(arguments: &Arguments<'c>) -> Result<Js<'c>> {
    if arguments.0.len() > 1 {
        return Err(Stop::Beyond("the script formats JSON"));
    }
    let cost = arguments.1;
    let value = match arguments.get(0) {
        Js::Undefined => return Ok(Js::Undefined),
        Js::Structure(value) => cost.copy(value)?,
        Js::Handed(number) => {
            cost.make(number.as_str().len())?;
            Value::Number((**number).clone())
        }
        Js::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Js::Null => Value::Null,
        Js::Bool(value) => Value::Bool(*value),
        Js::Text(text) => {
            cost.make(text.len())?;
            Value::from(&**text)
        }
    };
    let text = canonical::value(value).to_string();
    cost.make(text.len())?;
    Ok(Js::text_of(text))
}
