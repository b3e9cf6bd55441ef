//! `${now}`, `${now:FORMAT}`, `${now:FORMAT,ZONE}`: the time of the step.

use super::date::{self, Format};
use super::format_date::FormatDate;
use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::plan::Plan;

pub(super) static NOW: Function = Function {
    name: "now",
    signature: "${now[:FORMAT[,ZONE]]}",
    group: Group::Time,
    summary: "The time of the step, in the form you name",
    doc: "The time is taken once, when the step begins, and stays the same in all of it: in the request, on a retry, and when \
          the answer is mapped.\n\nWithout a format it is RFC 3339 text. Formats and time zones are those of \
          [`formatDate`](#formatdate).",
    secrets: None,
    examples: &[
        Example { text: "${now}", given: &[], gives: r#""2026-11-21T22:04:04.120Z""# },
        Example { text: "${now:date}", given: &[], gives: r#""2026-11-21""# },
        Example { text: "${now:seconds}", given: &[], gives: "1795298644" },
        Example { text: "${now:milliseconds}", given: &[], gives: "1795298644120" },
        Example { text: "${now:rfc3339,+02:00}", given: &[], gives: r#""2026-11-22T00:04:04.120+02:00""# },
        Example { text: "${now:%Y%m%dT%H%M%SZ}", given: &[], gives: r#""20261121T220404Z""# },
        Example { text: "${now:'%d.%m.%Y, %H:%M',Europe/Oslo}", given: &[], gives: r#""21.11.2026, 23:04""# },
        Example { text: "${now:second}", given: &[], gives: "error: there is no format `second`" },
    ],
    split: Split::Most(2),
    arguments: 0..=2,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let format = if site.given() == 0 { Some(Format::Rfc3339) } else { Format::of(&mut site, 0) };
        match (format, date::zone(&mut site, 1)) {
            (Some(format), Some(zone)) => site.apply(FormatDate { format, zone }, vec![Plan::Timestamp]),
            _ => Plan::NULL,
        }
    },
};
