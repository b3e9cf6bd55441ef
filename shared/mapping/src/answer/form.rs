//! `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).

use percent_encoding::percent_decode;

use super::AnswerError;
use crate::limits::Limits;
use crate::value::{Object, Value};

pub(super) fn parse(body: &[u8]) -> Result<Value, AnswerError> {
    let limits = Limits::DATA;
    let error = |message| Err(AnswerError::whole("form", message));
    if body.len() > limits.bytes {
        return error(format!("longer than {} bytes", limits.bytes));
    }
    let mut object = Object::default();
    for (count, pair) in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).enumerate() {
        if count == limits.nodes {
            return error(format!("more than {} values", limits.nodes));
        }
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            return error("its bytes are not UTF-8".to_owned());
        };
        match object.get_mut(&name) {
            None => {
                object.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(Value::String(value)),
            Some(first) => *first = Value::Array(vec![std::mem::take(first), Value::String(value)]),
        }
    }
    Ok(Value::Object(object))
}

fn decode(bytes: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    String::from_utf8(percent_decode(&spaced).collect()).ok()
}
