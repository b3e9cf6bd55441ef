//! `${evaluate:SCRIPT}`: a script in JavaScript.
//!
//! Nested `${…}` are handed over as values, never as source text; inside a quoted string they are the text of the value.
//! See [`crate::script`] for what runs where.

use super::{Example, Function, Group, Split};
use crate::plan::Plan;
use crate::script;

pub(super) static EVALUATE: Function = Function {
    name: "evaluate",
    signature: "${evaluate:SCRIPT}",
    group: Group::Deciding,
    summary: "The value of a script in JavaScript",
    doc: "Everything up to the closing brace is the script, commas and quotes included. Nested `${…}` are handed over as \
          values, never as source text; inside a quoted string they are the text of the value. Nothing but these is there: no \
          files, no network, no clock but the time of the step, and nothing is left for the next script. A result that JSON \
          has no form for (`undefined`, `NaN`) is null. [The guide](guide.md#scripts-evaluate) has more examples: functions and \
          statements, large numbers, dates, and what happens when a script throws.",
    secrets: None,
    examples: &[
        Example {
            text: "${evaluate:${currentObject:input.quantity} * 2 + 1}",
            given: &[("input", r#"{"quantity": 20}"#)],
            gives: "41",
        },
        Example {
            text: "${evaluate:${currentObject:input.status} === 'open' ? 'A' : 'B'}",
            given: &[("input", r#"{"status": "open"}"#)],
            gives: r#""A""#,
        },
        Example {
            text: "${evaluate:'Order ' + String(${currentObject:input.id})}",
            given: &[("input", r#"{"id": 7}"#)],
            gives: r#""Order 7""#,
        },
        Example {
            text: "${evaluate:'{{secret:key}}' === ''}",
            given: &[],
            gives: "error: the secret `key` would end in a script",
        },
    ],
    split: Split::Script,
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        let scope = scope.without_holes("a script");
        match script::compile(compiler, &call.arguments[0], text, scope) {
            Some(script) => Plan::Script(Box::new(script)),
            None => Plan::NULL,
        }
    },
};
