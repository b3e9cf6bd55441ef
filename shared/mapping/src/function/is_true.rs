//! `${isTrue:X}`: true for `true`, for `"true"` in any case, and for numbers other than 0; false for everything else.
//!
//! A number that the author wrote out counts as one: `${isTrue:1}` is true. A string `"1"` that comes from data is false.

use super::{Function, Split};
use crate::compile::{Compiler, Scope};
use crate::expression::Argument;
use crate::plan::Plan;
use crate::relaxed::Text;
use crate::value::{Number, Value};

pub(super) static IS_TRUE: Function = Function {
    name: "isTrue",
    signature: "${isTrue:X}",
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
