//! The file of a backup, written by a suite and read by `outgate restore`.
//!
//! | part | content |
//! |---|---|
//! | magic | `outgate backup 1` and a line end |
//! | id | 16 random bytes, this backup's own |
//! | chunks | each its length (four bytes, big-endian) and a record of `seal` |
//!
//! Every chunk is sealed with the key ring, bound to the backup's id, to its number, and to whether it is the last: one that was
//! changed, left out, moved, taken from another backup, or cut off is noticed. The keys are not in the file.
//!
//! A chunk holds bytes of one *section*. The sections follow each other, and what is in one is a stream of messages, each with
//! its length before it, whatever chunks it was cut into. There are:
//!
//! | section | messages |
//! |---|---|
//! | `head` | one [`Head`] |
//! | `store` | [`Change`]s to an empty store, in their order, and the one that ends them |
//! | `ledger` | [`Piece`]s of the audit ledger's files, up to its head; none where the process kept no ledger |
//!
//! A section that is not known is refused: the backup was written by a newer Outgate, and holds what would be lost.

mod ledger;
mod opening;
mod restoring;
mod sealing;

use bytes::Bytes;
use prost::Message;
use seal::Context;
use store::{Entry, Event, Revision};

pub(crate) use restoring::{Restored, restore};
pub(crate) use sealing::{Backup, BackupError};

/// What the file begins with.
const MAGIC: &[u8] = b"outgate backup 1\n";
const ID: usize = 16;
/// The most bytes of a section in one chunk: sealed, with its section's name, they fill one class of `seal`.
const CHUNK: usize = 63 << 10;
/// The longest message: an entry of the store at its largest, and what stands around it.
const MAX_MESSAGE: usize = 2 << 20;
const HEAD: &str = "head";
const STORE: &str = "store";
const LEDGER: &str = "ledger";

/// Where the backup comes from.
#[derive(Clone, PartialEq, Message)]
struct Head {
    /// The Outgate that wrote it.
    #[prost(string, tag = "1")]
    version: String,
    /// When it was begun.
    #[prost(message, required, tag = "2")]
    created: prost_types::Timestamp,
    /// The keys of the ring, by their ids: records within the store may be sealed with any of them.
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
}

/// A change to the store; without a key the end of all, whose revision is the store's.
#[derive(Clone, PartialEq, Message)]
struct Change {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(uint64, tag = "2")]
    revision: u64,
    /// None: the key is deleted.
    #[prost(bytes = "bytes", optional, tag = "3")]
    value: Option<Bytes>,
    #[prost(message, optional, tag = "4")]
    expires: Option<prost_types::Timestamp>,
    /// Whether the restored store shreds the value at its end, too. What it was shredded by in this one is not in a backup.
    #[prost(bool, tag = "5")]
    shreddable: bool,
}

/// The next bytes of a file of the ledger.
#[derive(Clone, PartialEq, Message)]
struct Piece {
    /// The file's name, within the ledger's folder.
    #[prost(string, tag = "1")]
    file: String,
    #[prost(bytes = "bytes", tag = "2")]
    content: Bytes,
}

/// What a chunk is sealed from.
#[derive(Clone, PartialEq, Message)]
struct Chunk {
    #[prost(string, tag = "1")]
    section: String,
    #[prost(bytes = "bytes", tag = "2")]
    content: Bytes,
}

/// What a chunk is bound to.
fn context<'a>(backup: &'a str, number: u64, last: bool) -> Context<'a> {
    Context {
        tenant: "",
        kind: "backup",
        name: backup,
        version: number,
        scope: if last { "last" } else { "more" },
    }
}

impl From<Event> for Change {
    fn from(event: Event) -> Self {
        match event {
            Event::Put(Entry { key, value, revision, expires, shreddable }) => {
                let expires = expires.map(Into::into);
                Self { key, revision: revision.get(), value: Some(value), expires, shreddable }
            }
            Event::Delete { key, revision } => Self { key, revision: revision.get(), ..Self::default() },
        }
    }
}

impl Change {
    fn end(revision: Revision) -> Self {
        Self { revision: revision.get(), ..Self::default() }
    }

    /// The event that it was. None: a time that no machine can say.
    fn into_event(self) -> Option<Event> {
        let Self { key, revision, value, expires, shreddable } = self;
        let revision = Revision::new(revision);
        Some(match value {
            None => Event::Delete { key, revision },
            Some(value) => {
                let expires = expires.map(std::time::SystemTime::try_from).transpose().ok()?;
                Event::Put(Entry { key, value, revision, expires, shreddable })
            }
        })
    }
}

#[cfg(test)]
mod tests;
