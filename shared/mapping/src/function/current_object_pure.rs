//! `${currentObjectPure:PATH}`: the same as `currentObject`, because data is never evaluated; texts that say so go on working.

use super::{Example, Function, Group, Split};

pub(super) static CURRENT_OBJECT_PURE: Function = Function {
    name: "currentObjectPure",
    signature: "${currentObjectPure:PATH}",
    group: Group::Reading,
    summary: "The same as `currentObject`",
    doc: "Some adapters are written with this name. Data is never evaluated, whatever its text looks like, so both mean the same.",
    secrets: Some("As in `currentObject`."),
    examples: &[Example {
        text: "${currentObjectPure:input.note}",
        given: &[("input", r#"{"note": "${now} {{secret:key}}"}"#)],
        gives: r#""${now} {{secret:key}}""#,
    }],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| compiler.current_object(&call.arguments[0], text, scope),
};
