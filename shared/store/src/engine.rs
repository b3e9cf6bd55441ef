//! What the stores of this crate have in common: one thread that writes, and readers that see what is durable.
//!
//! The writer takes all batches that wait, checks the preconditions of each against the state that the ones before it
//! make, has the [`Backend`] make the whole group durable in its log. Only then do readers see the group (see
//! [`view`]), are its events published, and its batches answered, so nothing is seen that a power cut could take back. When
//! a half of the log is full, the newest state of all keys in it is written back to the backend's entries (see
//! [`write_back`]), while the writer goes on with the other half.

mod group;
mod view;
mod write_back;
mod writer;

use std::fmt::{self, Debug, Formatter};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use futures::stream::BoxStream;
use tokio::sync::oneshot;

pub(crate) use group::{Before, Change, Changes, weight};
use view::View;
use write_back::WriteBack;
pub(crate) use writer::MAX_GROUP_WEIGHT;
use writer::{Command, Request, Writer};

use crate::batch::{FIRST_KEY, check_key};
use crate::feed::Feed;
use crate::{Batch, Clock, Entry, Error, Event, Options, Page, Range, Revision};

/// What lies under the engine: entries, and a log of two halves in front of them. Called by many readers at once, by one
/// writer, beside it by one thread that writes back, and never for reading a key that is being written back.
///
/// What it holds and logs may differ from what users put: such entries are called *stored* here, and all are stored ones but
/// those that [`stored`](Self::stored) gets and [`readable`](Self::readable) gives.
pub(crate) trait Backend: Send + Sync + 'static {
    /// A group's changes as they are to be logged and written back, with what the backend adds to them. `newest` gives the
    /// stored entry of a key.
    fn stored(&self, changes: Changes, _: Revision, _newest: Newest<'_>) -> Result<Changes, Error> {
        Ok(changes)
    }

    /// A stored entry as it was put. Not after a group that ends it was logged.
    fn readable(&self, stored: Entry) -> Result<Entry, Error> {
        Ok(stored)
    }

    /// The entry of a key, expired or not.
    fn get(&self, key: &str) -> Result<Option<Entry>, Error>;

    /// The first `limit` entries of the range whose keys are not hidden, expired or not, in key order.
    fn scan(
        &self,
        range: &Range,
        limit: usize,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Entry>, Error>;

    /// Whether there is room to write. An error here leaves the store as it is, so it is asked before `log`.
    fn room(&self) -> Result<(), Error>;

    /// Makes a group durable, without changing the entries, and what it ended unreadable. False, and nothing was done, where
    /// this half of the log is full.
    fn log(&self, changes: &Changes, revision: Revision) -> Result<bool, Error>;

    /// Goes on with the other half of the log, which was written back. Every group fits into an empty one.
    fn turn(&self);

    /// Gives the entries the newest state of all keys in the half of the log that is full, durable; its last group has this
    /// revision.
    fn write_back(&self, logged: &Changes, revision: Revision) -> Result<(), Error>;
}

/// What tells the newest stored entry of a key.
pub(crate) type Newest<'a> = &'a dyn Fn(&str) -> Result<Option<Entry>, Error>;

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
        let write_back = WriteBack::start(Arc::clone(&shared))?;
        let writer = Writer::new(Arc::clone(&shared), write_back, revision, due);
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
        let range = range.without_before(FIRST_KEY);
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
    /// Notes that the disk did not confirm something. Nothing more is ever written then: what it holds is unknown, and a
    /// second try could succeed without the first one's data.
    fn fail(&self, error: Error) -> Error {
        let error = error.followed_by("the store takes no more writes until it is opened anew");
        tracing::error!(%error, cause = ?std::error::Error::source(&error), "the store stops writing");
        let _ = self.failed.set(error.clone());
        self.view.feed().close(error.clone());
        error
    }

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
