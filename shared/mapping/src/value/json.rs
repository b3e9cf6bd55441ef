//! Strict JSON in (RFC 8259).

use thiserror::Error;

use super::number::{self, Number};
use super::{Object, Value};
use crate::bytes::leading;
use crate::limits::Limits;
use crate::position;
use crate::words::Words;

/// Why some bytes are not JSON, and where.
///
/// The text never repeats what stood in the input: an answer that does not parse may hold what nobody may see.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("line {line}, column {column}: {message}")]
pub struct JsonError {
    /// What was expected, or which limit was met.
    pub message: Words,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl Value {
    /// Reads strict JSON: RFC 8259 to the letter, UTF-8 only, no byte order mark, within [`Limits::DATA`].
    ///
    /// Of two members with one key the last one counts, in the place of the first, as every JavaScript client has it:
    /// counterparties do send such answers. (Text that people write is stricter: see [`crate::relaxed`].)
    pub fn from_json(bytes: &[u8]) -> Result<Self, JsonError> {
        Self::from_json_within(bytes, &Limits::DATA)
    }

    /// As [`Value::from_json`], within the limits given.
    ///
    /// The text is looked over from end to end before anything of it is held, so that refusing it takes no memory beside the
    /// text itself.
    pub fn from_json_within(bytes: &[u8], limits: &Limits) -> Result<Self, JsonError> {
        if bytes.len() > limits.bytes {
            let message = Words::around("the text is longer than ", limits.bytes, " bytes (limit `bytes`)");
            return Err(place(&[], 0, message));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| place(bytes, error.valid_up_to(), "not UTF-8".into()))?;
        Reader::<false>::read(text, limits)?;
        Reader::<true>::read(text, limits)
    }
}

fn place(bytes: &[u8], at: usize, message: Words) -> JsonError {
    let (line, column) = position::of(bytes, at);
    JsonError { message, line, column }
}

type Read<T> = Result<T, Words>;

/// Reads, and builds the value if it is to `HOLD` it; else every value it gives is null or empty.
struct Reader<'a, const HOLD: bool> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    nodes: usize,
    limits: &'a Limits,
}

impl<'a, const HOLD: bool> Reader<'a, HOLD> {
    fn read(text: &'a str, limits: &'a Limits) -> Result<Value, JsonError> {
        let bytes = text.as_bytes();
        let mut reader = Self { text, bytes, at: 0, depth: 0, nodes: 0, limits };
        reader.document().map_err(|message| place(bytes, reader.at, message))
    }

    fn document(&mut self) -> Read<Value> {
        self.space();
        let value = self.value()?;
        self.space();
        if self.at < self.bytes.len() { Err("expected the end of the text".into()) } else { Ok(value) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        let is_space = |byte| (byte == b' ') | (byte == b'\n') | (byte == b'\r') | (byte == b'\t');
        self.at += leading(&self.bytes[self.at..], is_space);
    }

    fn value(&mut self) -> Read<Value> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(Words::around("more than ", self.limits.nodes, " values (limit `nodes`)"));
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            _ => Err(NO_VALUE.into()),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read<Value>) -> Read<Value> {
        if self.depth == self.limits.depth {
            return Err(Words::around("nested deeper than ", self.limits.depth, " (limit `depth`)"));
        }
        self.depth += 1;
        self.at += 1;
        self.space();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Read<Value> {
        let mut object = Object::default();
        if self.skip(b'}') {
            return Ok(Value::Object(object));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err("expected a quoted key".into());
            }
            let key = self.string()?;
            self.space();
            if !self.skip(b':') {
                return Err("expected `:` after the key".into());
            }
            self.space();
            let value = self.value()?;
            if HOLD {
                object.insert(key, value);
            }
            if self.end(b'}', "expected `,` or `}`")? {
                return Ok(Value::Object(object));
            }
        }
    }

    fn array(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        if self.skip(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            let value = self.value()?;
            if HOLD {
                items.push(value);
            }
            if self.end(b']', "expected `,` or `]`")? {
                return Ok(Value::Array(items));
            }
        }
    }

    /// After a member or an element: whether the list ends here.
    fn end(&mut self, close: u8, expected: &'static str) -> Read<bool> {
        self.space();
        if self.skip(close) {
            return Ok(true);
        }
        if !self.skip(b',') {
            return Err(expected.into());
        }
        self.space();
        Ok(false)
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        let length = number::scan(&self.bytes[start..]);
        if length == 0 {
            return Err("expected a number".into());
        }
        self.at += length;
        match self.peek() {
            Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') => Err("not a JSON number".into()),
            _ if HOLD => Ok(Value::Number(Number::scanned(&self.text[start..self.at]))),
            _ => Ok(Value::Null),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(NO_VALUE.into());
        }
        self.at += word.len();
        Ok(value)
    }

