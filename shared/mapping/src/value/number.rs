//! Numbers as text.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::bytes::leading;

/// A JSON number (RFC 8259, section 6), kept as the text it was written in.
///
/// Equality is equality of the text: `1.0` and `1.00` differ, because they travel as written.
#[derive(Clone)]
pub struct Number(Digits);

/// Nearly every number is short enough to lie in the value itself.
#[derive(Clone)]
enum Digits {
    Short { length: u8, text: [u8; SHORT] },
    Long(Box<str>),
}

/// With this a number takes as much room as a string: 24 bytes.
const SHORT: usize = 22;

impl Number {
    /// A number from its text, if the text is exactly one JSON number.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && scan(text.as_bytes()) == text.len()).then(|| Self::scanned(text))
    }

    /// A number from text that [`scan`] has found to be one.
    pub(super) fn scanned(text: &str) -> Self {
        let mut short = [0; SHORT];
        match short.get_mut(..text.len()) {
            Some(room) => {
                room.copy_from_slice(text.as_bytes());
                Self(Digits::Short { length: text.len() as u8, text: short })
            }
            None => Self(Digits::Long(text.into())),
        }
    }

    /// A double in the form ECMAScript prints it (`Number::toString`); `None` for NaN and the infinities, which JSON has no
    /// form for.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::scanned(&ecmascript(value)))
    }

    /// The text of the number.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // What was put in is ASCII.
            Digits::Short { length, text } => {
                std::str::from_utf8(&text[..usize::from(*length)]).unwrap_or_default()
            }
            Digits::Long(text) => text,
        }
    }

    /// The nearest double. Numbers too large for one give an infinity.
    pub fn as_f64(&self) -> f64 {
        self.as_str().parse().unwrap_or(f64::NAN)
    }

    /// The number as an integer, if it is written as one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_str().parse().ok()
    }

    /// Whether this is a `BigInt` in a script: a whole number, written as one, that a double would make another number. One
    /// with so many digits is mostly an identifier.
    ///
    /// What is written with a fraction or an exponent is the nearest double, as everywhere, and beyond their range an infinity.
    pub fn is_big(&self) -> bool {
        let text = self.as_str();
        /// Whole numbers of so many digits are all held.
        const ALWAYS: usize = 15;
        text.len() > ALWAYS && !text.contains(['.', 'e', 'E']) && format!("{:.0}", self.as_f64()) != text
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::scanned(&value.to_string())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::scanned(&value.to_string())
    }
}

/// The length of the JSON number that `bytes` starts with; 0 if there is none.
pub(crate) fn scan(bytes: &[u8]) -> usize {
    let digits = |from: usize| leading(&bytes[from..], |byte| byte.is_ascii_digit());
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let whole = match bytes.get(sign) {
        Some(b'0') => 1,
        Some(b'1'..=b'9') => digits(sign),
        _ => return 0,
    };
    let mut end = sign + whole;
    if bytes.get(end) == Some(&b'.') {
        match digits(end + 1) {
            0 => return end,
            count => end += 1 + count,
        }
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        match digits(end + 1 + sign) {
            0 => return end,
            count => end += 1 + sign + count,
        }
    }
    end
}

/// ECMAScript's `Number::toString(x)` in radix 10, for finite numbers.
pub(crate) fn ecmascript(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = shortest(value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let count = digits.len() as i32;
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let text = if count <= point && point <= 21 {
        format!("{digits}{}", "0".repeat((point - count) as usize))
    } else if 0 < point && point <= 21 {
        format!("{}.{}", &digits[..point as usize], &digits[point as usize..])
    } else if -6 < point && point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{first}{dot}{rest}e{:+}", point - 1)
    };
    if value < 0.0 { format!("-{text}") } else { text }
}

/// The shortest digits that read back as the same double, of several the nearest, of two equally near the even one.
fn shortest(value: f64) -> String {
    let shortest = format!("{value:e}");
    // Rust takes the greater one of two, but rounds to the even one where it is told how many digits to give. Fewer than 16
    // are never equally near.
    let decimals = shortest.bytes().take_while(|byte| *byte != b'e').count().saturating_sub(2);
    if decimals < 15 {
        return shortest;
    }
    let rounded = format!("{value:.decimals$e}");
    if rounded.parse() == Ok(value) { rounded } else { shortest }
}
