//! What can go wrong with a ledger.

use std::{fmt, io, path::PathBuf, sync::Arc};

use seal::SealError;

use super::chain::Problem;

/// An entry that cannot be written. Cheap to clone: everybody who waits gets it.
#[derive(Clone, Debug)]
pub struct LedgerError(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    source: Option<io::Error>,
}

impl LedgerError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Inner { text: text.into(), source: None }))
    }

    pub(super) fn io(text: impl Into<String>, source: io::Error) -> Self {
        Self(Arc::new(Inner { text: text.into(), source: Some(source) }))
    }

    pub(super) fn ended() -> Self {
        Self::new("the ledger was closed")
    }
}

impl From<SealError> for LedgerError {
    fn from(error: SealError) -> Self {
        Self::new(format!("the head of the ledger could not be sealed: {error}"))
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl std::error::Error for LedgerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

/// A ledger that is not as it was written: where, and what.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// An entry does not hold.
    #[error("{}, line {line}: entry {sequence} {problem}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The number of the first entry that is not as it was.
        sequence: u64,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A file of entries is missing, or is not one.
    #[error("{}: a file that begins with entry {sequence} is missing, or this is not it", path.display())]
    Segment {
        /// The file that stands where another was expected.
        path: PathBuf,
        /// The entry that it should begin with.
        sequence: u64,
    },
    /// The checkpoint is missing or was not made with the sealing keys.
    #[error("{}: the checkpoint is missing, was changed, or was not sealed with these keys", .0.display())]
    Checkpoint(PathBuf),
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Broken {
    pub(super) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}

/// A ledger that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not as it was written.
    #[error(
        "the audit ledger is not as it was written, and nothing is released over it: {0}; restore it from a backup, or keep \
         the folder as evidence and move it away to begin a new one"
    )]
    Broken(#[from] Broken),
    /// It cannot be written.
    #[error("the audit ledger cannot be written: {0}")]
    Unwritable(#[from] LedgerError),
}