    fn string(&mut self) -> Read<String> {
        let start = self.at + 1;
        self.at = start + plain(&self.bytes[start..]);
        if self.peek() != Some(b'"') {
            return self.escaped(start);
        }
        let text = if HOLD { self.text[start..self.at].to_owned() } else { String::new() };
        self.at += 1;
        Ok(text)
    }

    /// A string that starts at `start`, and needs a closer look from here on.
    fn escaped(&mut self, start: usize) -> Read<String> {
        let mut out = String::new();
        if HOLD {
            // An escape is never shorter than what it stands for.
            out.reserve_exact(self.raw_end() - start);
            out.push_str(&self.text[start..self.at]);
        }
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    let (character, length) = match self.bytes.get(self.at + 1).copied().and_then(simple) {
                        Some(character) => (character, 2),
                        None => unescape(&self.text[self.at..])?,
                    };
                    if HOLD {
                        out.push(character);
                    }
                    self.at += length;
                }
                Some(0..=0x1f) => return Err("a control character must be escaped".into()),
                Some(_) => {
                    let length = plain(&self.bytes[self.at..]);
                    if HOLD {
                        out.push_str(&self.text[self.at..self.at + length]);
                    }
                    self.at += length;
                }
                None => return Err("the string is never closed".into()),
            }
        }
    }

    /// Where the string that is being read ends, its escapes not looked at.
    fn raw_end(&self) -> usize {
        let mut at = self.at;
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'"' | 0..=0x1f => return at,
                b'\\' => at += 2,
                _ => at += plain(&self.bytes[at..]),
            }
        }
        self.bytes.len()
    }
}

const NO_VALUE: &str = "expected a value";

/// How many bytes of a string stand for themselves before its end, an escape, or what may not stand in one.
fn plain(bytes: &[u8]) -> usize {
    leading(bytes, |byte| (byte >= 0x20) & (byte != b'"') & (byte != b'\\'))
}

/// The character that the escape at the start of `rest` stands for, and the length of the escape.
pub(crate) fn unescape(rest: &str) -> Result<(char, usize), &'static str> {
    match rest.as_bytes().get(1).copied() {
        Some(b'u') => unicode(rest),
        second => second
            .and_then(simple)
            .map(|character| (character, 2))
            .ok_or("unknown escape: one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX is expected"),
    }
}

/// What a backslash and this byte stand for, where two bytes are all of the escape.
fn simple(byte: u8) -> Option<char> {
    Some(match byte {
        b'"' | b'\\' | b'/' => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

fn unicode(rest: &str) -> Result<(char, usize), &'static str> {
    let bytes = rest.as_bytes();
    let first = unit(bytes, 0).ok_or("expected four hexadecimal digits after \\u")?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    let second = unit(bytes, 6).filter(|low| first < 0xdc00 && (0xdc00..0xe000).contains(low));
    second
        .and_then(|low| char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)))
        .map(|character| (character, 12))
        .ok_or("a lone surrogate is no character")
}

/// The UTF-16 unit that `\uXXXX` at an offset stands for.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | u32::from(hex(*digit)?)))
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Hands over `text` as the inside of a JSON string, piece by piece, so that no copy of it stands anywhere else.
pub(crate) fn escape(text: &str, mut write: impl FnMut(&str)) {
    let (bytes, mut from) = (text.as_bytes(), 0);
    loop {
        let at = from + plain(&bytes[from..]);
        write(&text[from..at]);
        write(match bytes.get(at) {
            Some(b'"') => "\\\"",
            Some(b'\\') => "\\\\",
            Some(control) => CONTROL[usize::from(*control)],
            None => return,
        });
        from = at + 1;
    }
}

/// Appends `text` as the inside of a JSON string.
pub(crate) fn escape_into(text: &str, out: &mut String) {
    escape(text, |piece| out.push_str(piece));
}

/// The escapes of the control characters.
const CONTROL: [&str; 32] = [
    "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007", "\\b", "\\t",
    "\\n", "\\u000b", "\\f", "\\r", "\\u000e", "\\u000f", "\\u0010", "\\u0011", "\\u0012", "\\u0013",
    "\\u0014", "\\u0015", "\\u0016", "\\u0017", "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c",
    "\\u001d", "\\u001e", "\\u001f",
];
