//! Writers of one register, one after the other.

use std::hash::{BuildHasher, RandomState};

use runtime::names::Name;
use tokio::sync::{Mutex, MutexGuard};

/// How many registers can be written at once, at best.
const PLACES: usize = 256;

/// Lets the writers of a register within this process wait for each other instead of spoiling each other's commits:
/// without it a slow writer could lose to fast ones for ever. That no write is lost does not rest on it.
#[derive(Debug)]
pub(crate) struct Turns {
    places: Box<[Mutex<()>]>,
    hasher: RandomState,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self { places: (0..PLACES).map(|_| Mutex::new(())).collect(), hasher: RandomState::new() }
    }

    /// Waits for the turn to write a register; it ends with the guard. Few registers share a place.
    pub(crate) async fn take(&self, name: &Name) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(name);
        let place = usize::try_from(hash % PLACES as u64).unwrap_or_default();
        self.places[place].lock().await
    }
}
