//! For which origins a value may become a secret that another origin answered with.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
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
        self.answering(tenant, origin).any(|may| may == answered)
    }

    /// The origins whose answers may be for `origin`: its own, and those for which this tenant is granted it.
    pub fn answering<'a>(&'a self, tenant: &Id, origin: &'a str) -> impl Iterator<Item = &'a str> {
        let granted = self.0.get(tenant).into_iter().flatten();
        let granted = granted.filter(move |(_, origins)| origins.contains(origin));
        iter::once(origin).chain(granted.map(|(answered, _)| answered.as_str()))
    }
}
