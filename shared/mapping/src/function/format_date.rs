//! `${formatDate:X,FORMAT,ZONE}`: a point in time in another form.

use jiff::tz::TimeZone;

use super::date::{self, Format};
use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;

pub(super) static FORMAT_DATE: Function = Function {
    name: "formatDate",
    signature: "${formatDate:X,FORMAT[,ZONE]}",
    group: Group::Time,
    summary: "A point in time in the form you name",
    doc: "X is RFC 3339 text with any offset, a date alone (its first moment in ZONE), or seconds or milliseconds since 1970 \
          as [`timestampToDateTime`](#timestamptodatetime) takes them; for other notations use \
          [`parseDate`](#parsedate) first. Null stays null.\n\n\
          | FORMAT | gives |\n| --- | --- |\n\
          | `rfc3339` | `2026-11-21T22:04:04.120Z` |\n\
          | `date` | `2026-11-21` |\n\
          | `http` | `Sat, 21 Nov 2026 22:04:04 GMT`, as HTTP headers have it (RFC 9110, 5.6.7), always in GMT |\n\
          | `seconds`, `milliseconds` | a number, since 1970; seconds are cut, not rounded |\n\
          | a pattern | `%Y` year, `%m` month, `%d` day, `%H` hour, `%I` hour of 12, `%p` AM or PM, `%M` minute, `%S` second, \
          `%.3f` fraction with its dot, `%j` day of the year, `%G` and `%V` ISO year and week, `%A` `%a` weekday, `%B` `%b` \
          month, `%z` `%:z` offset, `%s` seconds since 1970, `%%` a percent sign. `%-d` leaves the zero away. Names are \
          English. |\n\n\
          ZONE is `UTC` (if it is left out), an offset (`+02:00`), or a name of the IANA time zone database \
          (`Europe/Oslo`). The database is a part of the program, so every machine gives the same.",
    secrets: None,
    examples: &[
        Example {
            text: "${formatDate:${currentObject:input.due},%d.%m.%Y}",
            given: &[("input", r#"{"due": "2026-11-21T22:04:04Z"}"#)],
            gives: r#""21.11.2026""#,
        },
        Example {
            text: "${formatDate:${currentObject:input.due},date,Europe/Oslo}",
            given: &[("input", r#"{"due": "2026-11-21T23:30:00Z"}"#)],
            gives: r#""2026-11-22""#,
        },
        Example {
            text: "${formatDate:${currentObject:input.due},milliseconds}",
            given: &[("input", r#"{"due": "2026-11-21T23:30:00+01:00"}"#)],
            gives: "1795300200000",
        },
        Example {
            text: "${formatDate:${computed:timestamp},http}",
            given: &[],
            gives: r#""Sat, 21 Nov 2026 22:04:04 GMT""#,
        },
        Example {
            text: "${formatDate:${currentObject:input.due},'%b %-d, %Y'}",
            given: &[("input", r#"{"due": "2026-11-01"}"#)],
            gives: r#""Nov 1, 2026""#,
        },
        Example {
            text: "${formatDate:${currentObject:input.due},date,Europe/Olso}",
            given: &[("input", r#"{"due": null}"#)],
            gives: "error: there is no time zone `Europe/Olso`",
        },
    ],
    split: Split::Most(3),
    arguments: 2..=3,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.plain(0);
        match (Format::of(&mut site, 1), date::zone(&mut site, 2)) {
            (Some(format), Some(zone)) => site.apply(FormatDate { format, zone }, vec![of]),
            _ => Plan::NULL,
        }
    },
};

#[derive(Debug)]
pub(super) struct FormatDate {
    pub(super) format: Format,
    pub(super) zone: TimeZone,
}

impl Operation for FormatDate {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let Some(time) = date::read(&arguments.data(0)?, &self.zone).map_err(EvalError::new)? else {
            return Ok(Rendered::NULL);
        };
        let value = self.format.write(&time.to_zoned(self.zone.clone())).map_err(EvalError::new)?;
        arguments.spend(value.as_str().map_or(0, str::len))?;
        Ok(Rendered::Own(value))
    }
}
