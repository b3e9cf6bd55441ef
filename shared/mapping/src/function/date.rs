//! Points in time: how they are read and written, and the time zones they are written in.

use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned, civil};

use super::operation::Site;
use crate::suggest;
use crate::value::{Number, Value};

/// A directive may be padded to many characters, so that a long pattern would write very much.
pub(super) const LONGEST_PATTERN: usize = 256;

const NOT_A_TIME: &str =
    "not a point in time: RFC 3339 text, or seconds or milliseconds since 1970, are expected";
const NOT_A_NUMBER: &str = "not a point in time: seconds or milliseconds since 1970 are expected";

/// How a point in time is written.
#[derive(Clone, Debug)]
pub(super) enum Format {
    Rfc3339,
    Date,
    Http,
    Seconds,
    Milliseconds,
    Pattern(Box<str>),
}

const NAMED: [(&str, Format); 5] = [
    ("rfc3339", Format::Rfc3339),
    ("date", Format::Date),
    ("http", Format::Http),
    ("seconds", Format::Seconds),
    ("milliseconds", Format::Milliseconds),
];

impl Format {
    /// The format that an argument names; `None`, and told, if it is none.
    pub(super) fn of(site: &mut Site<'_, '_>, index: usize) -> Option<Self> {
        let text = site.literal(index, "the format")?;
        if let Some((_, format)) = NAMED.into_iter().find(|(name, _)| *name == text) {
            return Some(format);
        }
        let format = Self::Pattern(text.into());
        if !text.contains('%') {
            let message = format!("there is no format `{text}`");
            let names = NAMED.map(|(name, _)| name);
            let pattern = if suggest::nearest(text, names).is_some() {
                ""
            } else {
                ", or a pattern such as `%Y-%m-%d`"
            };
            let help = suggest::proposal(text, names) + pattern;
            site.error("unknown-format", index, message, Some(help));
        } else if text.len() > LONGEST_PATTERN {
            let message = format!("a pattern for a date has at most {LONGEST_PATTERN} bytes");
            site.error("unknown-format", index, message, None);
        } else if format.write(&Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC)).is_err() {
            let help = "known: %Y %m %d %H %M %S %.3f %j %A %a %B %b %p %z %:z %s %%, and more".to_owned();
            site.error("unknown-format", index, "this is not a pattern for a date".to_owned(), Some(help));
        } else {
            return Some(format);
        }
        None
    }

    /// The value for a point in time; numbers where the format is one.
    pub(super) fn write(&self, time: &Zoned) -> Result<Value, &'static str> {
        Ok(match self {
            Self::Rfc3339 => Value::String(rfc3339(time)),
            Self::Date => Value::String(time.date().to_string()),
            Self::Http => {
                let utc = time.with_time_zone(TimeZone::UTC);
                Value::String(utc.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
            }
            Self::Seconds => Value::from(time.timestamp().as_millisecond().div_euclid(1000)),
            Self::Milliseconds => Value::from(time.timestamp().as_millisecond()),
            Self::Pattern(pattern) => Value::String(
                strtime::format(pattern.as_bytes(), time)
                    .map_err(|_| "the pattern cannot write this point in time")?,
            ),
        })
    }
}

/// The time zone that an argument names, UTC if it is not there; `None`, and told, if it is none.
pub(super) fn zone(site: &mut Site<'_, '_>, index: usize) -> Option<TimeZone> {
    if index >= site.given() {
        return Some(TimeZone::UTC);
    }
    let name = site.literal(index, "the time zone")?;
    // The database is part of the program: the same on every machine.
    let database = TimeZoneDatabase::bundled();
    if let Some(zone) = offset(name).or_else(|| database.get(name).ok()) {
        return Some(zone);
    }
    let known: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
    let nearest = suggest::nearest(name, known.iter().map(String::as_str));
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "a time zone is named as in `UTC`, `+02:00` or `Europe/Oslo`".to_owned(),
    };
    site.error("unknown-time-zone", index, format!("there is no time zone `{name}`"), Some(help));
    None
}

/// `Z`, `UTC`, `+02:00`, `-0530`.
fn offset(name: &str) -> Option<TimeZone> {
    if matches!(name, "Z" | "UTC") {
        return Some(TimeZone::UTC);
    }
    let (sign, digits) = match name.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(parts), 5) => parts,
        (None, 4) => digits.split_at_checked(2)?,
        _ => return None,
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i32>().ok())?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok().map(TimeZone::fixed)
}

/// A point in time from RFC 3339 text, from a date alone (its first moment in `zone`), or from seconds or milliseconds since
/// 1970; `None` for null.
pub(super) fn read(value: &Value, zone: &TimeZone) -> Result<Option<Timestamp>, &'static str> {
    match value {
        Value::String(text) if Number::parse(text.trim()).is_none() => {
            let text = text.trim();
            let midnight = |date: civil::Date| date.to_zoned(zone.clone()).ok().map(|time| time.timestamp());
            let date = || text.parse().ok().filter(|_| text.len() == "2026-11-21".len()).and_then(midnight);
            text.parse().ok().or_else(date).map(Some).ok_or(NOT_A_TIME)
        }
        value => from_number(value),
    }
}

/// A point in time from seconds or milliseconds since 1970, as a number or as text; `None` for null.
pub(super) fn from_number(value: &Value) -> Result<Option<Timestamp>, &'static str> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.clone(),
        Value::String(text) => Number::parse(text.trim()).ok_or(NOT_A_NUMBER)?,
        _ => return Err(NOT_A_NUMBER),
    };
    const FIRST_MILLISECONDS: f64 = 1e11;
    let given = number.as_f64();
    let milliseconds = if given.abs() < FIRST_MILLISECONDS { given * 1000.0 } else { given };
    // Well within a double's whole numbers for every year that RFC 3339 can write.
    if !(-6.2167e13..=1e15).contains(&milliseconds) {
        return Err(NOT_A_NUMBER);
    }
    Timestamp::from_millisecond(milliseconds.round() as i64).map(Some).map_err(|_| NOT_A_NUMBER)
}

/// A point in time as the type `timestamp` has it: RFC 3339 text with any offset, or a number of seconds or milliseconds; in
/// UTC.
pub(crate) fn normalise(value: &Value) -> Result<Value, &'static str> {
    match value {
        Value::String(text) if Number::parse(text.trim()).is_none() => {
            let time: Timestamp =
                text.trim().parse().map_err(|_| "not a point in time: RFC 3339 text is expected")?;
            Ok(Value::String(utc(time)))
        }
        value => Ok(from_number(value)?.map_or(Value::Null, |time| Value::String(utc(time)))),
    }
}

/// RFC 3339 in UTC, with three digits of a second's fraction, or more where they are needed, or none.
pub(super) fn utc(time: Timestamp) -> String {
    match time.subsec_nanosecond() {
        0 => format!("{time:.0}"),
        nanoseconds if nanoseconds % 1_000_000 == 0 => format!("{time:.3}"),
        _ => time.to_string(),
    }
}

/// As [`utc`], with the offset of the time zone.
fn rfc3339(time: &Zoned) -> String {
    if time.offset() == Offset::UTC {
        return utc(time.timestamp());
    }
    let pattern = match time.subsec_nanosecond() {
        0 => "%Y-%m-%dT%H:%M:%S%:z",
        nanoseconds if nanoseconds % 1_000_000 == 0 => "%Y-%m-%dT%H:%M:%S%.3f%:z",
        _ => "%Y-%m-%dT%H:%M:%S%.f%:z",
    };
    time.strftime(pattern).to_string()
}
