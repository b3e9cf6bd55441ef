//! `${upper:X}`: text in capitals.

use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::value::Value;

pub(super) static UPPER: Function = Function {
    name: "upper",
    signature: "${upper:X}",
    group: Group::Text,
    summary: "The text X in capitals",
    doc: "As [`lower`](#lower), the other way: `ß` becomes `SS`.",
    secrets: None,
    examples: &[Example {
        text: "${upper:${currentObject:input.currency}}",
        given: &[("input", r#"{"currency": "nok"}"#)],
        gives: r#""NOK""#,
    }],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        Site::new(compiler, call, text, scope).on_text(|text| Ok(Value::String(text.to_uppercase())))
    },
};
