//! `${reg:KEY}` and `${reg:KEY, PATH}`: the same as `configRegister`.

use super::{Example, Function, Group, Split};

pub(super) static REG: Function = Function {
    name: "reg",
    signature: "${reg:KEY[,PATH]}",
    group: Group::Reading,
    summary: "The same as `configRegister`",
    doc: "See [`configRegister`](#configregister).",
    secrets: Some("As in `configRegister`."),
    examples: &[Example {
        text: "${reg:LIMITS-CRM, most}",
        given: &[("register LIMITS-CRM", r#"{"most": 5}"#)],
        gives: "5",
    }],
    split: Split::Most(2),
    arguments: 1..=2,
    compile: |compiler, call, text, scope| compiler.register(&call.arguments, text, scope),
};
