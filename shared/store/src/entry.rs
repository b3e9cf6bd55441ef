//! What reads and watches hand out.

use std::fmt::{self, Debug, Formatter};
use std::time::SystemTime;

use bytes::Bytes;

use crate::Revision;

/// One key with its value. `Debug` shows the length of the value, never the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value, as it was put.
    pub value: Bytes,
    /// The commit that wrote it.
    pub revision: Revision,
    /// From this moment on the key is absent. Whole milliseconds; none: it stays.
    pub expires: Option<SystemTime>,
    /// Whether the value is shredded when the entry ends: see [`Store`](crate::Store). A value of this kind that is empty was
    /// lost.
    pub shreddable: bool,
}

impl Entry {
    /// Whether the entry is absent at this time.
    pub(crate) fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl Debug for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key)
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("revision", &self.revision)
            .field("expires", &self.expires)
            .field("shreddable", &self.shreddable)
            .finish()
    }
}

/// A change that a watch reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The key was created or replaced.
    Put(Entry),
    /// The key was deleted, or it expired.
    Delete {
        /// The key.
        key: String,
        /// The commit that removed it.
        revision: Revision,
    },
}

impl Event {
    /// The key that changed.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Put(entry) => &entry.key,
            Self::Delete { key, .. } => key,
        }
    }

    /// The commit that changed it.
    #[must_use]
    pub fn revision(&self) -> Revision {
        match self {
            Self::Put(entry) => entry.revision,
            Self::Delete { revision, .. } => *revision,
        }
    }
}

/// A part of a range, in key order, as it was at one revision.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries, in key order.
    pub entries: Vec<Entry>,
    /// The store's revision when the page was read. A watch after the revision of the *first* page of a listing
    /// misses nothing of the listing.
    pub revision: Revision,
    /// Whether the range goes on behind the last entry.
    pub more: bool,
}
