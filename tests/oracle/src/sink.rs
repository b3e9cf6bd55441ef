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
pub struct Sink {
    oracle: &'static Oracle,
    name: Arc<str>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// How many canaries were looked for when nothing was found in what is there; none since something came.
    clean_of: Option<usize>,
}

impl Sink {
    pub(super) fn new(oracle: &'static Oracle, name: String) -> Self {
        Self { oracle, name: name.into(), kept: Arc::default() }
    }

    /// Adds what came out.
    pub fn write(&self, bytes: &[u8]) {
        let mut kept = lock(&self.kept);
        kept.clean_of = None;
        kept.bytes.extend_from_slice(bytes);
        if kept.bytes.len() > KEPT {
            let leaks = self.oracle.prepared().look(&self.name, &kept.bytes);
            lock(&self.oracle.early).extend(leaks);
            let from = kept.bytes.len() - OVERLAP;
            kept.bytes.drain(..from);
        }
    }

    /// What is in it that must not be.
    pub(super) fn search(&self, search: &Search) -> Vec<Leak> {
        let mut kept = lock(&self.kept);
        if kept.clean_of == Some(search.canaries()) {
            return Vec::new();
        }
        let leaks = search.look(&self.name, &kept.bytes);
        kept.clean_of = leaks.is_empty().then(|| search.canaries());
        leaks
    }

    /// What is kept of it, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.kept).bytes).into_owned()
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
