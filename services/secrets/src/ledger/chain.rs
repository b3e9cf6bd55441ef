//! The chain: how an entry becomes a line, and how a line is proved.
//!
//! A line is `{"sequence":N,"time":"…","previous":"…",` and the members of the entry, `,"hash":"…"}`. The hash is the SHA-256 of
//! all that stands before `,"hash":` in the line, the hash of the line before among it, so that any tool can compute it:
//! `printf %s "${line%,\"hash\":*}" | sha256sum`.

use std::fmt::{self, Write as _};

use data_encoding::HEXLOWER;
use ring::digest;

use super::entry::Entry;

const HASH_LENGTH: usize = 32;
const BEFORE_SEQUENCE: &str = "{\"sequence\":";
const BEFORE_PREVIOUS: &str = "\"previous\":\"";
const BEFORE_HASH: &str = ",\"hash\":\"";
const AFTER_HASH: &str = "\"}";

/// The hash of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; HASH_LENGTH]);

impl Hash {
    /// What stands in the place of the entry before the first.
    pub const NONE: Self = Self([0; HASH_LENGTH]);

    fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; HASH_LENGTH];
        hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(hash)
    }

    /// Reads lower-case hexadecimal, the one way it is written.
    fn read(hex: &[u8]) -> Option<Self> {
        HEXLOWER.decode(hex).ok()?.try_into().ok().map(Self)
    }
}

impl std::str::FromStr for Hash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        Self::read(text.as_bytes()).ok_or(NoHash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&HEXLOWER.encode_display(&self.0), f)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no hash.
#[derive(Debug, thiserror::Error)]
#[error("is no hash: expected 64 digits of lower-case hexadecimal")]
pub struct NoHash;

/// How far a chain goes: the number and the hash of its last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry; they count from 1, and 0 says that there is none.
    pub sequence: u64,
    /// The hash of that entry.
    pub hash: Hash,
}

impl Head {
    /// The head of a chain without entries.
    pub const START: Self = Self { sequence: 0, hash: Hash::NONE };

    /// Appends the line of an entry that follows this one, with its line end, and gives the new head.
    ///
    /// All entries wait for this, one behind the other, so it allocates nothing.
    pub(super) fn append(self, time: &str, entry: &Entry, lines: &mut String) -> Self {
        let start = lines.len();
        let sequence = self.sequence + 1;
        let _ = write!(lines, "{BEFORE_SEQUENCE}{sequence},\"time\":\"{time}\",{BEFORE_PREVIOUS}");
        HEXLOWER.encode_append(&self.hash.0, lines);
        lines.push_str("\",");
        lines.push_str(entry.members());
        let hash = Hash::of(lines.get(start..).unwrap_or_default().as_bytes());
        lines.push_str(BEFORE_HASH);
        HEXLOWER.encode_append(&hash.0, lines);
        lines.push_str(AFTER_HASH);
        lines.push('\n');
        Self { sequence, hash }
    }

    /// The head after this line, which must be the entry that follows.
    pub(super) fn after(self, line: &Line) -> Result<Self, Problem> {
        if line.sequence != self.sequence + 1 {
            return Err(Problem::Sequence { after: self.sequence, found: line.sequence });
        }
        if line.previous != self.hash {
            return Err(Problem::Previous);
        }
        Ok(line.head())
    }
}

/// A line whose hash is that of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) sequence: u64,
    pub(super) previous: Hash,
    hash: Hash,
}

impl Line {
    /// Reads a line without its line end.
    pub(super) fn read(line: &[u8]) -> Result<Self, Problem> {
        let (text, hash) = split(line).ok_or(Problem::Form)?;
        if Hash::of(text) != hash {
            return Err(Problem::Hash);
        }
        let rest = text.strip_prefix(BEFORE_SEQUENCE.as_bytes()).ok_or(Problem::Form)?;
        let mut members = rest.splitn(3, |byte| *byte == b',');
        let mut next = || members.next().ok_or(Problem::Form);
        let (sequence, _time, rest) = (next()?, next()?, next()?);
        let sequence = std::str::from_utf8(sequence).ok().and_then(|text| text.parse().ok());
        let previous =
            rest.strip_prefix(BEFORE_PREVIOUS.as_bytes()).and_then(|rest| rest.get(..2 * HASH_LENGTH));
        Ok(Self {
            sequence: sequence.ok_or(Problem::Form)?,
            previous: previous.and_then(Hash::read).ok_or(Problem::Form)?,
            hash,
        })
    }

    /// The head of the chain that ends with this line.
    pub(super) fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.hash }
    }

    /// The head of the chain that this line continues, as it says itself.
    pub(super) fn before(&self) -> Head {
        Head { sequence: self.sequence.saturating_sub(1), hash: self.previous }
    }
}

/// What is hashed, and the hash.
fn split(line: &[u8]) -> Option<(&[u8], Hash)> {
    let line = line.strip_suffix(AFTER_HASH.as_bytes())?;
    let (line, hash) = line.split_at_checked(line.len().checked_sub(2 * HASH_LENGTH)?)?;
    Some((line.strip_suffix(BEFORE_HASH.as_bytes())?, Hash::read(hash)?))
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not of the form.
    #[error("is no whole entry of a ledger")]
    Form,
    /// It was changed.
    #[error("was changed: its hash is not that of its text")]
    Hash,
    /// Something is missing or was put in before it, or it stands in another place.
    #[error("stands after entry {after} and has the number {found}: entries were removed, put in or moved")]
    Sequence {
        /// The number of the entry before.
        after: u64,
        /// Its own number.
        found: u64,
    },
    /// The entry before is not the one that was there when it was written.
    #[error("does not continue the entry before it: that one was changed, or this is of another ledger")]
    Previous,
    /// The checkpoint of the ledger, or the one that was asked for, names another hash for it.
    #[error("is not the entry that the checkpoint names: the ledger was written anew from here or earlier")]
    Checkpoint,
    /// The file ends before it.
    #[error("is missing: the ledger had as many entries at least, and the last ones were cut off")]
    Missing,
}
