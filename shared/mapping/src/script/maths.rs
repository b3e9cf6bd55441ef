//! Numbers: `Math`, `toFixed`, `parseInt` and `parseFloat`. What is here is exact, so that every machine gives the same.

use super::call::Arguments;
use super::coerce::{Js, Result, Stop, is_space, text_of};

/// A function of `Math`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maths {
    Abs,
    Ceil,
    Floor,
    Max,
    Min,
    Round,
    Sign,
    Sqrt,
    Trunc,
}

impl Maths {
    pub(super) fn call<'c>(self, arguments: &Arguments<'_>) -> Result<Js<'c>> {
        let number = |argument: &Js<'_>| argument.number(arguments.1);
        let numbers = arguments.0.iter().map(number).collect::<Result<Vec<f64>>>()?;
        let one = numbers.first().copied().unwrap_or(f64::NAN);
        Ok(Js::Number(match self {
            Self::Abs => one.abs(),
            Self::Ceil => one.ceil(),
            Self::Floor => one.floor(),
            Self::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, |a, b| extreme(a, b, a > b)),
            Self::Min => numbers.iter().copied().fold(f64::INFINITY, |a, b| extreme(b, a, a > b)),
            Self::Round => round(one),
            Self::Sign if one == 0.0 || one.is_nan() => one,
            Self::Sign => one.signum(),
            Self::Sqrt => one.sqrt(),
            Self::Trunc => one.trunc(),
        }))
    }
}

/// The greater of two for `Math.max`, and with both exchanged the lesser one for `Math.min`: NaN wins, and -0 is below 0.
fn extreme(a: f64, b: f64, greater: bool) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    if a == 0.0 && b == 0.0 {
        return if a.is_sign_negative() { b } else { a };
    }
    if greater { a } else { b }
}

/// To the nearest whole number, halves upwards; the sign of a zero stays.
fn round(number: f64) -> f64 {
    let below = number.floor();
    let rounded = if number - below >= 0.5 { below + 1.0 } else { below };
    if rounded == 0.0 { 0.0_f64.copysign(number) } else { rounded }
}

/// `Number.prototype.toFixed`: of two numbers equally near the one away from zero.
pub(super) fn to_fixed<'c>(this: &Js<'_>, arguments: &Arguments<'_>) -> Result<Js<'c>> {
    let number = this.number(arguments.1)?;
    let digits = arguments.integer(0)?.unwrap_or(0.0);
    if !(0.0..=100.0).contains(&digits) {
        return Err(Stop::Beyond("the script asks for a number of digits that `toFixed` does not have"));
    }
    if !number.is_finite() || number.abs() >= 1e21 {
        return Ok(Js::text_of(text_of(number)));
    }
    let digits = digits as usize;
    /// No double has more decimal places than this, so nothing is rounded here.
    const PLACES: usize = 1075;
    arguments.1.read(PLACES)?;
    let exact = format!("{:.PLACES$}", number.abs());
    let cut = exact.len() - PLACES + digits;
    let up = exact.as_bytes().get(cut).is_some_and(|digit| *digit >= b'5');
    let mut kept: Vec<u8> = exact.as_bytes()[..cut].to_vec();
    if up {
        increment(&mut kept);
    }
    if digits == 0 {
        kept.pop();
    }
    let text = String::from_utf8_lossy(&kept).into_owned();
    Ok(Js::text_of(if number < 0.0 { format!("-{text}") } else { text }))
}

/// Adds one to the last digit of a decimal number.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev().filter(|digit| **digit != b'.') {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

/// `parseInt` in radix 10.
pub(super) fn parse_int<'c>(text: &str, arguments: &Arguments<'_>) -> Result<Js<'c>> {
    match arguments.integer(1)? {
        None | Some(0.0 | 10.0) => {}
        Some(_) => return Err(Stop::Beyond("the script reads a number in another radix")),
    }
    let text = text.trim_start_matches(is_space);
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let hexadecimal = count == 1 && text.starts_with('0') && text[1..].starts_with(['x', 'X']);
    if hexadecimal || count > 15 {
        return Err(Stop::Beyond("the script reads a number in another radix, or of many digits"));
    }
    let number = text[..count].parse::<f64>().unwrap_or(f64::NAN);
    Ok(Js::Number(if negative { -number } else { number }))
}

/// `parseFloat`: the longest decimal number at the start.
pub(super) fn parse_float<'c>(text: &str) -> Result<Js<'c>> {
    let text = text.trim_start_matches(is_space);
    let sign = usize::from(text.starts_with(['+', '-']));
    if text[sign..].starts_with("Infinity") {
        return Ok(Js::Number(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if text[end..].starts_with('.') {
        fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return Ok(Js::Number(f64::NAN));
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        match digits(end + 1 + sign) {
            0 => {}
            count => end += 1 + sign + count,
        }
    }
    Ok(Js::Number(text[..end].parse().unwrap_or(f64::NAN)))
}
