//! How entries lie in the database.
//!
//! One tree holds three kinds of records, told apart by the first byte of their keys:
//!
//! | key | record |
//! |---|---|
//! | `00` | the [`Summary`]: format, last revision, number of entries, fingerprint |
//! | `01` key | the head of an entry: format, revision, expiry, length, and the value where it is short |
//! | `02` key `00` number | a piece of a longer value |
//!
//! Numbers are big-endian. Long values are cut in pieces because sled moves a page past 128 KiB into a file of its own,
//! which it neither syncs nor always removes; a page holds up to 20 records, so none may be much longer than a piece.
//! Records carry no checksum of their own: sled checks one over each page it reads from the disk.

use std::hash::Hasher;
use std::time::SystemTime;

use bytes::Bytes;

use super::contain::damaged;
use crate::batch::{MAX_BATCH_BYTES, from_millis, to_millis};
use crate::{Entry, Error, Revision};

/// The format that this code writes, the first byte of heads and of the summary.
const FORMAT: u8 = 1;
/// The same of an entry whose value is stored so that it can be shredded.
const SHREDDABLE: u8 = 2;
/// The longest value that is kept in the head, and the length of every piece but the last.
pub(crate) const PIECE: usize = 4096;
/// Format, revision, expiry, length.
const HEAD: usize = 1 + 8 + 8 + 4;

pub(crate) const SUMMARY_KEY: &[u8] = &[0];
const HEADS: u8 = 1;
const PIECES: u8 = 2;

/// The key of an entry's head.
pub(crate) fn head_key(key: &str) -> Vec<u8> {
    let mut record = Vec::with_capacity(1 + key.len());
    record.push(HEADS);
    record.extend_from_slice(key.as_bytes());
    record
}

/// The key of the entry whose head's key this is.
pub(crate) fn key_of(head_key: &[u8]) -> Option<&str> {
    std::str::from_utf8(head_key.strip_prefix(&[HEADS])?).ok()
}

/// The first key behind the heads.
pub(crate) const HEADS_END: &[u8] = &[PIECES];

/// The key of one piece of a value. Keys hold no NUL, so the pieces of one key lie together.
pub(crate) fn piece_key(key: &str, number: usize) -> Vec<u8> {
    let mut record = Vec::with_capacity(1 + key.len() + 5);
    record.push(PIECES);
    record.extend_from_slice(key.as_bytes());
    record.push(0);
    record.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
    record
}

/// In how many pieces a value of that length lies, beside its head.
pub(crate) fn pieces(length: usize) -> usize {
    if length > PIECE { length.div_ceil(PIECE) } else { 0 }
}

/// The head of an entry, as it is written.
pub(crate) fn encode(entry: &Entry) -> Vec<u8> {
    let inline: &[u8] = if pieces(entry.value.len()) == 0 { &entry.value } else { &[] };
    let length = u32::try_from(entry.value.len()).unwrap_or(u32::MAX);
    // Zero is no expiry, so the milliseconds are kept one up.
    let expires = entry.expires.map_or(0, |time| to_millis(time) + 1);
    let mut record = Vec::with_capacity(HEAD + inline.len());
    record.push(if entry.shreddable { SHREDDABLE } else { FORMAT });
    record.extend_from_slice(&entry.revision.get().to_be_bytes());
    record.extend_from_slice(&expires.to_be_bytes());
    record.extend_from_slice(&length.to_be_bytes());
    record.extend_from_slice(inline);
    record
}

/// The head of an entry, as it was read.
pub(crate) struct Head<'a> {
    pub(crate) key: &'a str,
    pub(crate) revision: Revision,
    pub(crate) expires: Option<SystemTime>,
    pub(crate) shreddable: bool,
    /// How long the value is.
    pub(crate) length: usize,
    /// The value, which is empty where it lies in pieces.
    pub(crate) inline: &'a [u8],
}

impl<'a> Head<'a> {
    /// None: these bytes were not written by [`encode`].
    pub(crate) fn decode(record_key: &'a [u8], record: &'a [u8]) -> Option<Self> {
        let key = key_of(record_key)?;
        let (head, inline) = record.split_first_chunk::<HEAD>()?;
        let (format, numbers) = head.split_first()?;
        let (revision, numbers) = numbers.split_first_chunk::<8>()?;
        let (expires, length) = numbers.split_first_chunk::<8>()?;
        let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
        let expected = if pieces(length) == 0 { length } else { 0 };
        if ![FORMAT, SHREDDABLE].contains(format) || length > MAX_BATCH_BYTES || inline.len() != expected {
            return None;
        }
        let expires = u64::from_be_bytes(*expires).checked_sub(1).map(from_millis);
        let revision = Revision::new(u64::from_be_bytes(*revision));
        let shreddable = *format == SHREDDABLE;
        Some(Self { key, revision, expires, shreddable, length, inline })
    }
}

/// The entry of a head as it was read, whose value is missing where it lies in pieces, and the length of that. None: as
/// [`Head::decode`].
pub(crate) fn decode(record_key: &[u8], record: &[u8]) -> Option<(Entry, usize)> {
    let Head { key, revision, expires, shreddable, length, inline } = Head::decode(record_key, record)?;
    let value = Bytes::copy_from_slice(inline);
    Some((Entry { key: key.to_owned(), value, revision, expires, shreddable }, length))
}

/// What is said of a record that is no head.
pub(crate) fn unknown(record_key: &[u8]) -> Error {
    damaged(&format!("the record {:?} has no known form", String::from_utf8_lossy(record_key)))
}

/// What the whole store amounts to: written with every group, and compared at every start with what is there, because
/// damage to sled's log can make records vanish without an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) revision: Revision,
    pub(crate) entries: u64,
    /// The sum of a hash over key and revision of every entry.
    pub(crate) fingerprint: u64,
}

impl Summary {
    const LENGTH: usize = 1 + 3 * 8;

    pub(crate) fn add(&mut self, key: &str, revision: Revision) {
        self.entries = self.entries.wrapping_add(1);
        self.fingerprint = self.fingerprint.wrapping_add(hash(key, revision));
    }

    pub(crate) fn remove(&mut self, key: &str, revision: Revision) {
        self.entries = self.entries.wrapping_sub(1);
        self.fingerprint = self.fingerprint.wrapping_sub(hash(key, revision));
    }

    /// Adds the entries of a summary that has none of these; the revision stays.
    pub(crate) fn append(&mut self, other: &Self) {
        self.entries = self.entries.wrapping_add(other.entries);
        self.fingerprint = self.fingerprint.wrapping_add(other.fingerprint);
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(Self::LENGTH);
        record.push(FORMAT);
        for number in [self.revision.get(), self.entries, self.fingerprint] {
            record.extend_from_slice(&number.to_be_bytes());
        }
        record
    }

    pub(crate) fn decode(record: &[u8]) -> Option<Self> {
        let (format, numbers) = record.split_first()?;
        let (numbers, rest) = numbers.as_chunks::<8>();
        let &[revision, entries, fingerprint] = numbers else { return None };
        let summary = Self {
            revision: Revision::new(u64::from_be_bytes(revision)),
            entries: u64::from_be_bytes(entries),
            fingerprint: u64::from_be_bytes(fingerprint),
        };
        (*format == FORMAT && rest.is_empty()).then_some(summary)
    }
}

/// FNV-1a, the same on every machine and for ever, and mixed so that its sums say something.
fn hash(key: &str, revision: Revision) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    hasher.write(key.as_bytes());
    hasher.write(&revision.get().to_be_bytes());
    hasher.finish()
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 33)
    }
}
