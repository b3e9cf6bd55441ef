//! The audit ledger: what was released, refused, used and written, each entry bound to the one before.
//!
//! A folder of files of lines, [`chain`] says of which form, that are only ever appended to; each file is named after its first
//! entry and takes about 64 MiB. Beside them stands the [`checkpoint`], which is sealed. An entry is durable before
//! [`Ledger::record`] returns: one thread makes all entries that wait durable together.
//!
//! What the chain proves: that no entry was changed, removed, put in or moved without all entries behind it being written anew, and,
//! by the checkpoint, that none was cut off the end, or written anew, by somebody without the sealing keys. What it does not
//! prove: whoever has the keys and the disk can write another ledger, and whoever can put back the whole folder as it once was,
//! checkpoint included, can take back what came since. Against both helps a head that was noted down elsewhere
//! (`outgate audit head`), which [`verify`] is given.

mod chain;
mod checkpoint;
mod entry;
mod error;
mod keys;
mod proved;
mod read;
mod segment;
mod walk;
mod writer;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, mpsc},
    thread::JoinHandle,
};

use seal::KeyRing;
use tokio::sync::oneshot;

pub use chain::{Hash, Head, NoHash, Problem};
pub use error::{Broken, LedgerError, OpenError};
pub use keys::KeyEvent;
pub use proved::Proved;
pub use walk::{Verified, verify, verify_export};

pub(crate) use entry::{Entry, Kind};
pub(crate) use read::Lines;

use writer::{Command, Position, Request};

/// What can be set about a ledger.
#[derive(Clone, Debug)]
pub struct Options {
    /// A file that is as long takes no further group. Default: 64 MiB.
    pub segment_bytes: u64,
    /// Entries are refused while the disk has less room than this, so that the store beside it can still be opened. Default: 64 MiB.
    pub reserve_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, reserve_bytes: 64 << 20 }
    }
}

impl Options {
    fn room(&self, folder: &Path) -> Result<(), LedgerError> {
        let disk = rustix::fs::statvfs(folder).map_err(|error| {
            LedgerError::io(format!("asking for the room at {} failed", folder.display()), error.into())
        })?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < self.reserve_bytes {
            let (folder, least) = (folder.display(), self.reserve_bytes);
            let text = format!("{folder} has {free} bytes left, and entries stop below {least}; make room");
            return Err(LedgerError::new(text));
        }
        Ok(())
    }
}

/// What the writer and everybody else share.
struct Shared {
    position: RwLock<Position>,
    /// Set once, when nothing can be written before the ledger was opened anew.
    broken: OnceLock<LedgerError>,
    /// Why the last group could not be written.
    failing: Mutex<Option<LedgerError>>,
}

impl Shared {
    /// Notes how the last group went; only a change is told.
    fn note(&self, error: Option<&LedgerError>) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        match (error, failing.is_some()) {
            (Some(error), false) => {
                let cause = std::error::Error::source(error);
                tracing::error!(%error, ?cause, "the audit ledger cannot be written; nothing is released");
            }
            (None, true) => tracing::info!("the audit ledger can be written again"),
            _ => {}
        }
        *failing = error.cloned();
    }
}

/// A ledger that is being written to. Dropping it waits for the entries under way and frees the folder.
pub struct Ledger {
    shared: Arc<Shared>,
    ring: Arc<KeyRing>,
    folder: PathBuf,
    options: Options,
    queue: mpsc::Sender<Command>,
    writer: Option<JoinHandle<()>>,
}

/// A consistent copy's parts: what there is to copy, and the checkpoint to write beside it.
#[derive(Debug)]
pub struct Snapshot {
    /// How far the copy goes.
    pub head: Head,
    /// The files, and how many bytes of each belong to the copy. They only grow.
    pub files: Vec<(PathBuf, u64)>,
    /// The content of the copy's file `head`. The folder's own may be ahead of the copy.
    pub checkpoint: Vec<u8>,
}

impl Ledger {
    /// Proves the last files of a folder's ledger, from the checkpoint's place on and at least two; [`verify`] proves all. Reads, and
    /// writes nothing. Blocks. Nobody may write to the folder from here until it is [opened](Proved::open).
    ///
    /// # Errors
    /// When what is there is not as it was written.
    pub fn prove(folder: &Path, ring: Arc<KeyRing>) -> Result<Proved, OpenError> {
        Proved::read(folder, ring)
    }

    /// Opens the ledger of a folder, which is made where it is missing: [`prove`](Self::prove), and then [`Proved::open`].
    ///
    /// # Errors
    /// When what is there is not as it was written, or cannot be written on.
    pub fn open(folder: &Path, ring: Arc<KeyRing>) -> Result<Self, OpenError> {
        Self::open_with(folder, ring, Options::default())
    }

    /// Opens the ledger with these settings; else as [`open`](Self::open).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(folder: &Path, ring: Arc<KeyRing>, options: Options) -> Result<Self, OpenError> {
        Self::prove(folder, ring)?.open(options)
    }

    /// Writes entries down, one behind the other. On return they are durable. Answers the number of the last.
    ///
    /// # Errors
    /// When they are not.
    pub(crate) async fn record(&self, entries: Vec<Entry>) -> Result<u64, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Command::Record(Request { entries, reply })).map_err(|_| LedgerError::ended())?;
        answer.await.map_or_else(|_| Err(LedgerError::ended()), |(written, _)| written)
    }

    /// Whether entries can be written. Where the last ones could not, tries with an entry that says so.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<(), LedgerError> {
        if let Some(error) = self.shared.broken.get() {
            return Err(error.clone());
        }
        let failing = self.shared.failing.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if failing {
            return self.record(vec![Entry::new(Kind::Resumed)]).await.map(drop);
        }
        self.options.room(&self.folder)
    }

    /// The last durable entry.
    #[must_use]
    pub fn head(&self) -> Head {
        self.position().head
    }

    /// The lines from an entry on, up to the head. Blocks while it reads.
    pub(crate) fn lines(&self, from: u64) -> Result<Lines, Broken> {
        Lines::new(&self.folder, self.position(), from)
    }

    /// What a copy of the ledger up to its head is made of. It stays valid: files are only appended to.
    ///
    /// # Errors
    /// When the folder cannot be read, or the checkpoint cannot be sealed.
    pub fn snapshot(&self) -> Result<Snapshot, OpenError> {
        let at = self.position();
        let mut files = Vec::new();
        for segment in segment::list(&self.folder)? {
            if segment.first < at.segment.first {
                let length = fs::metadata(&segment.path).map_err(|error| Broken::io(&segment.path, error))?;
                files.push((segment.path, length.len()));
            }
        }
        files.push((at.segment.path, at.bytes));
        let checkpoint = checkpoint::written(&self.ring.sealing(), at.head).map_err(LedgerError::from)?;
        Ok(Snapshot { head: at.head, files, checkpoint })
    }

    fn position(&self) -> Position {
        self.shared.position.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // A writer that is gone already needs no word, and a panic in it was told by the error its callers got.
        let _ = self.queue.send(Command::Stop);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
