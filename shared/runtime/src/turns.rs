//! Writers of one thing, or of one tenant, one after the other.

use std::hash::{BuildHasher, Hash, RandomState};

use tokio::sync::{Mutex, MutexGuard};

/// How many can write at once, at best.
const PLACES: usize = 256;

/// Lets the writers of a thing within this process wait for each other instead of spoiling each other's commits:
/// without it a slow writer could lose to fast ones for ever. That no write is lost does not rest on it.
#[derive(Debug)]
pub struct Turns {
    places: Box<[Mutex<()>]>,
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

impl Turns {
    /// Nobody has a turn yet.
    pub fn new() -> Self {
        Self { places: (0..PLACES).map(|_| Mutex::new(())).collect(), hasher: RandomState::new() }
    }

    /// Waits for the turn to write something, or for a tenant; it ends with the guard. Few share a place.
    pub async fn take(&self, what: &impl Hash) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(what);
        let place = usize::try_from(hash % PLACES as u64).unwrap_or_default();
        self.places[place].lock().await
    }
}
