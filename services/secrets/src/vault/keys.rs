//! Where secrets stand in the store. Ids hold no `/`, so the keys of a tenant sort by id.

use proto::errors::v1::Reason;
use runtime::{
    Refusal,
    names::{Id, Name},
};

/// The records of a tenant.
pub(super) fn records_of(tenant: &Id) -> String {
    format!("secrets/records/{tenant}/")
}

/// A secret's record.
pub(super) fn record_of(tenant: &Id, id: &Id) -> String {
    format!("secrets/records/{tenant}/{id}")
}

/// A secret's record.
pub(super) fn record(name: &Name) -> String {
    record_of(&name.parent.tenant, &name.id)
}

/// The mark of a secret's highest version.
pub(super) fn mark(name: &Name) -> String {
    format!("secrets/versions/{}/{}", name.parent.tenant, name.id)
}

/// The id in a record's key.
pub(super) fn id_of(tenant: &Id, key: &str) -> Result<Id, Refusal> {
    let id = key.strip_prefix(&records_of(tenant)).unwrap_or_default();
    Id::parse("secret", id).map_err(|_| {
        Refusal::new(
            Reason::StoreUnavailable,
            "the store holds a secret under a key that is none; check the store",
        )
    })
}
