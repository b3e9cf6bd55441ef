//! The log in front of the database: what the newest groups changed, durable with one write and one `fdatasync`.
//!
//! A barrier of the database ends with an fsync of a file that grows, and with it a commit of the file system's journal. The log
//! is a file of fixed length that is written over: nothing but data changes. So a group is durable in the log first, and the
//! database gets many groups at once. The file has two halves: while the database takes over what is in one, groups go to the
//! other, and neither waits.
//!
//! A record is one group: the revision before it, the revision after it, the length and the checksum of what follows, and
//! then each key with its new entry. Records lie one behind the other from the beginning of a half on. A half ends where a
//! record does not match its checksum, or does not go on from the revision of the one before: what lies there is from an
//! earlier turn, or was being written when the power went.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::{Buf, BufMut, Bytes};

use super::barrier::sync;
use crate::batch::{from_millis, to_millis};
use crate::engine::Changes;
use crate::{Entry, Error, Revision};

/// The length of a half, which every group fits in.
const HALF: usize = 2 << 20;
/// The length of the file.
const LENGTH: usize = 2 * HALF;
/// Revision before, revision after, length, checksum.
const HEADER: usize = 8 + 8 + 4 + 8;
/// What is behind a key.
const ABSENT: u8 = 0;
/// One more where the value is stored so that it can be shredded.
const PRESENT: u8 = 1;

/// The log, opened for writing.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    path: PathBuf,
    /// Where the half that is written to begins.
    half: usize,
    /// Where in it the next record goes.
    end: usize,
    /// The revision that the next record goes on from.
    reached: Revision,
    record: Vec<u8>,
}

/// What one record says: the state of keys after a group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Logged {
    pub(super) before: Revision,
    pub(super) revision: Revision,
    pub(super) entries: BTreeMap<String, Option<Entry>>,
}

impl Log {
    /// Opens the folder's log, which is made where it is missing or was not finished, and reads what is in it.
    pub(super) fn open(folder: &Path) -> Result<(Self, Vec<Logged>), Error> {
        let path = folder.join("log");
        let failed = |doing, error| failed(doing, &path, error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(|error| failed("opening", error))?;
        let length = file.metadata().map_err(|error| failed("reading", error))?.len();
        // Older ones have one half. Of one that was not finished nothing was ever written.
        let whole = if length == LENGTH as u64 || length == HALF as u64 { length as usize } else { 0 };
        let mut halves = Vec::new();
        for begin in (0..whole).step_by(HALF) {
            let mut bytes = vec![0; HALF];
            file.read_exact_at(&mut bytes, begin as u64).map_err(|error| failed("reading", error))?;
            halves.push(read(&bytes));
        }
        if length != LENGTH as u64 {
            let made = file.write_all_at(&vec![0; LENGTH - whole], whole as u64);
            let made = made.and_then(|()| file.set_len(LENGTH as u64)).and_then(|()| file.sync_all());
            made.map_err(|error| failed("writing", error))?;
            sync(folder)?;
        }
        halves.sort_by_key(|half| half.first().map(|first| first.before));
        let logged = halves.into_iter().flatten().collect();
        Ok((Self { file, path, half: 0, end: 0, reached: Revision::ZERO, record: Vec::new() }, logged))
    }

    /// Begins anew, behind a revision that is durable in the database.
    pub(super) fn restart(&mut self, durable: Revision) {
        self.end = 0;
        self.reached = durable;
    }

    /// Goes on with the other half, of which the database has all.
    pub(super) fn turn(&mut self) {
        self.half = HALF - self.half;
        self.end = 0;
    }

    /// Makes a group durable. False, and nothing was done, where it does not fit.
    pub(super) fn append(&mut self, changes: &Changes, revision: Revision) -> Result<bool, Error> {
        encode(&mut self.record, changes, self.reached, revision);
        if self.end + self.record.len() > HALF {
            return Ok(false);
        }
        let written = self
            .file
            .write_all_at(&self.record, (self.half + self.end) as u64)
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| failed("writing", &self.path, error))?;
        self.end += self.record.len();
        self.reached = revision;
        Ok(true)
    }
}

