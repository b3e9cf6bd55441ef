//! A store that can be told to fail, and to be slow.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use futures::stream::BoxStream;
use store::{Batch, Entry, Error, ErrorKind, Event, MemoryStore, Page, Range, Revision, Store};
use tokio::sync::oneshot;

#[derive(Debug)]
pub(super) struct Faulty {
    inner: MemoryStore,
    pub(super) reads: Switch,
    pub(super) writes: Switch,
    /// Holds up one read of a kept token, after it was read.
    hold: Mutex<Option<oneshot::Receiver<()>>>,
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
        Self {
            inner: MemoryStore::new().unwrap(),
            reads: Switch::default(),
            writes: Switch::default(),
            hold: Mutex::default(),
        }
    }

    /// The next read of a kept token answers only when this is dropped.
    pub(super) fn hold_next_read(&self) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        *self.hold.lock().unwrap() = Some(held);
        release
    }

    /// Whether a read is held up.
    pub(super) fn is_holding(&self) -> bool {
        self.hold.lock().unwrap().is_none()
    }
}

#[async_trait]
impl Store for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.reads.check()?;
        let entry = self.inner.get(key).await;
        let held = self.hold.lock().unwrap().take_if(|_| key.starts_with("tokens/kept/"));
        if let Some(held) = held {
            let _ = held.await;
        }
        entry
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
