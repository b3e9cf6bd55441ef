//! The store on disk.
//!
//! The folder holds `sled/` (the database), `log` (what the newest groups changed, see [`log`]), `cells` (what values are
//! shredded by, see [`shred`](crate::shred)), `lock` (held while the store is open, with the number of the process), and `mark`
//! (see [`open`]). A new database is made as `sled.new` and renamed when it is whole and durable, so that a crash
//! while it is being made leaves nothing that cannot be opened.

mod backend;
mod barrier;
mod contain;
mod folder;
mod log;
mod open;
mod passed;
pub(crate) mod record;
mod restore;
mod survey;

use std::path::Path;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::engine::Engine;
use crate::shred::Shredding;
use crate::{Batch, Entry, Error, Event, Options, Page, Range, Revision, Stats, Store};
use backend::Sled;
pub use contain::becomes_error;
pub use folder::Folder;
#[cfg(test)]
pub(crate) use open::SEGMENT;
pub use restore::Restore;

/// A store in a folder of its own, for one process, durable: what was acknowledged survives kill -9 and a power cut.
///
/// Reads are look-ups in this process (cached pages, else one read of the file); writes go to one thread, which makes
/// all that wait durable together. After a write that the disk did not confirm, the store refuses every further one
/// until it is opened anew, and reads of what is not in memory may fail too. Dropping it waits for the writes under way
/// and frees the folder.
#[derive(Debug)]
pub struct SledStore(Engine<Shredding<Sled>>);

impl SledStore {
    /// Opens the store in this folder, and makes both where they are not. Blocks, and reads every key once, to be sure
    /// that all are there: do it at the start of a process.
    ///
    /// # Errors
    /// `InUse` when another process has it open, `Corrupt` when what was written is not there or cannot be read, `Full`
    /// and `Io` from the system.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::open_with(folder, &Options::default())
    }

    /// Opens the store with these settings; else as [`open`](Self::open).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(folder: &Path, options: &Options) -> Result<Self, Error> {
        Folder::take(folder)?.open(options)
    }

    fn over(folder: Folder, options: &Options) -> Result<Self, Error> {
        let path = folder.path.clone();
        let (backend, found) = open::open(folder, options)?;
        let backend = Shredding::open(backend, &path)?;
        Engine::start(backend, found.summary.revision, found.due, options).map(Self)
    }

    /// What it has done since it was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }
}

#[async_trait]
impl Store for SledStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.0.get(key)
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Page, Error> {
        self.0.scan(range, limit)
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        self.0.commit(batch).await
    }

    async fn watch(
        &self,
        prefix: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Event, Error>>, Error> {
        self.0.watch(prefix, after)
    }

    async fn check(&self) -> Result<(), Error> {
        self.0.check()
    }
}
