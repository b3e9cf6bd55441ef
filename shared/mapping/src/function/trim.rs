//! `${trim:X}`: text without the space around it.

use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::value::Value;

pub(super) static TRIM: Function = Function {
    name: "trim",
    signature: "${trim:X}",
    group: Group::Text,
    summary: "The text X without the space around it",
    doc: "Space is what Unicode calls white space: tabs, line breaks and no-break spaces too. Numbers and booleans are written \
          as JSON has them. Null stays null.",
    secrets: None,
    examples: &[Example {
        text: "${trim:${currentObject:input.name}}",
        given: &[("input", r#"{"name": " Ada\u00a0Lovelace\n"}"#)],
        gives: "\"Ada\u{a0}Lovelace\"",
    }],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        Site::new(compiler, call, text, scope).on_text(|text| Ok(Value::from(text.trim())))
    },
};
