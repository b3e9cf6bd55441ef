//! `${parseDate:X,PATTERN,ZONE}`: RFC 3339 text from a date in another notation.

use jiff::Timestamp;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split, date};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::Value;

pub(super) static PARSE_DATE: Function = Function {
    name: "parseDate",
    signature: "${parseDate:X,PATTERN[,ZONE]}",
    group: Group::Time,
    summary: "RFC 3339 text in UTC, from a date in another notation",
    doc: "X is text in the notation that PATTERN describes, in the words of [`formatDate`](#formatdate). What has no time of \
          day is the first moment of the day; what names no offset of its own is in ZONE, or in UTC if that is left out. \
          Where clocks are set back, the first of the two hours is meant; a time that they leave out when they are set \
          forward counts as if they had not been. Null and empty text give null.",
    secrets: None,
    examples: &[
        Example {
            text: "${parseDate:${currentObject:response.date},%d.%m.%Y}",
            given: &[("response", r#"{"date": "21.11.2026"}"#)],
            gives: r#""2026-11-21T00:00:00Z""#,
        },
        Example {
            text: "${parseDate:${currentObject:response.at},%Y-%m-%d %H:%M:%S,Europe/Oslo}",
            given: &[("response", r#"{"at": "2026-11-21 23:04:04"}"#)],
            gives: r#""2026-11-21T22:04:04Z""#,
        },
        Example {
            text: "${formatDate:${parseDate:${currentObject:response.date},%Y%m%d},date}",
            given: &[("response", r#"{"date": "20261121"}"#)],
            gives: r#""2026-11-21""#,
        },
        Example {
            text: "${parseDate:${currentObject:response.date},%d.%m.%Y}",
            given: &[("response", r#"{"date": "31.02.2026"}"#)],
            gives: "error: parseDate: this text is not a date in the notation of the pattern",
        },
    ],
    split: Split::Most(3),
    arguments: 2..=3,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.plain(0);
        match (pattern(&mut site), date::zone(&mut site, 2)) {
            (Some(pattern), Some(zone)) => site.apply(ParseDate { pattern, zone }, vec![of]),
            _ => Plan::NULL,
        }
    },
};

/// The pattern, if what it writes can be read again.
fn pattern(site: &mut Site<'_, '_>) -> Option<Box<str>> {
    let pattern = site.literal(1, "the pattern")?;
    let epoch = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let parses = |text: String| strtime::parse(pattern, text).and_then(|parts| parts.to_date()).is_ok();
    let instant = pattern.contains("%s");
    let short = pattern.len() <= date::LONGEST_PATTERN;
    if short && strtime::format(pattern, &epoch).is_ok_and(|text| instant || parses(text)) {
        return Some(pattern.into());
    }
    let help = "a pattern names year, month and day, as in `%d.%m.%Y`, or is `%s`".to_owned();
    site.error("unknown-format", 1, "this pattern cannot read a date".to_owned(), Some(help));
    None
}

#[derive(Debug)]
struct ParseDate {
    pattern: Box<str>,
    zone: TimeZone,
}

impl Operation for ParseDate {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let text = match arguments.text(0)? {
            Some(text) if !text.trim().is_empty() => text,
            _ => return Ok(Rendered::NULL),
        };
        let parts = strtime::parse(&*self.pattern, text.trim()).ok();
        let time = parts
            .and_then(|parts| self.instant(&parts))
            .ok_or_else(|| EvalError::new("this text is not a date in the notation of the pattern"))?;
        Ok(Rendered::Own(Value::String(date::utc(time))))
    }
}

impl ParseDate {
    fn instant(&self, parts: &BrokenDownTime) -> Option<Timestamp> {
        if let Some(timestamp) = parts.timestamp() {
            return Some(timestamp);
        }
        let local = parts.to_datetime().ok()?;
        let zone = match parts.iana_time_zone() {
            Some(name) => TimeZoneDatabase::bundled().get(name).ok()?,
            None => self.zone.clone(),
        };
        match parts.offset() {
            Some(offset) => offset.to_timestamp(local).ok(),
            None => local.to_zoned(zone).ok().map(|time| time.timestamp()),
        }
    }
}
