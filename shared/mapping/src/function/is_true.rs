//! `${isTrue:X}`: true for `true`, for `"true"` in any case, and for numbers other than 0; false for everything else.
//!
//! A number that the author wrote out counts as one: `${isTrue:1}` is true. A string `"1"` that comes from data is false.

use super::{Example, Function, Group, Split};
use crate::compile::{Compiler, Scope};
use crate::expression::Argument;
use crate::plan::Plan;
use crate::relaxed::Text;
use crate::value::{Number, Value};

pub(super) static IS_TRUE: Function = Function {
    name: "isTrue",
    signature: "${isTrue:X}",
    group: Group::Deciding,
    summary: "Whether X is `true`, `\"true\"` in any case, or a number other than 0",
    doc: "Everything else is false: text such as `\"1\"` or `\"yes\"`, null, objects and arrays. A number that is written out \
          counts as one.",
    secrets: None,
    examples: &[
        Example {
            text: "${isTrue:${currentObject:input.active}}",
            given: &[("input", r#"{"active": "True"}"#)],
            gives: "true",
        },
        Example {
            text: "${isTrue:${currentObject:input.active}}",
            given: &[("input", r#"{"active": "1"}"#)],
            gives: "false",
        },
        Example { text: "${isTrue:1}", given: &[], gives: "true" },
    ],
    // Two more are taken for the form of `if` that lacks a brace.
    split: Split::Most(3),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        Plan::IsTrue(Box::new(condition(compiler, &call.arguments[0], text, scope)))
    },
};

/// An argument as a condition, where no secret may end.
pub(super) fn condition(compiler: &mut Compiler<'_>, argument: &Argument, text: &Text, scope: Scope) -> Plan {
    match argument.literal(text.as_str()).and_then(Number::parse) {
        Some(number) => Plan::Literal(Value::Number(number)),
        None => compiler.argument(argument, text, scope.without_holes("a condition")),
    }
}

pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        Value::Number(number) => number.as_f64() != 0.0,
        _ => false,
    }
}
