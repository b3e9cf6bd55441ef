//! The line that neither a type nor a panic of sled crosses.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Error, ErrorKind};

/// An open database. It is closed without a panic, too: sled syncs once more then, and takes a disk that fails for a bug.
pub(super) struct Database(Option<sled::Db>);

impl Database {
    pub(super) fn new(db: sled::Db) -> Self {
        Self(Some(db))
    }

    /// Calls sled, as [`contained`] does.
    pub(super) fn call<T>(
        &self,
        doing: &str,
        call: impl FnOnce(&sled::Db) -> Result<T, sled::Error>,
    ) -> Result<T, Error> {
        // It is there until it is dropped.
        let db = self.0.as_ref().ok_or_else(Error::closed)?;
        contained(doing, || call(db))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let db = self.0.take();
        if let Err(error) = contained("closing", || {
            drop(db);
            Ok(())
        }) {
            tracing::error!(%error, "the store was not closed as it should be");
        }
    }
}

/// Calls sled. Its errors become ours, and so do its panics: on damaged files it fails assertions of its own.
pub(super) fn contained<T>(doing: &str, call: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(translate(doing, error)),
        Err(panic) => Err(damaged(&format!("{doing}: the database gave up: {}", text_of(panic.as_ref())))),
    }
}

/// Files that do not hold what was written to them, and what to do about it.
pub(super) fn damaged(what: &str) -> Error {
    Error::corrupt(format!("the store's files are damaged: {what}; restore the folder from a backup"))
}

fn translate(doing: &str, error: sled::Error) -> Error {
    match error {
        sled::Error::Io(source) => Error::io(format!("{doing} failed"), source),
        sled::Error::Corruption { .. } | sled::Error::CollectionNotFound(_) => {
            damaged(&format!("{doing}: a page does not match its checksum"))
        }
        sled::Error::Unsupported(text) => Error::corrupt(format!("{doing}: {text}")),
        sled::Error::ReportableBug(text) => Error::new(ErrorKind::Io, format!("{doing}: {text}")),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}
