//! What the store holds of a secret: a record while it is there, and for ever a mark of its highest version.

mod terms;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use prost::Message;

pub(crate) use terms::Binding;

/// The format of a value that somebody put.
const FORMAT: u32 = 2;
/// The same for a value that a run saved of an answer. That it is of this format says so, and is bound to the value.
const SAVED_FORMAT: u32 = 3;
/// The format before it, which is still read: it knew an origin and a version, and nothing else of a value's use.
const FIRST_FORMAT: u32 = 1;
/// The only format of a mark.
const MARK_FORMAT: u32 = 1;

/// What is known of a secret's value, and the value, sealed. All but the times of writing and `updated_by` decides over the
/// use of the value and is bound to it as associated data: see [`Binding`].
///
/// A version that overlaps its successor stays as the record that it was, under a key of its own. Which version that is, and
/// until when, is bound to the successor.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Record {
    #[prost(uint32, tag = "1")]
    format: u32,
    /// The origin it may be sent to.
    #[prost(string, tag = "2")]
    pub(crate) scope: String,
    /// Counts the values it had, from 1.
    #[prost(uint64, tag = "3")]
    pub(crate) version: u64,
    /// When the secret was first put.
    #[prost(message, required, tag = "4")]
    pub(crate) created: prost_types::Timestamp,
    /// When this value was put.
    #[prost(message, required, tag = "5")]
    pub(crate) updated: prost_types::Timestamp,
    /// Who put this value.
    #[prost(string, tag = "6")]
    pub(crate) updated_by: String,
    /// The value, sealed.
    #[prost(bytes = "bytes", tag = "7")]
    pub(crate) sealed: Bytes,
    /// The origins that tokens may go to which were got with it, in order; none: the scope alone.
    #[prost(string, repeated, tag = "8")]
    token_origins: Vec<String>,
    /// When the value ends, in seconds since 1970; 0: never.
    #[prost(uint64, tag = "9")]
    expires: u64,
    /// The version that is in use beside it; 0: none.
    #[prost(uint64, tag = "10")]
    previous: u64,
    /// When that version ends, in seconds since 1970.
    #[prost(uint64, tag = "11")]
    previous_until: u64,
    /// The adapter whose run saved it; empty where somebody put it.
    #[prost(string, tag = "12")]
    pub(crate) saved_by: String,
    /// The step of the run that saved it.
    #[prost(string, tag = "13")]
    saved_in: String,
}

/// The highest version that a name ever had. It outlives the secret, so that a deleted secret's old record, put back
/// by somebody with access to the store, does not open, and a later value never takes an old version's number.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct Mark {
    #[prost(uint32, tag = "1")]
    format: u32,
    /// The highest version.
    #[prost(uint64, tag = "2")]
    pub(crate) version: u64,
    /// Whether the secret of that version is gone.
    #[prost(bool, tag = "3")]
    pub(crate) deleted: bool,
}

/// Bytes that are not of this format. Why is of no use to anybody: they were not written here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the record is damaged, or was written by a newer Outgate")]
pub(crate) struct Damaged;

/// Everything a record is made of, before the value is sealed into it.
pub(crate) struct Parts {
    pub(crate) scope: String,
    pub(crate) version: u64,
    pub(crate) created: prost_types::Timestamp,
    pub(crate) updated: prost_types::Timestamp,
    pub(crate) updated_by: String,
    /// In any order; none: the scope alone.
    pub(crate) token_origins: Vec<String>,
    /// Cut to whole seconds.
    pub(crate) expires: Option<SystemTime>,
    pub(crate) previous: Option<Previous>,
    /// Where a run saves it.
    pub(crate) saved: Option<Saved>,
}

/// What is known of a value that a run saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saved {
    /// The adapter.
    pub(crate) adapter: String,
    /// What tells the step of the run from others.
    pub(crate) request_id: String,
}

/// The version that is in use beside a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Previous {
    pub(crate) version: u64,
    /// From then on it is refused; whole seconds.
    pub(crate) until: SystemTime,
}

impl Record {
    /// A record whose value is still to be sealed into it.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { scope, version, created, updated, updated_by, mut token_origins, .. } = parts;
        let Parts { expires, previous, saved, .. } = parts;
        let format = if saved.is_some() { SAVED_FORMAT } else { FORMAT };
        let (saved_by, saved_in) =
            saved.map_or_else(Default::default, |saved| (saved.adapter, saved.request_id));
        token_origins.sort_unstable();
        token_origins.dedup();
        Self {
            format,
            scope,
            version,
            created,
            updated,
            updated_by,
            sealed: Bytes::new(),
            token_origins,
            expires: expires.map_or(0, since_1970),
            previous: previous.map_or(0, |previous| previous.version),
            previous_until: previous.map_or(0, |previous| since_1970(previous.until)),
            saved_by,
            saved_in,
        }
    }

    /// Reads exactly what [`write`](Self::write) writes: a field that is not known, or that the record's format does not
    /// have, is damage.
    pub(crate) fn read(bytes: &Bytes) -> Result<Self, Damaged> {
        let record = Self::decode(bytes.clone()).map_err(|_| Damaged)?;
        let overlaps = (record.previous == 0) == (record.previous_until == 0);
        let fits = match record.format {
            FORMAT => overlaps && record.saved().is_none(),
            SAVED_FORMAT => overlaps && record.saved().is_some(),
            FIRST_FORMAT => record.knows_no_more_than_the_first(),
            _ => false,
        };
        if fits && record.write() == bytes { Ok(record) } else { Err(Damaged) }
    }

    pub(crate) fn write(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    /// The origins that tokens may go to which were got with it.
    pub(crate) fn token_origins(&self) -> &[String] {
        match &self.token_origins[..] {
            [] => std::slice::from_ref(&self.scope),
            named => named,
        }
    }

    /// When the value ends.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        (self.expires > 0).then(|| UNIX_EPOCH + Duration::from_secs(self.expires))
    }

    /// The version that is in use beside this one, whether or not its time is over.
    pub(crate) fn previous(&self) -> Option<Previous> {
        let until = UNIX_EPOCH + Duration::from_secs(self.previous_until);
        (self.previous > 0).then_some(Previous { version: self.previous, until })
    }

    /// By which run it was saved, where it was not put.
    pub(crate) fn saved(&self) -> Option<Saved> {
        let (adapter, request_id) = (self.saved_by.clone(), self.saved_in.clone());
        (!adapter.is_empty() || !request_id.is_empty()).then_some(Saved { adapter, request_id })
    }

    fn knows_no_more_than_the_first(&self) -> bool {
        self.saved().is_none()
            && self.token_origins.is_empty()
            && self.expires == 0
            && self.previous == 0
            && self.previous_until == 0
    }
}

impl Mark {
    pub(crate) fn new(version: u64, deleted: bool) -> Self {
        Self { format: MARK_FORMAT, version, deleted }
    }

    pub(crate) fn read(bytes: &Bytes) -> Result<Self, Damaged> {
        Self::decode(bytes.clone()).ok().filter(|mark| mark.format == MARK_FORMAT).ok_or(Damaged)
    }

    pub(crate) fn write(&self) -> Bytes {
        self.encode_to_vec().into()
    }
}

fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
