//! The line that neither a type nor a panic of sled crosses.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::{Path, PathBuf};

use super::barrier::LOG;
use super::open::open_file;
use crate::{Error, ErrorKind};

thread_local! {
    /// Whether this thread is within a call whose panics become errors.
    static WITHIN: Cell<bool> = const { Cell::new(false) };
    /// Where in sled the last one was, where a hook has asked.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// For the hook of a process that tells of panics: whether this one becomes an error of the store. That error tells all there
/// is to tell, with the place, so the hook need say nothing.
#[must_use]
pub fn becomes_error(panic: &PanicHookInfo<'_>) -> bool {
    let within = WITHIN.get();
    if within && let Some(location) = panic.location() {
        let file = Path::new(location.file()).file_name().unwrap_or_default();
        PLACE.set(Some(format!(" at {}:{}", file.display(), location.line())));
    }
    within
}

/// An open database. It is closed without a panic, too: sled syncs once more then, and takes a disk that fails for a bug.
pub(super) struct Database {
    /// None: it is being dropped.
    db: Option<sled::Db>,
    disk: Disk,
}

/// The disk below a database, which is asked when sled gives up: it tells a write that failed and data that is wrong apart
/// by the text of a panic alone.
struct Disk {
    folder: PathBuf,
    /// Opened before sled opens it, and synced by nobody else: the kernel reports a failed write-back once to each open file.
    file: File,
}

impl Database {
    /// Has sled open the database in this folder, by a call that answers none while something else has it locked.
    pub(super) fn open(
        folder: &Path,
        open: impl FnOnce() -> Result<Option<sled::Db>, sled::Error>,
    ) -> Result<Option<Self>, Error> {
        let disk = Disk { folder: folder.to_owned(), file: open_file(&folder.join(LOG))? };
        let db = disk.contained("opening", open)?;
        Ok(db.map(|db| Self { db: Some(db), disk }))
    }

    /// Calls sled, as [`contained`](Self::contained) does.
    pub(super) fn call<T>(
        &self,
        doing: &str,
        call: impl FnOnce(&sled::Db) -> Result<T, sled::Error>,
    ) -> Result<T, Error> {
        // It is there until it is dropped.
        let db = self.db.as_ref().ok_or_else(Error::closed)?;
        self.contained(doing, || call(db))
    }

    /// Goes on with what a call of sled has begun. Its errors become ours, and so do its panics: on damaged files it fails
    /// assertions of its own, and where a disk fails some of its calls expect that it does not.
    pub(super) fn contained<T>(
        &self,
        doing: &str,
        call: impl FnOnce() -> Result<T, sled::Error>,
    ) -> Result<T, Error> {
        self.disk.contained(doing, call)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let db = self.db.take();
        let closed = self.disk.contained("closing", || {
            drop(db);
            Ok(())
        });
        if let Err(error) = closed {
            // What was acknowledged is durable, whatever becomes of this.
            let cause = std::error::Error::source(&error);
            tracing::error!(%error, cause, "the store was not closed as it should be");
        }
    }
}

impl Disk {
    fn contained<T>(&self, doing: &str, call: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, Error> {
        let before = WITHIN.replace(true);
        let ended = catch_unwind(AssertUnwindSafe(call));
        WITHIN.set(before);
        match ended {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.translate(doing, error)),
            Err(panic) => Err(self.gave_up(doing, panic.as_ref())),
        }
    }

    fn translate(&self, doing: &str, error: sled::Error) -> Error {
        let doing = format!("{doing} {}", self.folder.display());
        match error {
            sled::Error::Io(source) => failed(&doing, source),
            sled::Error::Corruption { .. } | sled::Error::CollectionNotFound(_) => {
                damaged(&format!("{doing}: a page does not match its checksum"))
            }
            sled::Error::Unsupported(text) => damaged(&format!("{doing}: {text}")),
            sled::Error::ReportableBug(text) => Error::new(ErrorKind::Io, format!("{doing}: {text}")),
        }
    }

    /// What a panic comes of: of a disk that fails, or else of data that is not what was written.
    fn gave_up(&self, doing: &str, panic: &(dyn Any + Send)) -> Error {
        let place = PLACE.take().unwrap_or_default();
        let doing = format!("{doing} {}", self.folder.display());
        match self.file.sync_all() {
            Err(source) => failed(&doing, source),
            Ok(()) => damaged(&format!("{doing}: the database gave up{place}: {}", text_of(panic))),
        }
    }
}

fn failed(doing: &str, source: io::Error) -> Error {
    Error::io(format!("{doing} failed; see to its disk"), source)
}

/// Files that do not hold what was written to them, and what to do about it.
pub(super) fn damaged(what: &str) -> Error {
    Error::corrupt(format!("the store's files are damaged: {what}; restore the folder from a backup"))
}

/// What a panic said, where that is a text of the source: one that was put together may hold what is stored.
fn text_of(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("what was read is not what it expects")
}
