//! Strict JSON in (RFC 8259).

use thiserror::Error;

use super::number::{self, Number};
use super::{Object, Value};
use crate::limits::Limits;
use crate::position;

/// Why some bytes are not JSON, and where.
///
/// The text never repeats what stood in the input: an answer that does not parse may hold what nobody may see.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}, column {column}: {message}")]
pub struct JsonError {
    /// What was expected, or which limit was met.
    pub message: String,
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
    pub fn from_json_within(bytes: &[u8], limits: &Limits) -> Result<Self, JsonError> {
        let text = match std::str::from_utf8(bytes) {
            _ if bytes.len() > limits.bytes => {
                return Err(place(&[], 0, format!("the text is longer than {} bytes", limits.bytes)));
            }
            Ok(text) => text,
            Err(error) => return Err(place(bytes, error.valid_up_to(), "not UTF-8".to_owned())),
        };
        let mut reader = Reader { text, at: 0, depth: 0, nodes: 0, limits };
        let value = reader.document().map_err(|message| place(bytes, reader.at, message))?;
        Ok(value)
    }
}

fn place(bytes: &[u8], at: usize, message: String) -> JsonError {
    let (line, column) = position::of(bytes, at);
    JsonError { message, line, column }
}

type Read<T> = Result<T, String>;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    nodes: usize,
    limits: &'a Limits,
}

impl Reader<'_> {
    fn document(&mut self) -> Read<Value> {
        self.space();
        let value = self.value()?;
        self.space();
        if self.at < self.text.len() { Err("expected the end of the text".to_owned()) } else { Ok(value) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Read<Value> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(format!("more than {} values", self.limits.nodes));
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read<Value>) -> Read<Value> {
        if self.depth == self.limits.depth {
            return Err(format!("nested deeper than {}", self.limits.depth));
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
                return Err("expected a quoted key".to_owned());
            }
            let key = self.string()?;
            self.space();
            if !self.skip(b':') {
                return Err("expected `:` after the key".to_owned());
            }
            self.space();
            let value = self.value()?;
            object.insert(key, value);
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
            items.push(self.value()?);
            if self.end(b']', "expected `,` or `]`")? {
                return Ok(Value::Array(items));
            }
        }
    }

    /// After a member or an element: whether the list ends here.
    fn end(&mut self, close: u8, expected: &str) -> Read<bool> {
        self.space();
        if self.skip(close) {
            return Ok(true);
        }
        if !self.skip(b',') {
            return Err(expected.to_owned());
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
        let rest = &self.text[self.at..];
        let length = number::scan(rest.as_bytes());
        let number = Number::parse(&rest[..length]).ok_or("expected a number")?;
        self.at += length;
        match self.peek() {
            Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') => Err("not a JSON number".to_owned()),
            _ => Ok(Value::Number(number)),
        }
    }

    fn word(&mut self) -> Read<Value> {
        let rest = &self.text[self.at..];
        let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        match words.into_iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, value)) => {
                self.at += word.len();
                Ok(value)
            }
            None => Err("expected a value".to_owned()),
        }
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    let (character, length) = unescape(&self.text[self.at..])?;
                    out.push(character);
                    self.at += length;
                }
                Some(_) => return Err("a control character must be escaped".to_owned()),
                None => return Err("the string is never closed".to_owned()),
            }
        }
    }
}

/// The character that the escape at the start of `rest` stands for, and the length of the escape.
pub(crate) fn unescape(rest: &str) -> Result<(char, usize), String> {
    let character = match rest.as_bytes().get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(rest),
        _ => {
            return Err(
                "unknown escape: one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX is expected".to_owned()
            );
        }
    };
    Ok((character, 2))
}

fn unicode(rest: &str) -> Result<(char, usize), String> {
    let unit = |from: usize| -> Option<u32> {
        let digits = rest.get(from..from + 4)?;
        let hex =
            rest.as_bytes().get(from - 2..from)? == b"\\u" && digits.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let first = unit(2).ok_or("expected four hexadecimal digits after \\u")?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    let second = unit(8).filter(|low| first < 0xdc00 && (0xdc00..0xe000).contains(low));
    second
        .and_then(|low| char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)))
        .map(|character| (character, 12))
        .ok_or_else(|| "a lone surrogate is no character".to_owned())
}

/// Hands over `text` as the inside of a JSON string, piece by piece, so that no copy of it stands anywhere else.
pub(crate) fn escape(text: &str, mut write: impl FnMut(&str)) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            control if control < 0x20 => CONTROL[usize::from(control)],
            _ => continue,
        };
        write(&text[from..at]);
        write(escaped);
        from = at + 1;
    }
    write(&text[from..]);
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
