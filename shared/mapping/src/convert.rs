//! The types of properties: `{ "value": …, "type": "number" }`.

use crate::function;
use crate::value::{Number, Value};

/// What a property's value is converted to. Null is null in every type: what is missing stays missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Strings as they are; numbers and booleans as they are written in JSON.
    String,
    /// Numbers as they are; text that is a JSON number, digit for digit.
    Number,
    /// Booleans; `"true"` and `"false"` in any case; 1 and 0.
    Boolean,
    /// RFC 3339 text in UTC: from such text with any offset, or from seconds or milliseconds since 1970.
    Timestamp,
    Object,
    Array,
}

pub(crate) const TYPES: [(&str, Type); 6] = [
    ("string", Type::String),
    ("number", Type::Number),
    ("boolean", Type::Boolean),
    ("timestamp", Type::Timestamp),
    ("object", Type::Object),
    ("array", Type::Array),
];

impl Type {
    /// The value in this type, or why it cannot be. The reason never repeats the value.
    pub(crate) fn convert(self, value: Value) -> Result<Value, String> {
        match (self, value) {
            (_, Value::Null) => Ok(Value::Null),
            (Self::String, value @ Value::String(_)) => Ok(value),
            (Self::String, Value::Number(number)) => Ok(Value::from(number.as_str())),
            (Self::String, Value::Bool(value)) => Ok(Value::from(if value { "true" } else { "false" })),
            (Self::Number, value @ Value::Number(_)) => Ok(value),
            (Self::Number, Value::String(text)) => match Number::parse(text.trim()) {
                Some(number) => Ok(Value::Number(number)),
                None => Err("this text is not a number".to_owned()),
            },
            (Self::Boolean, value @ Value::Bool(_)) => Ok(value),
            (Self::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
                Ok(Value::Bool(true))
            }
            (Self::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
                Ok(Value::Bool(false))
            }
            (Self::Boolean, Value::Number(number)) if matches!(number.as_str(), "0" | "1") => {
                Ok(Value::Bool(number.as_str() == "1"))
            }
            (Self::Timestamp, value @ (Value::String(_) | Value::Number(_))) => {
                function::normalise(&value).map_err(str::to_owned)
            }
            (Self::Object, value @ Value::Object(_)) | (Self::Array, value @ Value::Array(_)) => Ok(value),
            (_, value) => Err(format!("{} cannot become {}", value.kind(), self.name())),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Timestamp => "a timestamp",
            Self::Object => "an object",
            Self::Array => "an array",
        }
    }
}
