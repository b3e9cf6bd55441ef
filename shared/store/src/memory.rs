//! The store that keeps nothing beyond its own life.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::engine::{Backend, Changes, Engine};
use crate::{Batch, Entry, Error, Event, Options, Page, Range, Revision, Stats, Store};

/// A store in memory, for tests and for what may be lost. It keeps the whole contract but durability.
#[derive(Debug)]
pub struct MemoryStore(Engine<Memory>);

impl MemoryStore {
    /// An empty store.
    ///
    /// # Errors
    /// `Io` where the machine gives no further thread.
    pub fn new() -> Result<Self, Error> {
        Self::with(&Options::default())
    }

    /// An empty store with these settings.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with(options: &Options) -> Result<Self, Error> {
        Engine::start(Memory::default(), Revision::ZERO, [], options).map(Self)
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.0.get(key)
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Page, Error> {
        self.0.scan(range, limit)
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        self.0.commit(batch).await
    }

    async fn watch(
        &self,
        prefix: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Event, Error>>, Error> {
        self.0.watch(prefix, after)
    }

    async fn check(&self) -> Result<(), Error> {
        self.0.check()
    }
}

#[derive(Default)]
pub(crate) struct Memory {
    entries: RwLock<BTreeMap<String, Entry>>,
    /// Whether its log, of which the engine holds what is in it, is full: a half takes one group.
    full: AtomicBool,
}

impl Backend for Memory {
    fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        Ok(self.entries.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan(
        &self,
        range: &Range,
        limit: usize,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Entry>, Error> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let run = entries.range::<str, _>(range.onward()).map(|(_, entry)| entry);
        let run = run.take_while(|entry| range.contains(&entry.key));
        Ok(run.filter(|entry| !is_hidden(&entry.key)).take(limit).cloned().collect())
    }

    fn room(&self) -> Result<(), Error> {
        Ok(())
    }

    fn log(&self, _: &Changes, _: Revision) -> Result<bool, Error> {
        Ok(!self.full.swap(true, Ordering::Relaxed))
    }

    fn turn(&self) {
        self.full.store(false, Ordering::Relaxed);
    }

    fn write_back(&self, logged: &Changes, _: Revision) -> Result<(), Error> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for (key, change) in logged {
            match &change.after {
                Some(entry) => entries.insert(key.clone(), entry.clone()),
                None => entries.remove(key),
            };
        }
        Ok(())
    }
}
