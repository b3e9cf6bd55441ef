//! A store made of what a snapshot read.

use std::path::Path;

use super::backend::Sled;
use super::folder::Folder;
use super::open;
use crate::engine::{Backend, Before, Change, Changes, MAX_GROUP_WEIGHT, weight};
use crate::shred::Shredding;
use crate::{Error, Event, Options, Revision};

/// A store that is being filled, in a folder where there was none. Entries keep their revisions and their expiry, and the
/// revisions of the store go on where those of the snapshot ended.
pub struct Restore {
    backend: Shredding<Sled>,
    changes: Changes,
    weight: usize,
    newest: Revision,
}

impl Restore {
    /// Makes an empty store in this folder, and the folder. Blocks, as everything here does.
    ///
    /// # Errors
    /// `Invalid` where there is anything already; else as [`SledStore::open`](crate::SledStore::open).
    pub fn begin(folder: &Path) -> Result<Self, Error> {
        if folder.exists() {
            let text = format!("{} is there already, and is never overwritten", folder.display());
            return Err(Error::invalid(text));
        }
        let (backend, _) = open::open(Folder::take(folder)?, &Options::default())?;
        let backend = Shredding::open(backend, folder)?;
        Ok(Self { backend, changes: Changes::new(), weight: 0, newest: Revision::ZERO })
    }

    /// Applies one change of [`Snapshot::next`](crate::Snapshot::next), in their order.
    ///
    /// # Errors
    /// `Full`, `Io` and `Corrupt` from below; the folder is of no use then.
    pub fn apply(&mut self, event: Event) -> Result<(), Error> {
        self.newest = self.newest.max(event.revision());
        let (key, after) = match event {
            Event::Put(entry) => (entry.key.clone(), Some(entry)),
            Event::Delete { key, .. } => (key, None),
        };
        self.weight += weight(key.len(), after.as_ref().map_or(0, |entry| entry.value.len()));
        if let Some(change) = self.changes.get_mut(&key) {
            change.after = after;
        } else {
            let before = self.backend.inner().get(&key)?.as_ref().map(Before::of);
            self.changes.insert(key, Change { before, after });
        }
        if self.weight >= MAX_GROUP_WEIGHT { self.write() } else { Ok(()) }
    }

    /// Ends at the snapshot's revision. What was applied is durable then, and the store is closed. How many entries it has.
    ///
    /// # Errors
    /// `Corrupt` when a change was newer than `revision`; else as [`apply`](Self::apply).
    pub fn finish(mut self, revision: Revision) -> Result<u64, Error> {
        if self.newest > revision {
            let text = format!("a change of revision {} is newer than the whole, {revision}", self.newest);
            return Err(Error::corrupt(text));
        }
        self.newest = revision;
        self.write()?;
        Ok(self.backend.inner().entries() - self.backend.pages()?)
    }

    fn write(&mut self) -> Result<(), Error> {
        self.backend.room()?;
        let changes = std::mem::take(&mut self.changes);
        self.weight = 0;
        self.backend.write(changes, self.newest)
    }
}

impl std::fmt::Debug for Restore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restore").field("newest", &self.newest).finish_non_exhaustive()
    }
}
