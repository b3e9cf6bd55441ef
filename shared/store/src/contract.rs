//! The contract between a store and its users.

use std::fmt::Debug;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::{Batch, Entry, Error, Event, Page, Range, Revision};

/// The most entries of one page.
pub const MAX_PAGE_ENTRIES: usize = 1_000;
/// A page ends behind the entry with which its values pass this many bytes (4 MiB).
pub const MAX_PAGE_BYTES: usize = 4 << 20;

/// A store of keys and values with one revision over all of it. Used as `Arc<dyn Store>`; [`StoreExt`](crate::StoreExt)
/// adds what users want beside it.
///
/// # Commits
/// A batch is applied whole or not at all. Its preconditions are checked against the state its operations are applied
/// to, with no other commit between. Each commit that changes something takes a revision greater than every revision
/// before it, and every entry it wrote carries that revision; revisions go on over restarts. A batch that changes
/// nothing (deletes of absent keys) answers the revision the store is at, and no event comes of it.
///
/// When `commit` answers Ok, the change is durable: neither the death of the process nor a power cut takes it back
/// (as far as the implementation is on disk at all). When it answers an error of the kinds `Conflict`, `TooLarge`,
/// `Invalid`, `InUse`, nothing was applied. After `Io`, `Full` and `Closed`, and when its future is dropped before it
/// ends, the change is there whole or not at all, and only a read tells.
///
/// # Reads
/// A read shows the state after some commit, whole: never half of a batch, never a change that is not durable yet, and
/// never a state older than any commit that was acknowledged, or any event that was delivered, before the read began.
/// A page is a snapshot at its revision; two pages are two snapshots.
///
/// # Expiry
/// A key is absent from the moment its time has come, for reads and preconditions at once. It is then removed by a
/// commit of the store's own, so that watches see a `Delete`; where somebody puts the key anew before that commit, they
/// see the `Put` alone.
///
/// # Shredding
/// The value of an entry that was put as [shreddable](crate::Op::shreddable) is shredded when the entry ends: when it is
/// replaced, deleted, or removed after its expiry. When that commit is answered (or, of an expiry, its event is delivered),
/// nobody can read the value any more out of what the store has on disk, nor with the help of what it had there before and
/// has written elsewhere or not written over yet. Only a copy of *all* that was there before would do. Such a value is never
/// empty: where what it takes to read one is damaged, the entry is there with an empty value, and can be replaced or deleted.
///
/// # Watches
/// A watch delivers every change, after the given revision, of the keys with its prefix, in the order of revisions,
/// once; those of one batch one after the other. First come those that have happened, out of a bounded history, then
/// those that happen. An event is delivered when its commit is durable. A watch that cannot go on without leaving
/// something out ends with an error: `Compacted` where the history no longer reaches back (also when the reader was
/// slower than the writers by more than the history), `Closed` when the store is closed, else what broke the store.
/// After an error the stream ends. To resume, watch after the revision *before* that of the last event
/// ([`Revision::previous`]): its batch had perhaps not been delivered whole.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// The entry of the key, if it is there.
    ///
    /// # Errors
    /// `Invalid` and `TooLarge` for what cannot be a key; `Io` and `Corrupt` from below; `Closed`.
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error>;

    /// The first entries of the range, in key order: at most `limit`, at most [`MAX_PAGE_ENTRIES`], and at most about
    /// [`MAX_PAGE_BYTES`]. The next page is that of `range.after(last key)`.
    ///
    /// # Errors
    /// `Invalid` for a limit of zero; `Io` and `Corrupt` from below; `Closed`.
    async fn scan(&self, range: Range, limit: usize) -> Result<Page, Error>;

    /// Applies the batch, and answers the revision it took.
    ///
    /// # Errors
    /// `Conflict`, with the key, where a precondition does not hold; `Full`, `Io` and `Corrupt` from below; `Closed`.
    /// After a failed attempt to make something durable every further commit fails: the store must be opened anew.
    async fn commit(&self, batch: Batch) -> Result<Revision, Error>;

    /// The changes of keys that begin with `prefix` (the empty one: all), after that revision.
    ///
    /// # Errors
    /// `Compacted` where the history no longer reaches back to `after`, or where this store has not reached `after`
    /// (the revision came from another store); `Closed`.
    async fn watch(
        &self,
        prefix: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Event, Error>>, Error>;

    /// Whether the store takes writes now: Ok, or the error that a commit would meet.
    ///
    /// # Errors
    /// The error that a commit would meet.
    async fn check(&self) -> Result<(), Error>;
}
