//! What is in the database, looked at once at a start: damage to sled's log can make records vanish without an error.
//!
//! With many records this is most of a start, and most of it is sled reading its pages; so nothing is copied here that is not
//! kept, and two threads read, one from either end, until they meet.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use sled::IVec;

use super::backend::Sled;
use super::contain::damaged;
use super::passed::Passed;
use super::record::{self, HEADS_END, Head, PIECE, SUMMARY_KEY, Summary};
use crate::Error;

/// How many records a thread reads before it looks how far the other has come.
const STRIDE: usize = 1024;

/// Where a thread begins.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// The key that each thread has come to.
#[derive(Default)]
struct Come {
    from_first: Option<IVec>,
    from_last: Option<IVec>,
}

impl Come {
    /// Takes records that were read on from one end: those that the other thread has not, which are the first of them.
    fn take(&mut self, end: End, records: &mut Vec<(IVec, IVec)>) {
        let (own, other) = match end {
            End::First => (&mut self.from_first, &self.from_last),
            End::Last => (&mut self.from_last, &self.from_first),
        };
        if let Some(other) = other {
            let left = records.partition_point(|(key, _)| match end {
                End::First => key < other,
                End::Last => key > other,
            });
            records.truncate(left);
        }
        if let Some((key, _)) = records.last() {
            *own = Some(key.clone());
        }
    }
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// What comes of the entries; without the revision of the whole.
    pub(super) summary: Summary,
    /// The keys that expire, and when.
    pub(super) due: Vec<(SystemTime, String)>,
    /// How many pieces of values the entries have.
    expected: usize,
    /// How many there are.
    pieces: usize,
}

impl Found {
    fn append(&mut self, other: Self) {
        let Self { summary, due, expected, pieces } = other;
        self.summary.append(&summary);
        self.due.extend(due);
        self.expected += expected;
        self.pieces += pieces;
    }
}

impl Sled {
    /// Reads every record once.
    pub(super) fn survey(&self) -> Result<Found, Error> {
        let come = Mutex::default();
        let found = thread::scope(|scope| {
            let other = thread::Builder::new()
                .name("store survey".to_owned())
                .spawn_scoped(scope, || self.read_from(End::Last, &come))
                .map_err(|error| {
                    Error::io("a second thread to read the store with was not to be had", error)
                })?;
            let mut found = self.read_from(End::First, &come)?;
            found.append(other.join().unwrap_or_else(|panic| resume_unwind(panic))?);
            Ok::<_, Error>(found)
        })?;
        let Found { expected, pieces, .. } = found;
        if pieces != expected {
            return Err(damaged(&format!("{pieces} parts of values are there, not {expected}")));
        }
        Ok(found)
    }

    /// Reads from one end on, until the other thread is met.
    fn read_from(&self, end: End, come: &Mutex<Come>) -> Result<Found, Error> {
        let mut found = Found::default();
        self.db.call("reading", |db| {
            let (mut passed, mut all, mut records) =
                (Passed::default(), db.iter(), Vec::with_capacity(STRIDE));
            loop {
                records.clear();
                while records.len() < STRIDE
                    && let Some(record) = match end {
                        End::First => all.next(),
                        End::Last => all.next_back(),
                    }
                {
                    records.push(record?);
                }
                come.lock().unwrap_or_else(PoisonError::into_inner).take(end, &mut records);
                for (key, record) in &records {
                    passed.note(db, key, record)?;
                    if let Err(error) = self.count(&mut found, key, record) {
                        return Ok(Err(error));
                    }
                }
                if records.len() < STRIDE {
                    return Ok(Ok(()));
                }
            }
        })??;
        Ok(found)
    }

    fn count(&self, found: &mut Found, record_key: &[u8], record: &[u8]) -> Result<(), Error> {
        if record_key >= HEADS_END {
            found.pieces += 1;
        } else if record_key != SUMMARY_KEY {
            let head = Head::decode(record_key, record).ok_or_else(|| record::unknown(record_key))?;
            for number in 0..record::pieces(head.length) {
                self.piece(head.key, number, head.length)?;
                found.expected += 1;
            }
            found.summary.add(head.key, head.revision);
            found.due.extend(head.expires.map(|time| (time, head.key.to_owned())));
        }
        Ok(())
    }

    /// One piece of a value of that length.
    pub(super) fn piece(&self, key: &str, number: usize, length: usize) -> Result<IVec, Error> {
        let piece_key = record::piece_key(key, number);
        let piece = self.db.call("reading", |db| db.get(&piece_key))?;
        let expected = (length - number * PIECE).min(PIECE);
        let piece = piece.filter(|piece| piece.len() == expected);
        piece.ok_or_else(|| damaged("a part of a value is missing").with_key(key))
    }
}
