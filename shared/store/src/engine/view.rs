//! What readers see: the durable state, while the backend below may already hold more.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use super::{Backend, Changes};
use crate::feed::{Commit, Feed};
use crate::{Entry, Error, MAX_PAGE_BYTES, MAX_PAGE_ENTRIES, Page, Range, Revision};

pub(super) struct View {
    seen: RwLock<Seen>,
    feed: Arc<Feed>,
}

/// Readers hold the lock for as long as they read, so the writer cannot begin to apply a group in between.
struct Seen {
    /// The last durable revision.
    revision: Revision,
    /// The keys of the group that is being made durable, as they were before it; these hide what the backend says.
    before: BTreeMap<String, Option<Entry>>,
}

impl View {
    pub(super) fn new(revision: Revision, feed: Feed) -> Self {
        Self { seen: RwLock::new(Seen { revision, before: BTreeMap::new() }), feed: Arc::new(feed) }
    }

    pub(super) fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// From here on readers get these keys as they are now, whatever the backend does to them.
    pub(super) fn hold(&self, changes: &Changes) {
        self.write().before =
            changes.iter().map(|(key, change)| (key.clone(), change.before.clone())).collect();
    }

    /// The group is durable: readers see it, and watches get it. One step, so that a reader who was told of an event
    /// reads a state that has it.
    pub(super) fn publish(&self, commits: Vec<Commit>, revision: Revision) {
        let mut seen = self.write();
        seen.before.clear();
        seen.revision = revision;
        self.feed.publish(commits);
    }

    pub(super) fn get(
        &self,
        backend: &impl Backend,
        key: &str,
        now: SystemTime,
    ) -> Result<Option<Entry>, Error> {
        let seen = self.read();
        let entry = match seen.before.get(key) {
            Some(before) => before.clone(),
            None => backend.get(key)?,
        };
        Ok(entry.filter(|entry| !entry.is_expired(now)))
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
            for entry in run.into_iter().filter(|entry| !entry.is_expired(now)) {
                if page.entries.len() == limit || bytes >= MAX_PAGE_BYTES {
                    page.more = true;
                    return Ok(page);
                }
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
    /// The first entries of the range, and the key up to which they are all of it; none: the range ends with them.
    fn run(
        &self,
        backend: &impl Backend,
        range: &Range,
        limit: usize,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        if range.is_empty() {
            return Ok((Vec::new(), None));
        }
        let mut run = backend.scan(range, limit)?;
        let last = run.last().filter(|_| run.len() == limit).map(|entry| entry.key.clone());
        if !self.before.is_empty() {
            run.retain(|entry| !self.before.contains_key(&entry.key));
            let hidden = self.before.range::<str, _>(range.onward());
            let reached = |key: &str| range.contains(key) && last.as_deref().is_none_or(|last| key <= last);
            run.extend(hidden.take_while(|(key, _)| reached(key)).filter_map(|(_, before)| before.clone()));
            run.sort_by(|a, b| a.key.cmp(&b.key));
        }
        Ok((run, last))
    }
}
