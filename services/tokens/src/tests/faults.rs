//! A store that can be told to fail.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use store::{Batch, Entry, Error, ErrorKind, Event, MemoryStore, Page, Range, Revision, Store};

#[derive(Debug)]
pub(super) struct Faulty {
    inner: MemoryStore,
    pub(super) reads: Switch,
    pub(super) writes: Switch,
}

/// Whether something fails.
#[derive(Debug, Default)]
pub(super) struct Switch(AtomicBool);

impl Switch {
    pub(super) fn fail(&self, fails: bool) {
        self.0.store(fails, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), Error> {
        match self.0.load(Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::Io, "the disk is on fire")),
            false => Ok(()),
        }
    }
}

impl Faulty {
    pub(super) fn new() -> Self {
        Self { inner: MemoryStore::new().unwrap(), reads: Switch::default(), writes: Switch::default() }
    }
}

#[async_trait]
impl Store for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.reads.check()?;
        self.inner.get(key).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Page, Error> {
        self.reads.check()?;
        self.inner.scan(range, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        self.writes.check()?;
        self.inner.commit(batch).await
    }

    async fn watch(
        &self,
        prefix: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Event, Error>>, Error> {
        self.inner.watch(prefix, after).await
    }

    async fn check(&self) -> Result<(), Error> {
        self.writes.check()
    }
}
