//! `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).
//!
//! A long form is looked over from end to end before anything of it is held, so that refusing it takes no memory beside the
//! text.

use percent_encoding::percent_decode;

use super::AnswerError;
use crate::limits::Limits;
use crate::value::{Object, Value};

pub(super) fn parse(body: &[u8]) -> Result<Value, AnswerError> {
    /// What is shorter takes little memory, whatever it holds.
    const LONG: usize = 64 << 10;
    let most = Limits::DATA.bytes;
    if body.len() > most {
        return Err(AnswerError::whole("form", format!("longer than {most} bytes")));
    }
    if body.len() > LONG {
        pairs(body).try_for_each(|pair| pair.map(drop))?;
    }
    let mut object = Object::default();
    for pair in pairs(body) {
        let (name, value) = pair?;
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

/// The names and values in order.
fn pairs(body: &[u8]) -> impl Iterator<Item = Result<(String, String), AnswerError>> {
    let most = Limits::DATA.nodes;
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs.enumerate().map(move |(count, pair)| {
        if count == most {
            return Err(AnswerError::whole("form", format!("more than {most} values")));
        }
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
        let decoded = decode(name).zip(decode(value));
        decoded.ok_or_else(|| AnswerError::whole("form", "its bytes are not UTF-8"))
    })
}

/// The text of a name or a value, made in one piece.
fn decode(bytes: &[u8]) -> Option<String> {
    let words = || bytes.split(|byte| *byte == b'+').map(percent_decode);
    let length = words().map(|word| word.count() + 1).sum::<usize>() - 1;
    let mut decoded = Vec::with_capacity(length);
    for (index, word) in words().enumerate() {
        decoded.extend((index > 0).then_some(b' '));
        decoded.extend(word);
    }
    String::from_utf8(decoded).ok()
}
