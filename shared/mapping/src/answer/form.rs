//! `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).
//!
//! A form is looked over from end to end before anything of it is held, so that refusing it takes no memory beside the text.

use super::AnswerError;
use crate::limits::Limits;
use crate::value::{Object, Value};
use crate::words::Words;

pub(super) fn parse(body: &[u8]) -> Result<Value, AnswerError> {
    let most = Limits::DATA.bytes;
    if body.len() > most {
        return Err(AnswerError::whole("form", Words::around("longer than ", most, " bytes")));
    }
    pairs(body).try_for_each(|pair| pair.map(drop))?;
    let mut object = Object::default();
    for pair in pairs(body) {
        let [name, value] = pair?.map(Piece::text);
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
fn pairs(body: &[u8]) -> impl Iterator<Item = Result<[Piece<'_>; 2], AnswerError>> {
    let most = Limits::DATA.nodes;
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs.enumerate().map(move |(count, pair)| {
        if count == most {
            return Err(AnswerError::whole("form", Words::around("more than ", most, " values")));
        }
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
        match (Piece::look(name), Piece::look(value)) {
            (Some(name), Some(value)) => Ok([name, value]),
            _ => Err(AnswerError::whole("form", "its bytes are not UTF-8")),
        }
    })
}

/// A name or a value that is UTF-8 when it is decoded.
struct Piece<'a> {
    encoded: &'a [u8],
    /// Its length when it is decoded, in bytes.
    length: usize,
}

impl<'a> Piece<'a> {
    /// Looks it over, a window at a time. None, if it is not UTF-8.
    fn look(encoded: &'a [u8]) -> Option<Self> {
        let mut window = [0; 256];
        let (mut filled, mut length) = (0, 0);
        for byte in decoded(encoded) {
            if filled == window.len() {
                filled = turn(&mut window)?;
            }
            window[filled] = byte;
            filled += 1;
            length += 1;
        }
        std::str::from_utf8(&window[..filled]).ok().map(|_| Self { encoded, length })
    }

    /// The text, made in one piece.
    fn text(self) -> String {
        let mut text = Vec::with_capacity(self.length);
        text.extend(decoded(self.encoded));
        // It was looked over.
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Turns a full window over to what follows it: the character that it ends within is moved to its start. How long that is;
/// none, if the window is not UTF-8.
fn turn(window: &mut [u8]) -> Option<usize> {
    let Err(error) = std::str::from_utf8(window) else { return Some(0) };
    let from = error.valid_up_to();
    if error.error_len().is_some() {
        return None;
    }
    window.copy_within(from.., 0);
    Some(window.len() - from)
}

/// The bytes that an encoded name or value stands for.
fn decoded(encoded: &[u8]) -> impl Iterator<Item = u8> {
    let mut left = encoded;
    std::iter::from_fn(move || {
        let (first, rest) = left.split_first()?;
        left = rest;
        Some(match first {
            b'+' => b' ',
            b'%' => match rest.split_first_chunk().and_then(|(digits, rest)| Some((escaped(*digits)?, rest)))
            {
                Some((byte, rest)) => {
                    left = rest;
                    byte
                }
                None => b'%',
            },
            byte => *byte,
        })
    })
}

/// The byte that two hexadecimal digits stand for.
fn escaped(digits: [u8; 2]) -> Option<u8> {
    let [high, low] =
        digits.map(|digit| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    Some(high? << 4 | low?)
}

#[cfg(test)]
mod tests;
