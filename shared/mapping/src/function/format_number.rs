//! `${formatNumber:X,PLACES,POINT,GROUP}`: a number as text, to so many decimal places.

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::{Number, Value};

pub(super) static FORMAT_NUMBER: Function = Function {
    name: "formatNumber",
    signature: "${formatNumber:X,PLACES[,POINT[,GROUP]]}",
    group: Group::Numbers,
    summary: "The number X as text, with so many decimal places",
    doc: "X is a number, or text that is one. PLACES is a number from 0 to 100. What lies half way is rounded away from zero, \
          as in a shop: `2.345` to two places is `2.35`, `-2.5` to none is `-3`. The digits are those that were sent: no \
          floating point is involved, so `12345678901234567890.005` keeps every one of them. POINT is the decimal sign, `.` \
          if it is left out; GROUP stands between thousands, and there is none if it is left out. Null and empty text give \
          null.",
    secrets: None,
    examples: &[
        Example { text: "${formatNumber:1234.5,2}", given: &[], gives: r#""1234.50""# },
        Example { text: "${formatNumber:1234567.895,2,',',' '}", given: &[], gives: r#""1 234 567,90""# },
        Example {
            text: "${formatNumber:${currentObject:input.amount},0}",
            given: &[("input", r#"{"amount": "12345678901234567890.5"}"#)],
            gives: r#""12345678901234567891""#,
        },
        Example {
            text: "${formatNumber:${currentObject:input.amount},2}",
            given: &[("input", r#"{"amount": "12,50"}"#)],
            gives: "error: formatNumber: this text is not a number, such as 12.50",
        },
    ],
    split: Split::Most(4),
    arguments: 2..=4,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.plain(0);
        let places = places(&mut site);
        let mut sign = |index, what, without: &str| match index < site.given() {
            true => site.literal(index, what).map(str::to_owned),
            false => Some(without.to_owned()),
        };
        let (point, group) = (sign(2, "the decimal sign", "."), sign(3, "the sign between thousands", ""));
        match (places, point, group) {
            (Some(places), Some(point), Some(group)) => {
                site.apply(FormatNumber { places, point, group }, vec![of])
            }
            _ => Plan::NULL,
        }
    },
};

/// Beyond this many digits nobody writes a number out.
const LONGEST: i64 = 1_000;

fn places(site: &mut Site<'_, '_>) -> Option<usize> {
    const MOST: usize = 100;
    let text = site.literal(1, "the number of decimal places")?;
    let places = text.parse().ok().filter(|places| *places <= MOST);
    if places.is_none() {
        let message = format!("the number of decimal places is a number from 0 to {MOST}");
        site.error("function-option", 1, message, None);
    }
    places
}

#[derive(Debug)]
struct FormatNumber {
    places: usize,
    point: String,
    group: String,
}

impl Operation for FormatNumber {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        const NO_NUMBER: &str = "this text is not a number, such as 12.50";
        let number = match arguments.data(0)? {
            Value::Null => return Ok(Rendered::NULL),
            Value::Number(number) => number,
            Value::String(text) if text.trim().is_empty() => return Ok(Rendered::NULL),
            Value::String(text) => Number::parse(text.trim()).ok_or_else(|| EvalError::new(NO_NUMBER))?,
            other => return Err(EvalError::new(format!("a number is needed here, not {}", other.kind()))),
        };
        let digits = fixed(number.as_str(), self.places)
            .ok_or_else(|| EvalError::new("the number is too large to be written out"))?;
        let minus = number.as_str().starts_with('-') && digits.iter().any(|digit| *digit != b'0');
        // Before it is made: many digits and a long sign between them make more than there is room for.
        arguments.spend(self.length(digits.len()))?;
        Ok(Rendered::Own(Value::String(self.write(if minus { "-" } else { "" }, &digits))))
    }
}

impl FormatNumber {
    /// The most bytes that so many digits become.
    fn length(&self, digits: usize) -> usize {
        let groups = (digits - self.places) / 3;
        groups.saturating_mul(self.group.len()).saturating_add(digits + self.point.len() + 1)
    }

    fn write(&self, minus: &str, digits: &[u8]) -> String {
        let (whole, fraction) = digits.split_at(digits.len() - self.places);
        let mut text = minus.to_owned();
        for (index, digit) in whole.iter().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push_str(&self.group);
            }
            text.push(char::from(*digit));
        }
        if !fraction.is_empty() {
            text.push_str(&self.point);
            text.extend(fraction.iter().copied().map(char::from));
        }
        text
    }
}

/// The digits of a JSON number without its sign, rounded to `places`: those, and at least one before them. `None` if that
/// takes too many.
fn fixed(number: &str, places: usize) -> Option<Vec<u8>> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('-');
    let mut digits: Vec<u8> = [whole, fraction].concat().into_bytes();
    if digits.iter().all(|digit| *digit == b'0') {
        return Some(vec![b'0'; places + 1]);
    }
    let leading = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.drain(..leading);
    // How many of the digits stay, so that `places` of them stand behind the point.
    let exponent = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') {
        -LONGEST * LONGEST
    } else {
        i64::MAX / 2
    });
    let stay = (whole.len() as i64 - leading as i64).saturating_add(exponent).saturating_add(places as i64);
    if stay > LONGEST.max(digits.len() as i64 + places as i64) {
        return None;
    }
    let stay = usize::try_from(stay).ok();
    let up = stay.is_some_and(|stay| digits.get(stay).is_some_and(|digit| *digit >= b'5'));
    digits.resize(stay.unwrap_or(0), b'0');
    if up {
        increment(&mut digits);
    }
    let missing = (places + 1).saturating_sub(digits.len());
    digits.splice(..0, std::iter::repeat_n(b'0', missing));
    Some(digits)
}

/// The next number.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

#[cfg(test)]
mod tests {
    use super::fixed;

    fn digits(number: &str, places: usize) -> Option<String> {
        fixed(number, places).map(|digits| String::from_utf8(digits).unwrap())
    }

    #[test]
    fn every_digit_counts() {
        let cases = [
            ("0", 0, "0"),
            ("-0.000", 2, "000"),
            ("1.005", 2, "101"),
            ("1.0049999999999999999999", 2, "100"),
            ("-2.5", 0, "3"),
            ("0.5", 0, "1"),
            ("0.49", 0, "0"),
            ("0.05", 0, "0"),
            ("9.995", 2, "1000"),
            ("99999999999999999999.5", 0, "100000000000000000000"),
            ("12e3", 1, "120000"),
            ("1.25e-1", 2, "013"),
            ("5e-3", 2, "001"),
            ("4e-3", 2, "000"),
            ("5e-4", 2, "000"),
            ("1e-999999999999999999999", 2, "000"),
            ("0e999999999999999999999", 1, "00"),
        ];
        for (number, places, expected) in cases {
            assert_eq!(digits(number, places).as_deref(), Some(expected), "{number} to {places}");
        }
    }

    #[test]
    fn what_would_take_too_many_digits_is_refused() {
        for number in ["1e1001", "1e999999999", "-1e9223372036854775807", "1e99999999999999999999999"] {
            assert_eq!(digits(number, 0), None, "{number}");
        }
        assert_eq!(digits("1e900", 0).map(|digits| digits.len()), Some(901));
        let long = "7".repeat(100_000);
        assert_eq!(digits(&long, 0).as_deref(), Some(long.as_str()), "what was sent so long stays so long");
    }
}
