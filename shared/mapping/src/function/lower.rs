//! `${lower:X}`: text in small letters.

use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::value::Value;

pub(super) static LOWER: Function = Function {
    name: "lower",
    signature: "${lower:X}",
    group: Group::Text,
    summary: "The text X in small letters",
    doc: "In every alphabet that has them, by Unicode's rules and in no language's own way. Numbers and booleans are written \
          as JSON has them. Null stays null.",
    secrets: None,
    examples: &[
        Example { text: "${lower:ÅSE Ødegård}", given: &[], gives: r#""åse ødegård""# },
        Example { text: "${lower:${currentObject:input.none}}", given: &[("input", "{}")], gives: "null" },
        Example {
            text: "${lower:{{secret:key}}}",
            given: &[],
            gives: "error: the secret `key` cannot go through `lower`",
        },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        Site::new(compiler, call, text, scope).on_text(|text| Ok(Value::String(text.to_lowercase())))
    },
};
