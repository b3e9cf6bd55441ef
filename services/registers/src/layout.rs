//! Where a register's records lie in the store.
//!
//! Ids hold no `/`, so a key's segments are unambiguous. One prefix is one list in the order of its keys:
//!
//! | key | holds |
//! |---|---|
//! | `registers/heads/{scope}/{register}` | what is there now, in a few bytes; a deleted register's head stays |
//! | `registers/revisions/{scope}/{register}/{number}` | one write, whole |
//! | `registers/chunks/{scope}/{register}/{number}/{id}/{part}` | the content of a large write, in parts |
//! | `registers/bases/{tenant}/{register}` | nothing; written by whatever must not pass a copy being made |
//!
//! where `{scope}` is `{tenant}/shared` or `{tenant}/units/{unit}`.

use runtime::names::{Id, Name, Parent};
use store::Range;

const HEADS: &str = "registers/heads";
const REVISIONS: &str = "registers/revisions";
const CHUNKS: &str = "registers/chunks";
const BASES: &str = "registers/bases";
const SHARED: &str = "shared";
const UNITS: &str = "units";

/// The head of a register.
pub(crate) fn head(name: &Name) -> String {
    format!("{HEADS}/{}", path(name))
}

/// Before every head of a tenant, of shared and private registers alike.
pub(crate) fn heads_of_tenant(tenant: &Id) -> String {
    format!("{HEADS}/{tenant}/")
}

/// The heads of a tenant, of shared and private registers alike.
pub(crate) fn all_heads(tenant: &Id) -> Range {
    Range::prefix(heads_of_tenant(tenant))
}

/// The heads under a parent whose ids begin with `prefix`.
pub(crate) fn heads(parent: &Parent, prefix: &str) -> Range {
    Range::prefix(format!("{HEADS}/{}/{prefix}", scope(parent)))
}

/// The register whose head lies at `key`.
pub(crate) fn name(key: &str) -> Option<Name> {
    let segments: Vec<_> = key.strip_prefix(HEADS)?.strip_prefix('/')?.split('/').collect();
    let (tenant, unit, register) = match segments[..] {
        [tenant, SHARED, register] => (tenant, None, register),
        [tenant, UNITS, unit, register] => (tenant, Some(unit), register),
        _ => return None,
    };
    let id = |text| Id::parse("name", text).ok();
    let unit = match unit {
        Some(unit) => Some(id(unit)?),
        None => None,
    };
    Some(Name { parent: Parent { tenant: id(tenant)?, unit }, id: id(register)? })
}

/// Before every write of a register; they lie in the order of their numbers.
pub(crate) fn revisions(name: &Name) -> String {
    format!("{REVISIONS}/{}/", path(name))
}

/// One write of a register.
pub(crate) fn revision(name: &Name, number: u64) -> String {
    format!("{}{number:016x}", revisions(name))
}

/// The number of the write that lies at `key`.
pub(crate) fn number(key: &str) -> Option<u64> {
    u64::from_str_radix(key.rsplit('/').next()?, 16).ok()
}

/// The parts that any attempt at one write put aside.
pub(crate) fn chunks(name: &Name, number: u64) -> String {
    format!("{CHUNKS}/{}/{number:016x}/", path(name))
}

/// One part of the content of one attempt at a write.
pub(crate) fn chunk(name: &Name, number: u64, id: &str, part: u32) -> String {
    format!("{}{id}/{part:04x}", chunks(name, number))
}

/// What copies of a shared register and its own writes meet at.
pub(crate) fn base(name: &Name) -> String {
    format!("{BASES}/{}/{}", name.parent.tenant, name.id)
}

fn path(name: &Name) -> String {
    format!("{}/{}", scope(&name.parent), name.id)
}

fn scope(parent: &Parent) -> String {
    match &parent.unit {
        None => format!("{}/{SHARED}", parent.tenant),
        Some(unit) => format!("{}/{UNITS}/{unit}", parent.tenant),
    }
}

#[cfg(test)]
mod tests;
