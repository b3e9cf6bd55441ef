//! A store that lets a test happen between a writer's read and its commit, or fail on purpose.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::{future::BoxFuture, stream::BoxStream};
use store::{Batch, Entry, Error, ErrorKind, Event, MemoryStore, Page, Range, Revision, Store};

type Deed = Box<dyn FnOnce() -> BoxFuture<'static, Result<(), Error>> + Send>;

/// A real store, and what is to be done before one of its commits.
pub(super) struct Meddler {
    inner: Arc<dyn Store>,
    before_commit: Mutex<Vec<Deed>>,
}

impl Meddler {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { inner: Arc::new(MemoryStore::new().unwrap()), before_commit: Mutex::default() })
    }

    /// The store underneath, for those who are not to be meddled with.
    pub(super) fn inner(&self) -> Arc<dyn Store> {
        self.inner.clone()
    }

    /// Does this before the next commit that nothing is to be done before yet.
    pub(super) fn before_commit(
        &self,
        deed: impl FnOnce() -> BoxFuture<'static, Result<(), Error>> + Send + 'static,
    ) {
        self.deeds().push(Box::new(deed));
    }

    /// Fails the next commit.
    pub(super) fn fail_commit(&self, kind: ErrorKind) {
        self.before_commit(move || {
            Box::pin(async move { Err(Error::new(kind, "the disk is on fire at /dev/sda")) })
        });
    }

    /// Whether everything was done.
    pub(super) fn is_done(&self) -> bool {
        self.deeds().is_empty()
    }

    fn deeds(&self) -> std::sync::MutexGuard<'_, Vec<Deed>> {
        self.before_commit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Meddler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meddler")
    }
}

#[async_trait]
impl Store for Meddler {
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.inner.get(key).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Page, Error> {
        self.inner.scan(range, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        let deed = {
            let mut deeds = self.deeds();
            if deeds.is_empty() { None } else { Some(deeds.remove(0)) }
        };
        if let Some(deed) = deed {
            deed().await?;
        }
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
        self.inner.check().await
    }
}
