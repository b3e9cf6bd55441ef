//! Where secrets stand in the store.
//!
//! | key | holds |
//! |---|---|
//! | `secrets/records/{tenant}/{secret}` | the record |
//! | `secrets/versions/{tenant}/{secret}` | the mark of the highest version |
//! | `secrets/previous/{tenant}/{secret}` | the record of the version that overlaps its successor, until it ends |
//! | `secrets/uses/{tenant}/{secret}` | which of the two is in use, until the old one ends |
//! | `secrets/units/{collection}/{tenant}/{unit}/{secret}` | the same of a business unit's private copy |
//!
//! Ids hold no `/`, so a key's segments are unambiguous, and the keys of an owner sort by id.

use proto::errors::v1::Reason;
use runtime::{
    Refusal,
    names::{Id, Name, Parent},
};

use crate::sealed;

const RECORDS: &str = "records";
const VERSIONS: &str = "versions";
const PREVIOUS: &str = "previous";
const USES: &str = "uses";

/// Before the records of an owner.
pub(super) fn records_of(owner: &Parent) -> String {
    key(RECORDS, owner, "")
}

/// Before all records of a tenant: the shared ones, and the private copies.
pub(super) fn all_records_of(tenant: &Id) -> [String; 2] {
    let prefix = sealed::PREFIX;
    [format!("{prefix}{RECORDS}/{tenant}/"), format!("{prefix}units/{RECORDS}/{tenant}/")]
}

/// A secret's record.
pub(super) fn record(name: &Name) -> String {
    key(RECORDS, &name.parent, name.id.as_str())
}

/// The mark of a secret's highest version.
pub(super) fn mark(name: &Name) -> String {
    key(VERSIONS, &name.parent, name.id.as_str())
}

/// The record of the version that overlaps its successor.
pub(super) fn previous(name: &Name) -> String {
    key(PREVIOUS, &name.parent, name.id.as_str())
}

/// What is known of the use of two versions that overlap.
pub(super) fn uses(name: &Name) -> String {
    key(USES, &name.parent, name.id.as_str())
}

/// The id in a record's key, behind what stands [before the records](records_of) of its owner.
pub(super) fn id_of(records: &str, key: &str) -> Result<Id, Refusal> {
    let id = key.strip_prefix(records).unwrap_or_default();
    Id::parse("secret", id).map_err(|_| {
        Refusal::new(
            Reason::StoreUnavailable,
            "the store holds a secret under a key that is none; check the store",
        )
    })
}

/// Whose value is sealed at a key; none where the key is not that of a record.
pub(crate) fn sealed_at(key: &str) -> Option<Name> {
    let segments: Vec<_> = key.strip_prefix(sealed::PREFIX)?.split('/').collect();
    let (collection, tenant, unit, id) = match segments[..] {
        [collection, tenant, id] => (collection, tenant, None, id),
        ["units", collection, tenant, unit, id] => (collection, tenant, Some(unit), id),
        _ => return None,
    };
    if ![RECORDS, PREVIOUS].contains(&collection) {
        return None;
    }
    let parse = |text| Id::parse("key", text).ok();
    let unit = match unit {
        Some(unit) => Some(parse(unit)?),
        None => None,
    };
    Some(Name { parent: Parent { tenant: parse(tenant)?, unit }, id: parse(id)? })
}

fn key(collection: &str, owner: &Parent, id: &str) -> String {
    let (prefix, tenant) = (sealed::PREFIX, owner.tenant.as_str());
    match &owner.unit {
        None => [prefix, collection, "/", tenant, "/", id].concat(),
        Some(unit) => [prefix, "units/", collection, "/", tenant, "/", unit.as_str(), "/", id].concat(),
    }
}
