//! Reads and writes over the database.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bytes::BytesMut;

use super::barrier::Barrier;
use super::contain::{Database, damaged};
use super::log::{Log, Logged};
use super::passed::Passed;
use super::record::{self, HEADS_END, PIECE, SUMMARY_KEY, Summary};
use crate::engine::{Backend, Before, Change, Changes, weight};
use crate::{Entry, Error, ErrorKind, Range, Revision};

pub(crate) struct Sled {
    // Fields are dropped in this order: the lock goes last.
    pub(super) db: Database,
    pub(super) summary: Mutex<Summary>,
    pub(super) durability: Mutex<Durability>,
    pub(super) barrier: Mutex<Barrier>,
    pub(super) mark: File,
    pub(super) folder: PathBuf,
    pub(super) reserve_bytes: u64,
    /// Locked while the store is open.
    pub(super) _lock: File,
}

/// What a change makes the database write is this times its [`weight`] at most: a page is written anew for every tenth change
/// to it and holds up to 20 records of little more than 4 KiB, so a short change can cost 8 KiB, and a long one thrice its
/// length.
pub(super) const AMPLIFIED: usize = 8;

/// The most keys that are written back with one batch: sled lets nobody read while it applies one, and writes a piece of its log
/// for each.
const AT_ONCE: usize = 128;

/// What makes groups durable, before the database does.
#[derive(Debug)]
pub(super) struct Durability {
    pub(super) log: Log,
    /// What is in the half of the log that is written to, by [`weight`].
    pub(super) pending: usize,
    /// How much there may be, so that the database never writes more than is safe between two times that it is made durable.
    pub(super) most_pending: usize,
}

impl Backend for Sled {
    fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        let record_key = record::head_key(key);
        let head = self.db.call("reading", |db| db.get(&record_key)).map_err(|error| error.with_key(key))?;
        head.map(|head| self.entry(&record_key, &head)).transpose()
    }

    fn scan(
        &self,
        range: &Range,
        limit: usize,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Entry>, Error> {
        let from = record::head_key(range.start());
        let to = range.end().map_or_else(|| HEADS_END.to_vec(), record::head_key);
        let heads = self.db.call("scanning", |db| {
            let mut passed = Passed::default();
            let heads = db.range(from..to).filter(|head| match head {
                Ok((key, _)) => !record::key_of(key).is_some_and(is_hidden),
                Err(_) => true,
            });
            let heads = heads.map(|head| {
                let (key, head) = head?;
                passed.note(db, &key, &head)?;
                Ok((key, head))
            });
            heads.take(limit).collect::<Result<Vec<_>, _>>()
        })?;
        heads.iter().map(|(key, head)| self.entry(key, head)).collect()
    }

    fn room(&self) -> Result<(), Error> {
        let disk = rustix::fs::statvfs(&self.folder).map_err(|error| {
            Error::io(format!("asking for the room at {} failed", self.folder.display()), error.into())
        })?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < self.reserve_bytes {
            let text = format!(
                "{} has {free} bytes left, and writes stop below {}; make room",
                self.folder.display(),
                self.reserve_bytes
            );
            return Err(Error::new(ErrorKind::Full, text));
        }
        Ok(())
    }

    fn log(&self, changes: &Changes, revision: Revision) -> Result<bool, Error> {
        let weight = changes.iter().map(|(key, change)| weigh(key, change)).sum::<usize>();
        let mut durability = self.durability.lock().unwrap_or_else(PoisonError::into_inner);
        let full = durability.pending > 0 && durability.pending + weight > durability.most_pending;
        if full || !durability.log.append(changes, revision)? {
            return Ok(false);
        }
        durability.pending += weight;
        self.note(revision);
        Ok(true)
    }

    fn turn(&self) {
        let mut durability = self.durability.lock().unwrap_or_else(PoisonError::into_inner);
        durability.log.turn();
        durability.pending = 0;
    }

    fn write_back(&self, logged: &Changes, revision: Revision) -> Result<(), Error> {
        let mut changes = logged.iter().peekable();
        while changes.peek().is_some() {
            // Whoever crashes in between has the log, and a summary of what there is.
            let reached = self.summary.lock().unwrap_or_else(PoisonError::into_inner).revision;
            self.apply(changes.by_ref().take(AT_ONCE), reached)?;
        }
        self.apply([], revision)?;
        self.settle()
    }
}

