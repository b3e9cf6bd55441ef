//! `${if:CONDITION,A,B}`: A if the condition holds, else B. Only the chosen one is evaluated.
//!
//! The condition holds as `isTrue` has it. An argument that is literal text is a string; one that is an expression alone
//! keeps the type of its value. Space around an argument is not part of it. A and B may carry a secret; the condition may not.

use super::{Example, Function, Group, Split};
use crate::plan::{Branches, Plan};

pub(super) static IF: Function = Function {
    name: "if",
    signature: "${if:${isTrue:X},A,B}",
    group: Group::Deciding,
    summary: "A if the condition holds, else B",
    doc: "The condition holds as [`isTrue`](#istrue) has it. Only the chosen one of A and B is evaluated. Commas in B are its \
          own; an A with a comma is written in quotes. The form `${if:${isTrue:X,A,B}`, with a brace missing, is read the \
          same way, with a warning.",
    secrets: Some("A and B may be secrets or hold some; the condition may not."),
    examples: &[
        Example {
            text: "${if:${isTrue:${currentObject:input.vip}},gold,standard}",
            given: &[("input", r#"{"vip": true}"#)],
            gives: r#""gold""#,
        },
        Example {
            text: "${if:${evaluate:${currentObject:input.total} > 100},${currentObject:input.total},}",
            given: &[("input", r#"{"total": 250}"#)],
            gives: "250",
        },
        Example {
            text: "${if:${isTrue:${currentObject:input.test}},{{secret:test-key}},{{secret:live-key}}}",
            given: &[("input", r#"{"test": false}"#)],
            gives: r#""{{secret:live-key}}""#,
        },
        Example {
            text: "${if:${isTrue:${currentObject:input.first}},\"Dear Ada, hello\",Hello}",
            given: &[("input", r#"{"first": true}"#)],
            gives: r#""Dear Ada, hello""#,
        },
    ],
    split: Split::Most(3),
    arguments: 3..=3,
    compile: |compiler, call, text, scope| {
        let condition = super::is_true::condition(compiler, &call.arguments[0], text, scope);
        let yes = compiler.argument(&call.arguments[1], text, scope);
        let no = compiler.argument(&call.arguments[2], text, scope);
        Plan::If(Box::new(Branches { condition, yes, no }))
    },
};
