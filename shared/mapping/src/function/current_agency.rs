//! `${currentAgency:PATH}`: the business unit: `id`, `name`, and its profile document.

use super::{Example, Function, Group, Split};
use crate::section::Section;

pub(super) static CURRENT_AGENCY: Function = Function {
    name: "currentAgency",
    signature: "${currentAgency[:PATH]}",
    group: Group::Reading,
    summary: "The business unit that the call is made for, or a place in it",
    doc: "It has an `id`, a `name`, and the members of its profile.",
    secrets: None,
    examples: &[Example {
        text: "${currentAgency:name}",
        given: &[("unit", r#"{"id": "7", "name": "Oslo"}"#)],
        gives: r#""Oslo""#,
    }],
    split: Split::Most(1),
    arguments: 0..=1,
    compile: |compiler, call, text, scope| {
        compiler.document(Section::Agency, call.arguments.first(), text, scope)
    },
};
