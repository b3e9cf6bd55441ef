//! What can go wrong, for programs (the kind), for people (the text), and for the log (the source).

use std::error::Error as StdError;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::sync::Arc;

/// What callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A precondition did not hold; nothing of the batch was applied. Read again, then decide.
    Conflict,
    /// The events after that revision are not to be had any more. List again, and watch from the listing.
    Compacted,
    /// Another process, or another part of this one, has the store open.
    InUse,
    /// The files do not hold what was written to them.
    Corrupt,
    /// The disk has no room for writes.
    Full,
    /// Reading or writing failed below.
    Io,
    /// Past a limit of the contract.
    TooLarge,
    /// Not a well-formed request.
    Invalid,
    /// The store was closed.
    Closed,
}

/// An error of a store. `Display` is the text alone; the cause is [`StdError::source`].
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    text: String,
    key: Option<String>,
    retryable: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of that kind, for implementations of [`Store`](crate::Store). The text says what failed and what to
    /// do; it must not repeat what [`with_key`](Self::with_key) and [`with_source`](Self::with_source) add.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        let retryable = matches!(kind, ErrorKind::Full | ErrorKind::InUse);
        Self(Box::new(Inner { kind, text: text.into(), key: None, retryable, source: None }))
    }

    /// The same error, about this key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.0.key = Some(key.into());
        self
    }

    /// The same error, with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The same error, saying whether the same request may succeed later without anything else being done.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// What callers branch on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The key it is about, where it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// Whether the same request may succeed later: a full disk may get room, another process may end. A lost
    /// precondition is not: the caller must read again first.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// The same error, with what follows from it.
    #[must_use]
    pub(crate) fn followed_by(mut self, consequence: &str) -> Self {
        self.0.text = format!("{}; {consequence}", self.0.text);
        self
    }

    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, text)
    }

    pub(crate) fn compacted(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Compacted, text)
    }

    pub(crate) fn corrupt(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, text)
    }

    pub(crate) fn too_large(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::TooLarge, text)
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, text)
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Closed, "the store was closed")
    }

    /// A failed call of the operating system; a full disk has a kind of its own.
    pub(crate) fn io(text: impl Into<String>, source: io::Error) -> Self {
        let full = matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        if full {
            let error = Self::new(ErrorKind::Full, text).with_retryable(false).with_source(source);
            return error.followed_by("the disk is full, make room");
        }
        Self::new(ErrorKind::Io, text).with_source(source)
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)?;
        match &self.0.key {
            Some(key) => write!(f, " (key {key:?})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("text", &self.0.text)
            .field("key", &self.0.key)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
