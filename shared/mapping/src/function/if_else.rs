//! `${if:CONDITION,A,B}`: A if the condition holds, else B. Only the chosen one is evaluated.
//!
//! The condition holds as `isTrue` has it. An argument that is literal text is a string; one that is an expression alone
//! keeps the type of its value. Space around an argument is not part of it. A and B may carry a secret; the condition may not.

use super::{Function, Split};
use crate::plan::{Branches, Plan};

pub(super) static IF: Function = Function {
    name: "if",
    signature: "${if:${isTrue:X},A,B}",
    split: Split::Most(3),
    arguments: 3..=3,
    compile: |compiler, call, text, scope| {
        let condition = super::is_true::condition(compiler, &call.arguments[0], text, scope);
        let yes = compiler.argument(&call.arguments[1], text, scope);
        let no = compiler.argument(&call.arguments[2], text, scope);
        Plan::If(Box::new(Branches { condition, yes, no }))
    },
};
