//! The batches that are made durable together.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::time::SystemTime;

use super::Backend;
use super::view::View;
use crate::feed::Commit;
use crate::{Batch, Entry, Error, Event, Op, Precondition, Revision, shred};

/// A key before and after one group, or several.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) before: Option<Before>,
    pub(crate) after: Option<Entry>,
}

/// What is remembered of an entry that was replaced. Not its value: it would stay in memory for as long as the change does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    pub(crate) revision: Revision,
    pub(crate) expires: Option<SystemTime>,
    /// How long its value was, in bytes.
    pub(crate) length: usize,
    /// Of a shreddable one: see [`shred`](crate::shred).
    pub(crate) cell: Option<u64>,
}

impl Before {
    /// What is remembered of a stored entry.
    pub(crate) fn of(stored: &Entry) -> Self {
        let &Entry { revision, expires, ref value, .. } = stored;
        Self { revision, expires, length: value.len(), cell: shred::cell(stored) }
    }
}

/// What was done to the keys that were touched.
pub(crate) type Changes = BTreeMap<String, Change>;

/// What the change of a key makes a backend write, by the length of the key and of the new value: for short ones that is
/// more than they are long, as pages are written whole.
pub(crate) fn weight(key: usize, value: usize) -> usize {
    1024 + key + value
}

/// A group being put together: each batch admitted to it sees what the ones before it did.
pub(super) struct Group<'a, B> {
    view: &'a View,
    backend: &'a B,
    now: SystemTime,
    /// Every key looked at so far; where nothing changed, `after` is `before`, as it is stored.
    looked_at: Changes,
    pub(super) commits: Vec<Commit>,
    pub(super) revision: Revision,
}

impl<'a, B: Backend> Group<'a, B> {
    pub(super) fn new(view: &'a View, backend: &'a B, revision: Revision, now: SystemTime) -> Self {
        Self { view, backend, now, looked_at: Changes::new(), commits: Vec::new(), revision }
    }

    /// Adds a batch, or says why it cannot be applied; then nothing of it is added.
    pub(super) fn admit(&mut self, batch: Batch) -> Result<Revision, Error> {
        for op in batch.ops() {
            let now = self.now;
            let current = self.current(op.key())?.as_ref().filter(|entry| !entry.is_expired(now));
            check(op.precondition(), current).map_err(|error| error.with_key(op.key()))?;
        }
        let revision = self.revision.next();
        let mut events = Vec::with_capacity(batch.ops().len());
        for op in batch.into_ops() {
            events.extend(self.perform(op, revision));
        }
        self.close(events);
        Ok(self.revision)
    }

    /// Removes those of the keys that have expired, as one commit.
    pub(super) fn sweep<'k>(&mut self, due: impl Iterator<Item = &'k str>) -> Result<(), Error> {
        let revision = self.revision.next();
        let mut events = Vec::new();
        for key in due {
            let now = self.now;
            if self.current(key)?.as_ref().is_some_and(|entry| entry.is_expired(now)) {
                let op = Op::Delete { key: key.to_owned(), precondition: Precondition::None };
                events.extend(self.perform(op, revision));
            }
        }
        self.close(events);
        Ok(())
    }

    /// What the group changes, seen from outside of it.
    pub(super) fn into_parts(self) -> (Changes, Vec<Commit>, Revision) {
        let mut changes = self.looked_at;
        changes.retain(|_, Change { before, after }| {
            before.map(|before| before.revision) != after.as_ref().map(|after| after.revision)
        });
        (changes, self.commits, self.revision)
    }

    /// The entry as the group has it so far, expired or not.
    fn current(&mut self, key: &str) -> Result<&Option<Entry>, Error> {
        // Two look-ups, because an entry that is there must not cost an allocation.
        if !self.looked_at.contains_key(key) {
            let found = self.view.newest(self.backend, key)?;
            self.looked_at
                .insert(key.to_owned(), Change { before: found.as_ref().map(Before::of), after: found });
        }
        Ok(self.looked_at.get(key).map_or(&None, |change| &change.after))
    }

    fn perform(&mut self, op: Op, revision: Revision) -> Option<Event> {
        match op {
            Op::Put { key, value, expires, shreddable, .. } => {
                let entry = Entry { key, value, revision, expires, shreddable };
                self.set(entry.key.clone(), Some(entry.clone()));
                Some(Event::Put(entry))
            }
            Op::Delete { key, .. } => {
                self.set(key.clone(), None)?;
                Some(Event::Delete { key, revision })
            }
        }
    }

    /// Puts the key into its new state, and answers the one it leaves.
    fn set(&mut self, key: String, after: Option<Entry>) -> Option<Entry> {
        match self.looked_at.entry(key) {
            btree_map::Entry::Occupied(mut known) => std::mem::replace(&mut known.get_mut().after, after),
            btree_map::Entry::Vacant(unknown) => {
                unknown.insert(Change { before: None, after });
                None
            }
        }
    }

    /// Ends a commit; one without events takes no revision.
    fn close(&mut self, events: Commit) {
        if !events.is_empty() {
            self.revision = self.revision.next();
            self.commits.push(events);
        }
    }
}

fn check(precondition: Precondition, current: Option<&Entry>) -> Result<(), Error> {
    match (precondition, current) {
        (Precondition::None, _) | (Precondition::Create, None) | (Precondition::Exists, Some(_)) => Ok(()),
        (Precondition::Update(revision), Some(entry)) if entry.revision == revision => Ok(()),
        (Precondition::Create, Some(entry)) => {
            Err(Error::conflict(format!("the key is there already, at revision {}", entry.revision)))
        }
        (Precondition::Update(revision), Some(entry)) => {
            let text = format!("the key is at revision {}, not {revision}; read it again", entry.revision);
            Err(Error::conflict(text))
        }
        (Precondition::Update(_) | Precondition::Exists, None) => {
            Err(Error::conflict("the key is not there"))
        }
    }
}
