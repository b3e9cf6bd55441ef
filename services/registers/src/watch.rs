//! Following a tenant's registers.
//!
//! A snapshot shows the state at one revision, although it is read in pages while writers go on: a register that was
//! written after that revision is shown as its history knows it. The watch then begins exactly there, so that every
//! change is told once and in order. Contents are read when the reader asks for the next message: a slow reader holds
//! its writers up in nothing, and costs no memory.

use std::{collections::VecDeque, sync::Arc};

use futures::{
    StreamExt, TryStreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use proto::errors::v1::Reason;
use runtime::{
    Refusal,
    names::{Id, Name},
};
use store::{Entry, Event, Range, Revision};

use crate::{
    book::{Book, Current, Found, Past, Register},
    damaged, layout, record,
};

/// One thing that a watch tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// A register that was there when the watch began.
    There(Register),
    /// The snapshot is whole; it was that of this revision.
    SnapshotEnd(Revision),
    /// A register was written.
    Written(Register),
    /// A register was deleted, by the write of this revision.
    Deleted(Name, Revision),
    /// A register is there that cannot be read, since the write of this revision; none within the snapshot.
    Unreadable(Name, Option<Revision>),
}

impl Book {
    /// The registers of a tenant and what becomes of them, or only what becomes of them after a revision.
    ///
    /// # Errors
    /// REVISION_COMPACTED, at once or at the end of the stream.
    pub(crate) async fn watch(
        self: Arc<Self>,
        tenant: &Id,
        after: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Told, Refusal>>, Refusal> {
        let heads = layout::heads_of_tenant(tenant);
        match after {
            Some(after) => self.changes(&heads, after).await,
            None => {
                let (snapshot, at) = Snapshot::begin(self.clone(), Range::prefix(&heads)).await?;
                let changes = self.changes(&heads, at).await?;
                let end = stream::once(ready(Ok(Told::SnapshotEnd(at))));
                Ok(snapshot.into_stream().chain(end).chain(changes).boxed())
            }
        }
    }

    async fn changes(
        self: Arc<Self>,
        heads: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Told, Refusal>>, Refusal> {
        let events = self.store.watch(heads, after).await?.map_err(Refusal::from);
        Ok(events.and_then(move |event| self.clone().told(event)).boxed())
    }

    /// What a change of a head tells.
    async fn told(self: Arc<Self>, event: Event) -> Result<Told, Refusal> {
        let name = named(event.key())?;
        let entry = match event {
            Event::Put(entry) => entry,
            Event::Delete { revision, .. } => return Ok(Told::Deleted(name, revision)),
        };
        match self.written(&name, &entry).await {
            Err(refusal) if record::is_damage(&refusal) => {
                damaged::report(&entry.key, &refusal);
                Ok(Told::Unreadable(name, Some(entry.revision)))
            }
            written => written,
        }
    }

    async fn written(&self, name: &Name, entry: &Entry) -> Result<Told, Refusal> {
        let current = current(entry)?;
        if current.head.deleted {
            return Ok(Told::Deleted(name.clone(), current.revision));
        }
        match self.past(name, current.head.number).await? {
            Some(Past { revision, stamp, content: Some(content), .. }) => {
                Ok(Told::Written(Register { name: name.clone(), revision, stamp, content }))
            }
            _ => Err(self.missing(name, current.revision).await),
        }
    }

    /// Why the write is not there that a head of this revision names: it was forgotten meanwhile, or it was lost.
    async fn missing(&self, name: &Name, revision: Revision) -> Refusal {
        match self.current(name).await {
            Ok(Some(current)) if current.revision == revision => {
                record::damaged(&layout::head(name), "the write it names is not there".to_owned())
            }
            Ok(_) => forgotten(),
            Err(refusal) => refusal,
        }
    }
}

/// The state of a tenant's registers at one revision, page by page.
struct Snapshot {
    book: Arc<Book>,
    at: Revision,
    page: VecDeque<Entry>,
    /// Where the next page begins; none after the last.
    rest: Option<Range>,
}

impl Snapshot {
    async fn begin(book: Arc<Book>, range: Range) -> Result<(Self, Revision), Refusal> {
        let mut snapshot = Self { book, at: Revision::ZERO, page: VecDeque::new(), rest: None };
        let at = snapshot.turn(range).await?;
        snapshot.at = at;
        Ok((snapshot, at))
    }

    /// Reads a page, and answers its revision.
    async fn turn(&mut self, range: Range) -> Result<Revision, Refusal> {
        let page = self.book.store.scan(range.clone(), store::MAX_PAGE_ENTRIES).await?;
        self.rest = page.entries.last().filter(|_| page.more).map(|last| range.after(&last.key));
        self.page = page.entries.into();
        Ok(page.revision)
    }

    fn into_stream(self) -> impl futures::Stream<Item = Result<Told, Refusal>> + Send {
        stream::try_unfold(self, |mut snapshot| async move {
            let next = snapshot.next().await?;
            Ok(next.map(|told| (told, snapshot)))
        })
    }

    async fn next(&mut self) -> Result<Option<Told>, Refusal> {
        loop {
            while let Some(entry) = self.page.pop_front() {
                let name = named(&entry.key)?;
                match self.show(&name, &entry).await {
                    Err(refusal) if record::is_damage(&refusal) => {
                        damaged::report(&entry.key, &refusal);
                        return Ok(Some(Told::Unreadable(name, None)));
                    }
                    shown => {
                        if let Some(register) = shown? {
                            return Ok(Some(Told::There(register)));
                        }
                    }
                }
            }
            let Some(rest) = self.rest.take() else { return Ok(None) };
            self.turn(rest).await?;
        }
    }

    /// The register behind a head as it was at the snapshot's revision, if it was there.
    async fn show(&self, name: &Name, entry: &Entry) -> Result<Option<Register>, Refusal> {
        let current = current(entry)?;
        if current.head.deleted && current.revision <= self.at {
            return Ok(None);
        }
        let past =
            if current.revision <= self.at { self.book.past(name, current.head.number).await? } else { None };
        let past = match past {
            Some(past) => past,
            // Written since, before its head was read or after.
            None => match self.book.newest_at(name, &current, self.at).await? {
                Found::Write(past) => past,
                Found::Nothing => return Ok(None),
                Found::Forgotten => return Err(self.book.missing(name, current.revision).await),
            },
        };
        let Past { revision, stamp, content, .. } = past;
        Ok(content.map(|content| Register { name: name.clone(), revision, stamp, content }))
    }
}

fn current(entry: &Entry) -> Result<Current, Refusal> {
    Ok(Current { head: record::decode(&entry.key, &entry.value)?, revision: entry.revision })
}

fn named(key: &str) -> Result<Name, Refusal> {
    layout::name(key).ok_or_else(|| record::damaged(key, "it lies where no register does".to_owned()))
}

/// A watch is so far behind that a write it would tell is not kept any more.
fn forgotten() -> Refusal {
    let text =
        "a register was written more often than its history keeps since; watch anew, with an empty `after`";
    Refusal::new(Reason::RevisionCompacted, text)
}
