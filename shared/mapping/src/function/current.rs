//! `${currentObject:PATH}`, `${currentObjectPure:PATH}`, `${currentAgency:PATH}`, `${currentClan:PATH}`: the context.

use super::{Function, Split};
use crate::section::Section;

pub(super) static OBJECT: Function = Function {
    name: "currentObject",
    signature: "${currentObject:PATH}",
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| compiler.current_object(&call.arguments[0], text, scope),
};

/// The same as `currentObject`, because data is never evaluated; texts that say so go on working.
pub(super) static OBJECT_PURE: Function = Function {
    name: "currentObjectPure",
    signature: "${currentObjectPure:PATH}",
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| compiler.current_object(&call.arguments[0], text, scope),
};

/// The business unit: `id`, `name`, and its profile document.
pub(super) static AGENCY: Function = Function {
    name: "currentAgency",
    signature: "${currentAgency:PATH}",
    split: Split::Most(1),
    arguments: 0..=1,
    compile: |compiler, call, text, scope| {
        compiler.document(Section::Agency, call.arguments.first(), text, scope)
    },
};

/// The tenant: `id`, and its profile document.
pub(super) static CLAN: Function = Function {
    name: "currentClan",
    signature: "${currentClan:PATH}",
    split: Split::Most(1),
    arguments: 0..=1,
    compile: |compiler, call, text, scope| {
        compiler.document(Section::Clan, call.arguments.first(), text, scope)
    },
};
