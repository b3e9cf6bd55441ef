//! `${timestampToDateTime:X}`: RFC 3339 in UTC, from seconds or milliseconds since 1970.
//!
//! Numbers below 100,000,000,000 are seconds (up to the year 5138), larger ones milliseconds (from 1973 on); both may also
//! be text. Null stays null. Milliseconds are written when there are any: `2026-11-21T22:04:04.120Z`.

use jiff::Timestamp;

use super::{Function, Split};
use crate::plan::Plan;
use crate::value::{Number, Value};

pub(super) static TIMESTAMP_TO_DATE_TIME: Function = Function {
    name: "timestampToDateTime",
    signature: "${timestampToDateTime:X}",
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        let scope = scope.without_holes("a point in time");
        Plan::DateTime(Box::new(compiler.argument(&call.arguments[0], text, scope)))
    },
};

const NOT_A_TIME: &str = "not a point in time: seconds or milliseconds since 1970 are expected";

/// Null for null; else RFC 3339 text.
pub(crate) fn to_date_time(value: &Value) -> Result<Value, &'static str> {
    let number = match value {
        Value::Null => return Ok(Value::Null),
        Value::Number(number) => number.clone(),
        Value::String(text) => Number::parse(text.trim()).ok_or(NOT_A_TIME)?,
        _ => return Err(NOT_A_TIME),
    };
    const FIRST_MILLISECONDS: f64 = 1e11;
    let given = number.as_f64();
    let milliseconds = if given.abs() < FIRST_MILLISECONDS { given * 1000.0 } else { given };
    // Well within a double's whole numbers for every year that RFC 3339 can write.
    if !(-6.2167e13..=1e15).contains(&milliseconds) {
        return Err(NOT_A_TIME);
    }
    let time = Timestamp::from_millisecond(milliseconds.round() as i64).map_err(|_| NOT_A_TIME)?;
    Ok(Value::String(write(time)))
}

/// A point in time as the type `timestamp` has it: RFC 3339 text with any offset, or what [`to_date_time`] takes; in UTC.
pub(crate) fn normalise(value: &Value) -> Result<Value, &'static str> {
    match value {
        Value::String(text) if Number::parse(text.trim()).is_none() => {
            let time: Timestamp =
                text.trim().parse().map_err(|_| "not a point in time: RFC 3339 text is expected")?;
            Ok(Value::String(write(time)))
        }
        value => to_date_time(value),
    }
}

/// With three digits of a second's fraction, or more where they are needed, or none.
fn write(time: Timestamp) -> String {
    match time.subsec_nanosecond() {
        0 => format!("{time:.0}"),
        nanoseconds if nanoseconds % 1_000_000 == 0 => format!("{time:.3}"),
        _ => time.to_string(),
    }
}
