//! What is in the database, looked at once at a start: damage to sled's log can make records vanish without an error.
//!
//! With many records this is most of a start, and most of it is sled reading its pages; so nothing is copied here that is not
//! kept. (A second thread that reads from the other end takes a sixth off on two idle processors, for a quarter more of their
//! time, and makes it slower where they are busy: the two wait for each other in the allocator, which each has free the other's
//! pages.)

use std::time::SystemTime;

use sled::IVec;

use super::backend::Sled;
use super::contain::damaged;
use super::passed::Passed;
use super::record::{self, HEADS_END, Head, PIECE, SUMMARY_KEY, Summary};
use crate::Error;

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

impl Sled {
    /// Reads every record once.
    pub(super) fn survey(&self) -> Result<Found, Error> {
        let mut found = Found::default();
        self.db.call("reading", |db| {
            let mut passed = Passed::default();
            for record in db.iter() {
                let (key, record) = record?;
                passed.note(db, &key, &record)?;
                if let Err(error) = self.count(&mut found, &key, &record) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        })??;
        let Found { expected, pieces, .. } = found;
        if pieces != expected {
            return Err(damaged(&format!("{pieces} parts of values are there, not {expected}")));
        }
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
