//! The bounded history of events, and the watches that read from it.
//!
//! Watches pull: each holds the revision it has reached and takes the rest out of the shared history. So there is no
//! queue per watch that could overflow; a watch that falls behind the history finds out when it comes back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::watch;

use crate::{Error, Event, Options, Revision};

/// The most events that a watch takes out of the history under one lock.
const MAX_TAKEN: usize = 256;

/// The events of one commit, which are all of one revision.
pub(crate) type Commit = Vec<Event>;

#[derive(Debug)]
pub(crate) struct Feed {
    history: Mutex<History>,
    /// Tells waiting watches that the history has grown or was closed. Holds the newest revision.
    moved: watch::Sender<Revision>,
}

#[derive(Debug)]
struct History {
    commits: VecDeque<(Revision, Arc<Commit>)>,
    events: usize,
    bytes: usize,
    max_events: usize,
    max_bytes: usize,
    /// Everything after this revision is in `commits`.
    floor: Revision,
    /// The revision up to which everything has happened.
    newest: Revision,
    closed: Option<Error>,
}

impl Feed {
    /// An empty history that begins behind `revision`.
    pub(crate) fn new(revision: Revision, options: &Options) -> Self {
        let history = History {
            commits: VecDeque::new(),
            events: 0,
            bytes: 0,
            max_events: options.history_events,
            max_bytes: options.history_bytes,
            floor: revision,
            newest: revision,
            closed: None,
        };
        Self { history: Mutex::new(history), moved: watch::Sender::new(revision) }
    }

    /// Adds commits, in the order of their revisions, and wakes the watches.
    pub(crate) fn publish(&self, commits: Vec<Commit>) {
        let mut history = self.lock();
        for commit in commits {
            history.push(commit);
        }
        let newest = history.newest;
        drop(history);
        self.moved.send_replace(newest);
    }

    /// Ends every watch with this error, when it has delivered what is there. Only the first closing counts.
    pub(crate) fn close(&self, error: Error) {
        self.lock().closed.get_or_insert(error);
        self.moved.send_modify(|_| {});
    }

    /// The events of keys with this prefix, after that revision.
    pub(crate) fn watch(
        self: &Arc<Self>,
        prefix: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Event, Error>>, Error> {
        let history = self.lock();
        history.reaches(after)?;
        drop(history);
        let watch = Watch {
            feed: Arc::clone(self),
            moved: self.moved.subscribe(),
            prefix: prefix.to_owned(),
            reached: after,
            taken: VecDeque::new(),
            ended: false,
        };
        Ok(stream::unfold(watch, Watch::next).boxed())
    }

    fn lock(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History {
    fn push(&mut self, commit: Commit) {
        let Some(revision) = commit.first().map(Event::revision) else { return };
        self.events += commit.len();
        self.bytes += commit.iter().map(weight).sum::<usize>();
        self.newest = revision;
        self.commits.push_back((revision, Arc::new(commit)));
        while self.commits.len() > 1 && (self.events > self.max_events || self.bytes > self.max_bytes) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((revision, commit)) = self.commits.pop_front() {
            self.events -= commit.len();
            self.bytes -= commit.iter().map(weight).sum::<usize>();
            self.floor = revision;
        }
    }

    fn reaches(&self, after: Revision) -> Result<(), Error> {
        if after < self.floor {
            let text = format!(
                "the events after revision {after} are gone, they begin after {}; list again",
                self.floor
            );
            return Err(Error::compacted(text));
        }
        if after > self.newest {
            let text =
                format!("the store has not reached revision {after}, it is at {}; list again", self.newest);
            return Err(Error::compacted(text));
        }
        Ok(())
    }

    /// The commits after `reached`, as many as make about [`MAX_TAKEN`] events.
    fn take_after(&self, reached: Revision) -> Result<Vec<Arc<Commit>>, Error> {
        self.reaches(reached)?;
        let begin = self.commits.partition_point(|(revision, _)| *revision <= reached);
        let mut events = 0;
        let mut taken = Vec::new();
        for (_, commit) in self.commits.range(begin..) {
            if events >= MAX_TAKEN {
                break;
            }
            events += commit.len();
            taken.push(Arc::clone(commit));
        }
        Ok(taken)
    }
}

/// What an event takes in memory, nearly.
fn weight(event: &Event) -> usize {
    let value = match event {
        Event::Put(entry) => entry.value.len(),
        Event::Delete { .. } => 0,
    };
    size_of::<Event>() + event.key().len() + value
}

/// One reader of the history.
struct Watch {
    feed: Arc<Feed>,
    moved: watch::Receiver<Revision>,
    prefix: String,
    /// Every event up to here was taken.
    reached: Revision,
    taken: VecDeque<Event>,
    ended: bool,
}

impl Watch {
    async fn next(mut self) -> Option<(Result<Event, Error>, Self)> {
        loop {
            if let Some(event) = self.taken.pop_front() {
                return Some((Ok(event), self));
            }
            if self.ended {
                return None;
            }
            match self.take() {
                Ok(true) => {}
                // The sender lives in the feed that this watch holds, so waiting ends with a move alone.
                Ok(false) => self.ended = self.moved.changed().await.is_err(),
                Err(error) => {
                    self.ended = true;
                    return Some((Err(error), self));
                }
            }
        }
    }

    /// Takes what has happened; false when nothing has.
    fn take(&mut self) -> Result<bool, Error> {
        // Marked as seen before looking, so that what comes in between wakes the wait.
        self.moved.mark_unchanged();
        let history = self.feed.lock();
        let commits = history.take_after(self.reached)?;
        let closed = history.closed.clone();
        drop(history);
        if commits.is_empty() {
            return closed.map_or(Ok(false), Err);
        }
        for commit in commits {
            self.reached = commit.first().map_or(self.reached, Event::revision);
            self.taken.extend(commit.iter().filter(|event| event.key().starts_with(&self.prefix)).cloned());
        }
        Ok(true)
    }
}
