//! Tests of this crate's own stores.

use std::sync::Arc;

use crate::conformance::{Fixture, HISTORY_EVENTS};
use crate::{ManualClock, MemoryStore, Options, SledStore};

mod damage;
mod durability;
mod engine;
#[cfg(target_os = "linux")]
mod failing;
mod filled;
mod kill;
mod log;
mod shred;
mod snapshot;
mod units;

/// The contract, in memory.
mod memory {
    use super::{Arc, Fixture, MemoryStore, fixture_options};

    async fn open() -> Fixture {
        let (clock, options) = fixture_options();
        Fixture { store: Arc::new(MemoryStore::with(&options).unwrap()), clock, keep: Box::new(()) }
    }

    crate::conformance!(super::open);
}

/// The contract, on disk.
mod sled {
    use super::{Arc, Fixture, SledStore, fixture_options};

    async fn open() -> Fixture {
        let (clock, options) = fixture_options();
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_with(folder.path(), &options).unwrap();
        Fixture { store: Arc::new(store), clock, keep: Box::new(folder) }
    }

    crate::conformance!(super::open);
}

fn fixture_options() -> (ManualClock, Options) {
    let clock = ManualClock::new(Fixture::start());
    let options = Options { clock: clock.clock(), history_events: HISTORY_EVENTS, ..Options::default() };
    (clock, options)
}
