//! `${timestampToDateTime:X}`: RFC 3339 in UTC, from seconds or milliseconds since 1970.

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split, date};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::Value;

pub(super) static TIMESTAMP_TO_DATE_TIME: Function = Function {
    name: "timestampToDateTime",
    signature: "${timestampToDateTime:X}",
    group: Group::Time,
    summary: "RFC 3339 text in UTC, from seconds or milliseconds since 1970",
    doc: "Numbers below 100,000,000,000 are seconds (up to the year 5138), larger ones milliseconds (from 1973 on); both may \
          also be text. Null stays null. Milliseconds are written when there are any. Other forms: \
          [`formatDate`](#formatdate).",
    secrets: None,
    examples: &[
        Example { text: "${timestampToDateTime:1795298644}", given: &[], gives: r#""2026-11-21T22:04:04Z""# },
        Example {
            text: "${timestampToDateTime:1795298644120}",
            given: &[],
            gives: r#""2026-11-21T22:04:04.120Z""#,
        },
        Example {
            text: "${timestampToDateTime:${currentObject:input.at}}",
            given: &[("input", r#"{"at": "soon"}"#)],
            gives: "error: timestampToDateTime: not a point in time: seconds or milliseconds since 1970 are expected",
        },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.plain(0);
        site.apply(ToDateTime, vec![of])
    },
};

#[derive(Debug)]
struct ToDateTime;

impl Operation for ToDateTime {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let time = date::from_number(&arguments.data(0)?).map_err(EvalError::new)?;
        Ok(Rendered::Own(time.map_or(Value::Null, |time| Value::String(date::utc(time)))))
    }

    fn gives_timestamp(&self) -> bool {
        true
    }
}
