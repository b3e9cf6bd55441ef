//! The whole store as it was at one revision, read in bounded memory while others write.
//!
//! A page is a snapshot of its own, and a store may hold more than fits one. So the pages are read one after the other,
//! and of what is written meanwhile a watch tells the part that concerns keys which were read already. Together they make
//! the state at the revision of the last page.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};

use crate::{Error, Event, MAX_PAGE_ENTRIES, Page, Range, Revision, Store};

/// A reading of every key of a store, as changes to an empty one.
pub struct Snapshot {
    store: Arc<dyn Store>,
    events: BoxStream<'static, Result<Event, Error>>,
    /// An event that is newer than the page it was met behind.
    ahead: Option<Event>,
    /// What was not read yet; none: everything was.
    rest: Option<Range>,
    revision: Revision,
}

impl Snapshot {
    /// Begins behind everything that is durable now.
    ///
    /// # Errors
    /// As [`Store::scan`] and [`Store::watch`].
    pub async fn begin(store: Arc<dyn Store>) -> Result<Self, Error> {
        let revision = store.scan(Range::all(), 1).await?.revision;
        let events = store.watch("", revision).await?;
        Ok(Self { store, events, ahead: None, rest: Some(Range::all()), revision })
    }

    /// The next changes, to be applied in their order; none: that was all, and what was applied is the store's state at
    /// [`revision`](Self::revision).
    ///
    /// # Errors
    /// As [`Store::scan`]; and what ends a watch: `Compacted` when between two calls more was written than the history
    /// holds. Then the snapshot must be begun anew.
    pub async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        let Some(rest) = self.rest.take() else { return Ok(None) };
        let Page { entries, revision, more } = self.store.scan(rest.clone(), MAX_PAGE_ENTRIES).await?;
        let mut changes = self.changes_before(&rest, revision).await?;
        self.rest = entries.last().filter(|_| more).map(|last| rest.after(&last.key));
        changes.extend(entries.into_iter().map(Event::Put));
        Ok(Some(changes))
    }

    /// The revision of what was read so far.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What happened up to `revision` to the keys that were read before, which are those outside of `rest`.
    async fn changes_before(&mut self, rest: &Range, revision: Revision) -> Result<Vec<Event>, Error> {
        let mut changes = Vec::new();
        while let Some(event) = self.event(revision).await? {
            if event.revision() > revision {
                self.ahead = Some(event);
                break;
            }
            self.revision = event.revision();
            if !rest.contains(event.key()) {
                changes.push(event);
            }
        }
        self.revision = revision;
        Ok(changes)
    }

    /// The next event, which is waited for as long as one of `revision` is still to come. A batch is told in one piece, so
    /// behind its first event the others are there.
    async fn event(&mut self, revision: Revision) -> Result<Option<Event>, Error> {
        if let Some(event) = self.ahead.take() {
            return Ok(Some(event));
        }
        let next = self.events.next();
        let event = if self.revision < revision { next.await } else { next.now_or_never().flatten() };
        event.transpose()
    }
}

impl Debug for Snapshot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("rest", &self.rest)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