impl Sled {
    /// How many entries were applied and are there.
    pub(super) fn entries(&self) -> u64 {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner).entries
    }

    /// Gives keys the state after the changes, and notes the revision that all keys have reached then.
    fn apply<'a>(
        &self,
        changes: impl IntoIterator<Item = (&'a String, &'a Change)>,
        revision: Revision,
    ) -> Result<(), Error> {
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Summary { revision, ..*summary };
        let mut batch = sled::Batch::default();
        for (key, change) in changes {
            if let Some(before) = &change.before {
                next.remove(key, before.revision);
            }
            match &change.after {
                Some(after) => {
                    next.add(key, after.revision);
                    put(&mut batch, after);
                }
                None => batch.remove(record::head_key(key)),
            }
            let pieces = |length: Option<usize>| length.map_or(0, record::pieces);
            let after = change.after.as_ref().map(|after| after.value.len());
            for number in pieces(after)..pieces(change.before.map(|before| before.length)) {
                batch.remove(record::piece_key(key, number));
            }
        }
        batch.insert(SUMMARY_KEY, next.encode());
        self.db.call("writing", |db| db.apply_batch(batch))?;
        *summary = next;
        Ok(())
    }

    fn most_pending(&self) -> usize {
        self.durability.lock().unwrap_or_else(PoisonError::into_inner).most_pending
    }

    /// Makes the database itself durable.
    fn settle(&self) -> Result<(), Error> {
        self.db.call("flushing", |db| db.flush())?;
        self.barrier.lock().unwrap_or_else(PoisonError::into_inner).sync()
    }

    /// Applies what the log holds and the database lost, and makes all of it durable. The revision that comes of it.
    pub(super) fn replay(&self, logged: Vec<Logged>) -> Result<Revision, Error> {
        let mut reached = self.summary.lock().unwrap_or_else(PoisonError::into_inner).revision;
        let (mut pending, most_pending) = (0, self.most_pending());
        for Logged { before, revision, entries } in logged {
            if revision <= reached {
                continue;
            }
            if before != reached {
                let text =
                    format!("the database ends at revision {reached}, and its log goes on from {before}");
                return Err(damaged(&text));
            }
            let mut changes = Changes::new();
            for (key, after) in entries {
                let before = self.get(&key)?.as_ref().map(Before::of);
                changes.insert(key, Change { before, after });
            }
            let weight = changes.iter().map(|(key, change)| weigh(key, change)).sum::<usize>();
            if pending + weight > most_pending {
                self.settle()?;
                pending = 0;
            }
            self.apply(&changes, revision)?;
            pending += weight;
            reached = revision;
        }
        self.settle()?;
        self.durability.lock().unwrap_or_else(PoisonError::into_inner).log.restart(reached);
        Ok(reached)
    }

    /// The entry whose head this is.
    fn entry(&self, record_key: &[u8], head: &[u8]) -> Result<Entry, Error> {
        let (mut entry, length) =
            record::decode(record_key, head).ok_or_else(|| record::unknown(record_key))?;
        let pieces = record::pieces(length);
        if pieces > 0 {
            let mut value = BytesMut::with_capacity(length);
            for number in 0..pieces {
                value.extend_from_slice(&self.piece(&entry.key, number, length)?);
            }
            entry.value = value.freeze();
        }
        Ok(entry)
    }

    /// Writes down how far the store is durable. Not synced: an older mark promises less, so it does no harm.
    fn note(&self, revision: Revision) {
        if let Err(error) = self.mark.write_all_at(&super::open::mark(revision), 0) {
            tracing::warn!(%error, "the store's mark could not be written");
        }
    }
}

fn weigh(key: &str, change: &Change) -> usize {
    weight(key.len(), change.after.as_ref().map_or(0, |entry| entry.value.len()))
}

fn put(batch: &mut sled::Batch, entry: &Entry) {
    batch.insert(record::head_key(&entry.key), record::encode(entry));
    for number in 0..record::pieces(entry.value.len()) {
        let begin = number * PIECE;
        let end = (begin + PIECE).min(entry.value.len());
        batch.insert(record::piece_key(&entry.key, number), &entry.value[begin..end]);
    }
}
