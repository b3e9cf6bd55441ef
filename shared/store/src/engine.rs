//! What the stores of this crate have in common: one thread that writes, and readers that see what is durable.
//!
//! The writer takes all batches that wait, checks the preconditions of each against the state that the ones before it
//! make, applies the whole group to the [`Backend`], and makes it durable with one barrier. Only then does it let
//! readers see the group, publishes its events, and answers. While a group is on its way, readers get the keys it
//! touches as they were before (see [`view`]), so nothing is seen that a power cut could take back.

mod group;
mod view;
mod writer;

use std::fmt::{self, Debug, Formatter};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use futures::stream::BoxStream;
use tokio::sync::oneshot;

pub(crate) use group::{Change, Changes};
use view::View;
pub(crate) use writer::MAX_GROUP_BYTES;
use writer::{Command, Request, Writer};

use crate::batch::check_key;
use crate::feed::Feed;
use crate::{Batch, Clock, Entry, Error, Event, Options, Page, Range, Revision};

/// What lies under the engine. Called by many readers at once, by one writer, and never for reading a key that is
/// being applied.
pub(crate) trait Backend: Send + Sync + 'static {
    /// The entry of a key, expired or not.
    fn get(&self, key: &str) -> Result<Option<Entry>, Error>;

    /// The first `limit` entries of the range, expired or not, in key order.
    fn scan(&self, range: &Range, limit: usize) -> Result<Vec<Entry>, Error>;

    /// Whether there is room to write. An error here leaves the store as it is, so it is asked before `apply`.
    fn room(&self) -> Result<(), Error>;

    /// Makes all of the changes, and notes the revision.
    fn apply(&self, changes: &Changes, revision: Revision) -> Result<(), Error>;

    /// Returns when everything applied is durable; `changes` is what the last `apply` got.
    fn barrier(&self, changes: &Changes, revision: Revision) -> Result<(), Error>;
}

/// A barrier that takes longer than this makes the store not ready.
const SLOW_BARRIER: Duration = Duration::from_secs(30);

/// Counts since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that are durable, those of the store's own (expiry) among them.
    pub commits: u64,
    /// How often the store made something durable: one barrier carries all commits that waited together.
    pub barriers: u64,
}

/// What the writer and the readers share.
pub(crate) struct Shared<B> {
    backend: B,
    view: View,
    clock: Clock,
    failed: OnceLock<Error>,
    /// When the barrier that is under way began.
    barrier_began: Mutex<Option<Instant>>,
    commits: AtomicU64,
    barriers: AtomicU64,
}

/// A running store. Dropping it ends the writer and waits for it, so that the files are free afterwards.
pub(crate) struct Engine<B> {
    shared: Arc<Shared<B>>,
    queue: mpsc::Sender<Command>,
    writer: Option<JoinHandle<()>>,
}

impl<B: Backend> Engine<B> {
    /// Starts the writer over a backend that stands at `revision` and holds these keys that will expire.
    pub(crate) fn start(
        backend: B,
        revision: Revision,
        due: impl IntoIterator<Item = (SystemTime, String)>,
        options: &Options,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            backend,
            view: View::new(revision, Feed::new(revision, options)),
            clock: options.clock.clone(),
            failed: OnceLock::new(),
            barrier_began: Mutex::new(None),
            commits: AtomicU64::new(0),
            barriers: AtomicU64::new(0),
        });
        let (queue, commands) = mpsc::channel();
        let wake = queue.clone();
        options.clock.on_move(move || wake.send(Command::Wake).is_ok());
        let writer = Writer::new(Arc::clone(&shared), revision, due);
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&commands))
            .map_err(|error| Error::io("the store's writer thread could not be started", error))?;
        Ok(Self { shared, queue, writer: Some(writer) })
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        check_key(key)?;
        self.shared.view.get(&self.shared.backend, key, self.shared.clock.now())
    }

    pub(crate) fn scan(&self, range: Range, limit: usize) -> Result<Page, Error> {
        if limit == 0 {
            return Err(Error::invalid("a page needs a limit of at least 1"));
        }
        self.shared.view.scan(&self.shared.backend, range, limit, self.shared.clock.now())
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<Revision, Error> {
        let (reply, answer) = oneshot::channel();
        let request = Command::Commit(Request { batch, reply });
        self.queue.send(request).map_err(|_| self.shared.ended())?;
        answer.await.unwrap_or_else(|_| Err(self.shared.ended()))
    }

    pub(crate) fn watch(
        &self,
        prefix: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Event, Error>>, Error> {
        self.shared.view.feed().watch(prefix, after)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(error) = self.shared.failed.get() {
            return Err(error.clone());
        }
        let began = *self.shared.barrier_began.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = began.map(|began| began.elapsed()).filter(|taken| *taken > SLOW_BARRIER) {
            let text =
                format!("the disk has not confirmed a write for {} s; look at the volume", taken.as_secs());
            return Err(Error::new(crate::ErrorKind::Io, text).with_retryable(true));
        }
        self.shared.backend.room()
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            commits: self.shared.commits.load(Ordering::Relaxed),
            barriers: self.shared.barriers.load(Ordering::Relaxed),
        }
    }
}

impl<B> Drop for Engine<B> {
    fn drop(&mut self) {
        // A writer that is gone already needs no word, and a panic in it was told by the error its callers got.
        let _ = self.queue.send(Command::Stop);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl<B> Shared<B> {
    /// Why there is no answer from the writer.
    fn ended(&self) -> Error {
        self.failed.get().cloned().unwrap_or_else(Error::closed)
    }
}

impl<B> Debug for Engine<B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("failed", &self.shared.failed.get()).finish_non_exhaustive()
    }
}
