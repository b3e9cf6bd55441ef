//! `${currentClan:PATH}`: the tenant: `id`, and its profile document.

use super::{Example, Function, Group, Split};
use crate::section::Section;

pub(super) static CURRENT_CLAN: Function = Function {
    name: "currentClan",
    signature: "${currentClan[:PATH]}",
    group: Group::Reading,
    summary: "The tenant, or a place in it",
    doc: "It has an `id`, and the members of its profile.",
    secrets: None,
    examples: &[Example {
        text: "${currentClan}",
        given: &[("tenant", r#"{"id": "acme", "country": "NO"}"#)],
        gives: r#"{"id":"acme","country":"NO"}"#,
    }],
    split: Split::Most(1),
    arguments: 0..=1,
    compile: |compiler, call, text, scope| {
        compiler.document(Section::Clan, call.arguments.first(), text, scope)
    },
};
