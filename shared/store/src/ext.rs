//! What users of a store call beside the contract.

use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Batch, Entry, Error, ErrorKind, MAX_PAGE_ENTRIES, Op, Precondition, Range, Revision, Store};

/// Everything in a range, read page by page.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The entries, in key order.
    pub entries: Vec<Entry>,
    /// Watching after this revision misses nothing that the listing does not show, and shows some of it again.
    pub revision: Revision,
}

/// Shorthands over [`Store`], for every store.
#[async_trait]
pub trait StoreExt: Store {
    /// Puts one key, to stay. Errors as [`Store::commit`].
    async fn put(&self, key: &str, value: Bytes, precondition: Precondition) -> Result<Revision, Error> {
        self.commit(Batch::try_from(Op::put(key, value).when(precondition))?).await
    }

    /// Puts one key that is absent from `expires` on. Errors as [`Store::commit`].
    async fn put_until(
        &self,
        key: &str,
        value: Bytes,
        expires: SystemTime,
        precondition: Precondition,
    ) -> Result<Revision, Error> {
        self.commit(Batch::try_from(Op::put(key, value).until(expires).when(precondition))?).await
    }

    /// Deletes one key. Errors as [`Store::commit`].
    async fn delete(&self, key: &str, precondition: Precondition) -> Result<Revision, Error> {
        self.commit(Batch::try_from(Op::delete(key).when(precondition))?).await
    }

    /// Reads a range to its end. The whole of it is held in memory, so the range must be one that fits. Each page is a
    /// snapshot of its own; the revision is that of the first. Errors as [`Store::scan`].
    async fn list(&self, range: Range) -> Result<Listing, Error> {
        let mut page = self.scan(range.clone(), MAX_PAGE_ENTRIES).await?;
        let mut listing = Listing { entries: page.entries, revision: page.revision };
        while page.more {
            let Some(last) = listing.entries.last() else { break };
            page = self.scan(range.clone().after(&last.key), MAX_PAGE_ENTRIES).await?;
            listing.entries.append(&mut page.entries);
        }
        Ok(listing)
    }

    /// Replaces the value of a key by what `change` makes of it (none: the key is absent), and tries again when another
    /// writer came between. `change` must have no effect of its own, for it can run several times. The expiry stays as
    /// it was, and so does whether the value is shreddable.
    ///
    /// # Errors
    /// As [`Store::get`] and [`Store::commit`], `Conflict` aside; and those that `change` answers.
    async fn update<E, F>(&self, key: &str, change: F) -> Result<Revision, E>
    where
        E: From<Error> + Send,
        F: Fn(Option<&Entry>) -> Result<Bytes, E> + Send + Sync,
    {
        loop {
            let entry = self.get(key).await?;
            let value = change(entry.as_ref())?;
            let op = match &entry {
                Some(entry) => Op::replace(entry, value),
                None => Op::put(key, value).when(Precondition::Create),
            };
            match self.commit(Batch::try_from(op)?).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                other => return Ok(other?),
            }
        }
    }
}

impl<S: Store + ?Sized> StoreExt for S {}
