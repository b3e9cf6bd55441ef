//! For which origins a value may become a secret that another origin answered with.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::names::Id;

/// What an operator grants to the action `saveSecret`. Cheap to clone. Default: nothing.
///
/// Origins are as a URL parser writes them (RFC 6454, 6.2): `https://host`, with the port where it is not 443.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(Arc<BTreeMap<Id, Origins>>);

/// By the origin that answers: those that its values may be for.
pub type Origins = BTreeMap<String, BTreeSet<String>>;

impl Grants {
    /// What each tenant is granted.
    pub fn new(tenants: BTreeMap<Id, Origins>) -> Self {
        Self(Arc::new(tenants))
    }

    /// Whether what `answered` answers may be for `origin`: its own it may be always, another one where this tenant is granted
    /// it.
    pub fn allow(&self, tenant: &Id, answered: &str, origin: &str) -> bool {
        answered == origin
            || self
                .0
                .get(tenant)
                .and_then(|granted| granted.get(answered))
                .is_some_and(|origins| origins.contains(origin))
    }
}
