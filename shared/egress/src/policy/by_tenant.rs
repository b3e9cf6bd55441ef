//! One thing for each tenant, or for all of them.

use std::{collections::BTreeMap, fmt};

/// The name under which stands what holds for all tenants that have nothing of their own.
const EVERY_OTHER: &str = "*";

/// Something that some tenants have of their own, and all others share.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ByTenant<T> {
    shared: T,
    own: BTreeMap<String, T>,
}

impl<T> ByTenant<T> {
    pub(crate) fn new(shared: T) -> Self {
        Self { shared, own: BTreeMap::new() }
    }

    /// What all share.
    pub(crate) fn shared(&self) -> &T {
        &self.shared
    }

    /// Gives a tenant its own; `*` stands for every tenant without.
    pub(crate) fn insert(&mut self, tenant: String, own: T) {
        self.own.insert(tenant, own);
    }

    /// What holds for a tenant.
    pub(crate) fn of(&self, tenant: &str) -> &T {
        self.own.get(tenant).or_else(|| self.own.get(EVERY_OTHER)).unwrap_or(&self.shared)
    }

    /// The same of something else, made of each.
    pub(crate) fn map<U>(&self, mut make: impl FnMut(&T) -> U) -> ByTenant<U> {
        let own = self.own.iter().map(|(tenant, own)| (tenant.clone(), make(own)));
        ByTenant { own: own.collect(), shared: make(&self.shared) }
    }

    /// The same of something else, where it can be made of each.
    pub(crate) fn try_map<U, E>(&self, mut make: impl FnMut(&T) -> Result<U, E>) -> Result<ByTenant<U>, E> {
        let own = self.own.iter().map(|(tenant, own)| Ok((tenant.clone(), make(own)?)));
        Ok(ByTenant { own: own.collect::<Result<_, E>>()?, shared: make(&self.shared)? })
    }
}

impl<T: fmt::Debug> fmt::Debug for ByTenant<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByTenant").field("shared", &self.shared).field("own", &self.own).finish()
    }
}
