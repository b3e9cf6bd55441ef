//! Numbers as text.

use std::fmt;

/// A JSON number (RFC 8259, section 6), kept as the text it was written in.
///
/// Equality is equality of the text: `1.0` and `1.00` differ, because they travel as written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// A number from its text, if the text is exactly one JSON number.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && scan(text.as_bytes()) == text.len()).then(|| Self(text.into()))
    }

    /// A double in the form ECMAScript prints it (`Number::toString`); `None` for NaN and the infinities, which JSON has no
    /// form for.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(ecmascript(value).into()))
    }

    /// The text of the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest double. Numbers too large for one give an infinity.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The number as an integer, if it is written as one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// Whether a double holds this number without changing which number it is.
    ///
    /// Fractions are held to double precision, as everywhere; a whole number is held only when no digit is lost, because a
    /// whole number with many digits is mostly an identifier.
    pub fn fits_f64(&self) -> bool {
        if self.0.contains(['.', 'e', 'E']) {
            return self.as_f64().is_finite();
        }
        /// Whole numbers of so many digits are all held.
        const ALWAYS: usize = 15;
        self.0.len() <= ALWAYS || format!("{:.0}", self.as_f64()) == *self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_string().into())
    }
}

/// The length of the JSON number that `bytes` starts with; 0 if there is none.
pub(crate) fn scan(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
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
    // Rust's `{:e}` gives the shortest digits that read back as the same double, which is what the standard asks for.
    let scientific = format!("{:e}", value.abs());
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
