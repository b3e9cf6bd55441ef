//! What readers see: the entries of the backend, and over them what is durable in its log alone.

use std::collections::{BTreeMap, btree_map};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use super::{Backend, Change, Changes};
use crate::feed::{Commit, Feed};
use crate::{Entry, Error, MAX_PAGE_BYTES, MAX_PAGE_ENTRIES, Page, Range, Revision};

pub(super) struct View {
    seen: RwLock<Seen>,
    feed: Arc<Feed>,
}

/// Readers hold the lock for as long as they read.
struct Seen {
    /// The last durable revision.
    revision: Revision,
    /// What the half of the backend's log holds that is written to. These hide all that is older of the same keys.
    logged: Changes,
    /// What the other half holds, until it was written back: of these keys the backend has older entries, or half of the new.
    full: Arc<Full>,
    /// What the group ends that is being made durable, as it was put: it is seen until then, and cannot be read any more before.
    ending: BTreeMap<String, Entry>,
}

#[derive(Default)]
struct Full {
    changes: Changes,
    /// Of the last group in it.
    revision: Revision,
}

impl View {
    pub(super) fn new(revision: Revision, feed: Feed) -> Self {
        let seen = Seen { revision, logged: Changes::new(), full: Arc::default(), ending: BTreeMap::new() };
        Self { seen: RwLock::new(seen), feed: Arc::new(feed) }
    }

    pub(super) fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// From here on readers get what these changes end and shred as it is now, until they are [published](Self::publish).
    pub(super) fn hold(&self, backend: &impl Backend, changes: &Changes) -> Result<(), Error> {
        let mut ending = BTreeMap::new();
        for (key, _) in changes.iter().filter(|(_, it)| it.before.is_some_and(|before| before.cell.is_some()))
        {
            if let Some(stored) = self.newest(backend, key)? {
                ending.insert(key.clone(), backend.readable(stored)?);
            }
        }
        if !ending.is_empty() {
            self.write().ending = ending;
        }
        Ok(())
    }

    /// A group is durable: readers see it, and watches get it. One step, so that a reader who was told of an event reads a
    /// state that has it.
    pub(super) fn publish(&self, changes: Changes, commits: Vec<Commit>, revision: Revision) {
        let mut seen = self.write();
        for (key, change) in changes {
            seen.note(key, change);
        }
        seen.ending.clear();
        seen.revision = revision;
        self.feed.publish(commits);
    }

    /// Puts what is in the full half of the log aside, for [`write_back`](Self::write_back).
    pub(super) fn turn(&self) {
        let mut seen = self.write();
        let changes = std::mem::take(&mut seen.logged);
        seen.full = Arc::new(Full { changes, revision: seen.revision });
    }

    /// Has the backend take over what was put aside. Readers and the writer go on.
    pub(super) fn write_back(&self, backend: &impl Backend) -> Result<(), Error> {
        let full = Arc::clone(&self.read().full);
        backend.write_back(&full.changes, full.revision)?;
        self.write().full = Arc::default();
        Ok(())
    }

    /// The newest stored entry of the key, expired or not.
    pub(super) fn newest(&self, backend: &impl Backend, key: &str) -> Result<Option<Entry>, Error> {
        self.read().get(backend, key)
    }

    pub(super) fn get(
        &self,
        backend: &impl Backend,
        key: &str,
        now: SystemTime,
    ) -> Result<Option<Entry>, Error> {
        let seen = self.read();
        let stored = seen.get(backend, key)?.filter(|entry| !entry.is_expired(now));
        stored.map(|stored| seen.readable(backend, stored)).transpose()
    }

    pub(super) fn scan(
        &self,
        backend: &impl Backend,
        mut rest: Range,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, Error> {
        let seen = self.read();
        let limit = limit.min(MAX_PAGE_ENTRIES);
        let mut page = Page { entries: Vec::new(), revision: seen.revision, more: false };
        let mut bytes = 0;
        // One more than the page holds is looked for, to know whether there is more.
        loop {
            let (run, end) = seen.run(backend, &rest, limit - page.entries.len() + 1)?;
            for stored in run.into_iter().filter(|entry| !entry.is_expired(now)) {
                if page.entries.len() == limit || bytes >= MAX_PAGE_BYTES {
                    page.more = true;
                    return Ok(page);
                }
                let entry = seen.readable(backend, stored)?;
                bytes += entry.value.len();
                page.entries.push(entry);
            }
            match end {
                Some(last) => rest = rest.after(&last),
                None => return Ok(page),
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Seen> {
        self.seen.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// A change before which there may have been others of the same key in the log.
    fn note(&mut self, key: String, change: Change) {
        match self.logged.entry(key) {
            btree_map::Entry::Occupied(mut known) => known.get_mut().after = change.after,
            btree_map::Entry::Vacant(unknown) => {
                unknown.insert(change);
            }
        }
    }

    fn get(&self, backend: &impl Backend, key: &str) -> Result<Option<Entry>, Error> {
        match self.logged.get(key).or_else(|| self.full.changes.get(key)) {
            Some(change) => Ok(change.after.clone()),
            None => backend.get(key),
        }
    }

    /// A stored entry as it was put.
    fn readable(&self, backend: &impl Backend, stored: Entry) -> Result<Entry, Error> {
        match self.ending.get(&stored.key) {
            Some(entry) => Ok(entry.clone()),
            None => backend.readable(stored),
        }
    }

    /// The first stored entries of the range, and the key up to which they are all of it; none: the range ends with them.
    fn run(
        &self,
        backend: &impl Backend,
        range: &Range,
        limit: usize,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        if range.is_empty() {
            return Ok((Vec::new(), None));
        }
        let is_logged = |key: &str| self.logged.contains_key(key);
        let is_hidden = |key: &str| is_logged(key) || self.full.changes.contains_key(key);
        let mut run = backend.scan(range, limit, &is_hidden)?;
        run.extend(
            live(&self.full.changes, range).filter(|entry| !is_logged(&entry.key)).take(limit).cloned(),
        );
        run.extend(live(&self.logged, range).take(limit).cloned());
        // Three runs, each in order.
        run.sort_by(|a, b| a.key.cmp(&b.key));
        run.truncate(limit);
        let last = run.last().filter(|_| run.len() == limit).map(|entry| entry.key.clone());
        Ok((run, last))
    }
}

/// The entries of a range that are there after these changes.
fn live<'a>(changes: &'a Changes, range: &'a Range) -> impl Iterator<Item = &'a Entry> {
    let changes = changes.range::<str, _>(range.onward()).take_while(|(key, _)| range.contains(key));
    changes.filter_map(|(_, change)| change.after.as_ref())
}
