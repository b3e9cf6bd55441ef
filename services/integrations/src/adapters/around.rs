//! What is around an adapter: the registers as its business unit sees them, and which of them were read.

use std::{cell::RefCell, collections::HashSet};

use mapping::{Environment, Register, Scripts};
use runtime::names::Id;

use crate::registers::Snapshot;

/// What an adapter is compiled among.
pub(crate) struct Around<'a> {
    snapshot: &'a Snapshot,
    unit: Option<&'a Id>,
    scripts: Option<&'a dyn Scripts>,
    reads: RefCell<HashSet<String>>,
}

impl<'a> Around<'a> {
    /// The registers of one moment, for the adapter `key` of a business unit, and what runs its scripts.
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        unit: Option<&'a Id>,
        key: &Id,
        scripts: Option<&'a dyn Scripts>,
    ) -> Self {
        Self { snapshot, unit, scripts, reads: RefCell::new(HashSet::from([key.to_string()])) }
    }

    /// The key of every register that was asked for, those that are missing included, and the adapter's own.
    pub(crate) fn reads(self) -> HashSet<String> {
        self.reads.into_inner()
    }
}

impl Environment for Around<'_> {
    fn register(&self, key: &str) -> Option<Register> {
        self.reads.borrow_mut().insert(key.to_owned());
        self.snapshot.find(self.unit, key).map(|document| document.register().clone())
    }

    fn register_keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.snapshot.keys(self.unit).map(str::to_owned).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn scripts(&self) -> Option<&dyn Scripts> {
        self.scripts
    }
}
