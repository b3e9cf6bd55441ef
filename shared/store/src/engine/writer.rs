//! The one thread that writes.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use super::group::Group;
use super::{Backend, Changes, Shared, WriteBack};
use crate::{Batch, Error, ErrorKind, Revision};

/// A group takes no further batch past this [`weight`](super::weight). With the last batch, which may weigh more than as
/// much again, and what expired, it fits into every log.
pub(crate) const MAX_GROUP_WEIGHT: usize = 1 << 19;
/// The most expired keys removed by one commit.
const MAX_SWEPT: usize = 256;
/// The longest sleep, because the machine's clock can be set.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The wait after a sweep that could not be written.
const SWEEP_AGAIN: Duration = Duration::from_secs(5);

pub(super) enum Command {
    Commit(Request),
    /// The clock was moved: look what has expired.
    Wake,
    Stop,
}

pub(super) struct Request {
    pub(super) batch: Batch,
    pub(super) reply: oneshot::Sender<Result<Revision, Error>>,
}

pub(super) struct Writer<B> {
    shared: Arc<Shared<B>>,
    write_back: WriteBack,
    /// The last revision given out.
    revision: Revision,
    /// The keys that expire, by the time at which they do.
    due: BTreeSet<(SystemTime, String)>,
    /// Not before this time another sweep is tried.
    sweep_after: Option<Instant>,
}

/// What woke the writer.
enum Work {
    Group(Vec<Request>),
    Stop(Vec<Request>),
}

impl<B: Backend> Writer<B> {
    pub(super) fn new(
        shared: Arc<Shared<B>>,
        write_back: WriteBack,
        revision: Revision,
        due: impl IntoIterator<Item = (SystemTime, String)>,
    ) -> Self {
        Self { shared, write_back, revision, due: due.into_iter().collect(), sweep_after: None }
    }

    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        loop {
            match self.wait(commands) {
                Work::Group(requests) => self.work(requests),
                Work::Stop(requests) => {
                    self.work(requests);
                    return;
                }
            }
        }
    }

    /// Waits for something to do, and takes everything that waits with it.
    fn wait(&self, commands: &Receiver<Command>) -> Work {
        let first = match self.longest_wait() {
            Some(timeout) => commands.recv_timeout(timeout),
            None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let mut next = match first {
            Ok(command) => Some(command),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Work::Stop(Vec::new()),
        };
        let mut requests = Vec::new();
        let mut weight = 0;
        while let Some(command) = next {
            match command {
                Command::Commit(request) => {
                    weight += request.batch.weight();
                    requests.push(request);
                }
                Command::Wake => {}
                Command::Stop => return Work::Stop(requests),
            }
            next = if weight < MAX_GROUP_WEIGHT { commands.try_recv().ok() } else { None };
        }
        Work::Group(requests)
    }

    fn longest_wait(&self) -> Option<Duration> {
        if self.shared.failed.get().is_some() {
            return None;
        }
        let (time, _) = self.due.first()?;
        let wait = self.shared.clock.wait_for(*time)?.min(LONGEST_WAIT);
        let pause = self.sweep_after.map(|time| time.saturating_duration_since(Instant::now()));
        Some(wait.max(pause.unwrap_or_default()))
    }

    /// Writes the batches and whatever has expired, and answers.
    fn work(&mut self, requests: Vec<Request>) {
        let (batches, replies): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|it| (it.batch, it.reply)).unzip();
        let answers = match self.write(batches) {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); replies.len()],
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that no longer waits has its batch written all the same.
            let _ = reply.send(answer);
        }
    }

    /// Answers for every batch, in their order; the error is that of all of them.
    fn write(&mut self, batches: Vec<Batch>) -> Result<Vec<Result<Revision, Error>>, Error> {
        let shared = Arc::clone(&self.shared);
        if let Some(error) = shared.failed.get() {
            return Err(error.clone());
        }
        let now = shared.clock.now();
        let mut group = Group::new(&shared.view, &shared.backend, self.revision, now);
        self.sweep(&mut group, now);
        let answers = batches.into_iter().map(|batch| group.admit(batch)).collect();
        let (changes, commits, revision) = group.into_parts();
        if !commits.is_empty() {
            shared.backend.room().inspect_err(|_| self.sweep_after = Some(Instant::now() + SWEEP_AGAIN))?;
            let changes = self.make_durable(changes, revision)?;
            shared.commits.fetch_add(commits.len() as u64, Ordering::Relaxed);
            self.note_due(&changes);
            shared.view.publish(changes, commits, revision);
            self.revision = revision;
        }
        Ok(answers)
    }

    fn sweep(&mut self, group: &mut Group<'_, B>, now: SystemTime) {
        let due = self.due.iter().take_while(|(time, _)| *time <= now).map(|(_, key)| key.as_str());
        match group.sweep(due.take(MAX_SWEPT)) {
            Ok(()) => self.sweep_after = None,
            Err(error) => {
                tracing::error!(%error, "expired keys could not be removed");
                self.sweep_after = Some(Instant::now() + SWEEP_AGAIN);
            }
        }
    }

    /// Logs the changes and waits for the disk. The changes as they are stored.
    fn make_durable(&mut self, changes: Changes, revision: Revision) -> Result<Changes, Error> {
        let shared = Arc::clone(&self.shared);
        set(&shared.barrier_began, Some(Instant::now()));
        let done = self.store(changes, revision);
        set(&shared.barrier_began, None);
        match done {
            Ok(stored) => {
                shared.barriers.fetch_add(1, Ordering::Relaxed);
                Ok(stored)
            }
            Err(error) => Err(shared.failed.get().cloned().unwrap_or_else(|| shared.fail(error))),
        }
    }

    fn store(&mut self, changes: Changes, revision: Revision) -> Result<Changes, Error> {
        let Shared { view, backend, .. } = &*self.shared;
        let stored = backend.stored(changes, revision, &|key| view.newest(backend, key))?;
        view.hold(backend, &stored)?;
        self.log(&stored, revision)?;
        Ok(stored)
    }

    fn log(&mut self, changes: &Changes, revision: Revision) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        if shared.backend.log(changes, revision)? {
            return Ok(());
        }
        if !self.write_back.wait() {
            return Err(Error::new(ErrorKind::Io, "the store's second thread has ended"));
        }
        if let Some(error) = shared.failed.get() {
            return Err(error.clone());
        }
        shared.view.turn();
        shared.backend.turn();
        self.write_back.begin();
        match shared.backend.log(changes, revision)? {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Io, "a group does not fit into an empty log")),
        }
    }

    fn note_due(&mut self, changes: &Changes) {
        for (key, change) in changes {
            if let Some(time) = change.before.and_then(|before| before.expires) {
                self.due.remove(&(time, key.clone()));
            }
            if let Some(time) = change.after.as_ref().and_then(|entry| entry.expires) {
                self.due.insert((time, key.clone()));
            }
        }
    }
}

impl<B> Drop for Writer<B> {
    fn drop(&mut self) {
        // Also when the thread ends by a panic: nobody waits for ever.
        self.shared.view.feed().close(self.shared.ended());
    }
}

fn set<T>(place: &std::sync::Mutex<T>, value: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = value;
}