fn failed(doing: &str, path: &Path, error: io::Error) -> Error {
    Error::io(format!("{doing} {} failed", path.display()), error)
}

fn encode(record: &mut Vec<u8>, changes: &Changes, before: Revision, revision: Revision) {
    record.clear();
    record.resize(HEADER, 0);
    for (key, change) in changes {
        put_bytes(record, key.as_bytes());
        record.put_u8(change.after.as_ref().map_or(ABSENT, |entry| PRESENT + u8::from(entry.shreddable)));
        if let Some(entry) = &change.after {
            record.put_u64(entry.revision.get());
            // Zero is no expiry, so the milliseconds are kept one up.
            record.put_u64(entry.expires.map_or(0, |time| to_millis(time) + 1));
            put_bytes(record, &entry.value);
        }
    }
    let length = u32::try_from(record.len() - HEADER).unwrap_or(u32::MAX);
    let mut header = Vec::with_capacity(HEADER);
    header.put_u64(before.get());
    header.put_u64(revision.get());
    header.put_u32(length);
    header.put_u64(checksum(&header, &record[HEADER..]));
    record[..HEADER].copy_from_slice(&header);
}

fn put_bytes(record: &mut Vec<u8>, bytes: &[u8]) {
    record.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    record.put_slice(bytes);
}

/// The records from the beginning of a half up to its end.
fn read(log: &[u8]) -> Vec<Logged> {
    let mut rest = log;
    let mut logged: Vec<Logged> = Vec::new();
    while let Some((next, behind)) = read_one(rest) {
        if logged.last().is_some_and(|last| last.revision != next.before) || next.revision <= next.before {
            break;
        }
        logged.push(next);
        rest = behind;
    }
    logged
}

/// The record that `log` begins with, and what lies behind it.
fn read_one(log: &[u8]) -> Option<(Logged, &[u8])> {
    let (header, rest) = log.split_first_chunk::<HEADER>()?;
    let mut numbers = &header[..];
    let (before, revision) = (Revision::new(numbers.get_u64()), Revision::new(numbers.get_u64()));
    let (content, rest) = rest.split_at_checked(usize::try_from(numbers.get_u32()).ok()?)?;
    if numbers.get_u64() != checksum(&header[..HEADER - 8], content) {
        return None;
    }
    let mut content = Bytes::copy_from_slice(content);
    let mut entries = BTreeMap::new();
    while !content.is_empty() {
        let key = String::from_utf8(take_bytes(&mut content)?.to_vec()).ok()?;
        let entry = match content.try_get_u8().ok()? {
            ABSENT => None,
            kind => {
                let shreddable = kind > PRESENT;
                let revision = Revision::new(content.try_get_u64().ok()?);
                let expires = content.try_get_u64().ok()?.checked_sub(1).map(from_millis);
                let value = take_bytes(&mut content)?;
                Some(Entry { key: key.clone(), value, revision, expires, shreddable })
            }
        };
        entries.insert(key, entry);
    }
    Some((Logged { before, revision, entries }, rest))
}

fn take_bytes(content: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(content.try_get_u32().ok()?).ok()?;
    (length <= content.len()).then(|| content.split_to(length))
}

/// FNV-1a over words of eight bytes, mixed: the same on every machine and for ever. It tells a torn record from a whole one;
/// who changes files on purpose is kept off by sealing, not by this.
fn checksum(header: &[u8], content: &[u8]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for part in [header, content] {
        for word in part.chunks(8) {
            let mut bytes = [0; 8];
            bytes[..word.len()].copy_from_slice(word);
            sum = (sum ^ u64::from_le_bytes(bytes)).wrapping_mul(0x0000_0100_0000_01b3);
            sum ^= sum >> 29;
        }
    }
    sum
}
