//! `${evaluate:SCRIPT}`: a JavaScript expression.
//!
//! Nested `${…}` are handed over as values, never as source text; inside a quoted string they are the text of the value.
//! See [`crate::script`] for what is accepted.

use super::{Function, Split};
use crate::plan::Plan;
use crate::script;

pub(super) static EVALUATE: Function = Function {
    name: "evaluate",
    signature: "${evaluate:SCRIPT}",
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
