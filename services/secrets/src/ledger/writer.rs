//! The one thread that writes: all that waits becomes one write and one barrier.

use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
    sync::{
        Arc, PoisonError,
        mpsc::{Receiver, RecvError},
    },
    time::{Duration, Instant, SystemTime},
};

use seal::KeyRing;
use tokio::sync::oneshot;

use super::{
    Options, Shared, chain::Head, checkpoint::Checkpoint, entry::Entry, error::LedgerError, segment::Segment,
};

/// A group takes no further request past this many bytes.
const MAX_GROUP_BYTES: usize = 1 << 20;
/// How often the checkpoint itself is made durable. Between two of these a power cut may take it back; it is then
/// behind the entries, which are not.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

pub(super) enum Command {
    Record(Request),
    /// Seals the checkpoint with the active key of now, behind what waits already.
    Renew(oneshot::Sender<Result<(), LedgerError>>),
    Stop,
}

/// What is done in one turn, in this order.
#[derive(Default)]
struct Turn {
    requests: Vec<Request>,
    renewals: Vec<oneshot::Sender<Result<(), LedgerError>>>,
    stop: bool,
}

/// Entries that follow each other, and who waits for the number of the last.
///
/// They go back with it: to free the memory of so many others is no work for the one thread that all of them wait for, and
/// makes them wait for the allocator's locks, too.
pub(super) struct Request {
    pub(super) entries: Vec<Entry>,
    pub(super) reply: oneshot::Sender<(Result<u64, LedgerError>, Vec<Entry>)>,
}

/// How far readers may read.
#[derive(Clone, Debug)]
pub(super) struct Position {
    pub(super) head: Head,
    /// The file that is written to.
    pub(super) segment: Segment,
    /// How much of it is durable.
    pub(super) bytes: u64,
}

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) ring: Arc<KeyRing>,
    pub(super) folder: PathBuf,
    pub(super) options: Options,
    pub(super) file: File,
    pub(super) checkpoint: Checkpoint,
    pub(super) at: Position,
    /// The lines of the group that is being written. Kept, as memory that the system gives anew for every group costs more than
    /// what is done with it.
    pub(super) lines: String,
    /// When the checkpoint was made durable last.
    pub(super) marked: Instant,
}

/// Why a group was not written.
enum Failure {
    /// Nothing of it is in the file; the next one may succeed.
    Passing(LedgerError),
    /// What the disk holds is unknown, and a second try could succeed without the first one's data.
    Lasting(LedgerError),
}

impl Writer {
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        loop {
            let Turn { requests, renewals, stop } = wait(commands);
            if !requests.is_empty() {
                self.work(requests);
            }
            if !renewals.is_empty() {
                let renewed = self.renew();
                for reply in renewals {
                    let _ = reply.send(renewed.clone());
                }
            }
            if stop {
                break;
            }
        }
        if let Err(error) = self.checkpoint.sync() {
            tracing::error!(%error, cause = ?std::error::Error::source(&error), "the checkpoint of the audit ledger");
        }
    }

    /// Writes a group, and answers everybody in it.
    fn work(&mut self, requests: Vec<Request>) {
        let written = self.write(&requests);
        self.shared.note(written.as_ref().err());
        let mut sequence = self.at.head.sequence - written.as_ref().copied().unwrap_or_default();
        for Request { entries, reply } in requests {
            sequence += entries.len() as u64;
            // Whoever gave up waiting has an entry all the same.
            let _ = reply.send((written.as_ref().map(|_| sequence).map_err(Clone::clone), entries));
        }
    }

    fn renew(&mut self) -> Result<(), LedgerError> {
        if let Some(error) = self.shared.broken.get() {
            return Err(error.clone());
        }
        let renewed = self.checkpoint.renew(&self.ring, self.at.head);
        if let Err(error) = &renewed {
            let _ = self.shared.broken.set(error.clone());
        }
        renewed
    }

    /// Gives the number of entries.
    fn write(&mut self, requests: &[Request]) -> Result<u64, LedgerError> {
        if let Some(error) = self.shared.broken.get() {
            return Err(error.clone());
        }
        let time = prost_types::Timestamp::from(SystemTime::now()).to_string();
        self.lines.clear();
        let mut head = self.at.head;
        for entry in requests.iter().flat_map(|request| &request.entries) {
            head = head.append(&time, entry, &mut self.lines);
        }
        self.append(head).map_err(|failure| match failure {
            Failure::Passing(error) => error,
            Failure::Lasting(error) => {
                let _ = self.shared.broken.set(error.clone());
                error
            }
        })?;
        Ok(requests.iter().map(|request| request.entries.len() as u64).sum())
    }

    fn append(&mut self, head: Head) -> Result<(), Failure> {
        self.options.room(&self.folder).map_err(Failure::Passing)?;
        if self.at.bytes >= self.options.segment_bytes {
            self.begin_segment()?;
        }
        if let Err(error) = self.file.write_all(self.lines.as_bytes()) {
            let error = self.failed("writing", error);
            // What came to be written of it was never answered for.
            return match self.file.set_len(self.at.bytes) {
                Ok(()) => Err(Failure::Passing(error)),
                Err(_) => Err(Failure::Lasting(error)),
            };
        }
        self.file.sync_data().map_err(|error| Failure::Lasting(self.failed("syncing", error)))?;
        self.at.bytes += self.lines.len() as u64;
        self.at.head = head;
        self.checkpoint.write(&self.ring, head).map_err(Failure::Lasting)?;
        if self.marked.elapsed() >= CHECKPOINT_EVERY {
            self.mark().map_err(Failure::Lasting)?;
        }
        *self.shared.position.write().unwrap_or_else(PoisonError::into_inner) = self.at.clone();
        Ok(())
    }

    fn begin_segment(&mut self) -> Result<(), Failure> {
        self.mark().map_err(Failure::Lasting)?;
        let segment = Segment::new(&self.folder, self.at.head.sequence + 1);
        let made = segment.create(&self.folder);
        self.file = made.map_err(|error| Failure::Passing(self.failed("making a file after", error)))?;
        self.at = Position { head: self.at.head, segment, bytes: 0 };
        Ok(())
    }

    fn mark(&mut self) -> Result<(), LedgerError> {
        self.marked = Instant::now();
        self.checkpoint.sync()
    }

    fn failed(&self, doing: &str, error: io::Error) -> LedgerError {
        LedgerError::io(format!("{doing} {} failed", self.at.segment.path.display()), error)
    }
}

/// Waits for something to do, and takes everything that waits with it.
fn wait(commands: &Receiver<Command>) -> Turn {
    let mut next = match commands.recv() {
        Ok(command) => Some(command),
        Err(RecvError) => return Turn { stop: true, ..Turn::default() },
    };
    let (mut turn, mut bytes) = (Turn::default(), 0);
    while let Some(command) = next {
        match command {
            Command::Stop => return Turn { stop: true, ..turn },
            Command::Renew(reply) => turn.renewals.push(reply),
            Command::Record(request) => {
                bytes += request.entries.iter().map(|entry| entry.members().len()).sum::<usize>();
                turn.requests.push(request);
            }
        }
        next = if bytes < MAX_GROUP_BYTES { commands.try_recv().ok() } else { None };
    }
    turn
}
