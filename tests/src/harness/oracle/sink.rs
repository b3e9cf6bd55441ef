//! What came out of the suite, as it came.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use super::{Oracle, leak::Leak, lock, search::Search};

/// What is kept of one sink, in bytes. Of more, what was searched goes.
const KEPT: usize = 16 << 20;
/// What stays of it, for a canary that lies across the border.
const OVERLAP: usize = 8 << 10;

/// Something that bytes come out of.
#[derive(Clone)]
pub(crate) struct Sink {
    oracle: &'static Oracle,
    name: Arc<str>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Sink {
    pub(super) fn new(oracle: &'static Oracle, name: String) -> Self {
        Self { oracle, name: name.into(), bytes: Arc::default() }
    }

    /// Adds what came out.
    pub(crate) fn write(&self, bytes: &[u8]) {
        let mut kept = lock(&self.bytes);
        kept.extend_from_slice(bytes);
        if kept.len() > KEPT {
            let leaks = self.oracle.prepared().look(&self.name, &kept);
            lock(&self.oracle.early).extend(leaks);
            let from = kept.len() - OVERLAP;
            kept.drain(..from);
        }
    }

    /// What is in it that must not be.
    pub(super) fn search(&self, search: &Search) -> Vec<Leak> {
        search.look(&self.name, &lock(&self.bytes))
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
