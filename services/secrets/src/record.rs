//! What the store holds of a secret: a record while it is there, and for ever a mark of its highest version.

use bytes::Bytes;
use prost::Message;

/// The only format there is. A record of another one is refused, never guessed at.
const FORMAT: u32 = 1;

/// What is known of a secret, and its sealed value. All but the times and `updated_by` is bound to the value as
/// associated data.
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

/// Everything a record is made of.
pub(crate) struct Parts {
    pub(crate) scope: String,
    pub(crate) version: u64,
    pub(crate) created: prost_types::Timestamp,
    pub(crate) updated: prost_types::Timestamp,
    pub(crate) updated_by: String,
    pub(crate) sealed: Vec<u8>,
}

impl Record {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { scope, version, created, updated, updated_by, sealed } = parts;
        Self { format: FORMAT, scope, version, created, updated, updated_by, sealed: sealed.into() }
    }

    pub(crate) fn read(bytes: &Bytes) -> Result<Self, Damaged> {
        Self::decode(bytes.clone()).ok().filter(|record| record.format == FORMAT).ok_or(Damaged)
    }

    pub(crate) fn write(&self) -> Bytes {
        self.encode_to_vec().into()
    }
}

impl Mark {
    pub(crate) fn new(version: u64, deleted: bool) -> Self {
        Self { format: FORMAT, version, deleted }
    }

    pub(crate) fn read(bytes: &Bytes) -> Result<Self, Damaged> {
        Self::decode(bytes.clone()).ok().filter(|mark| mark.format == FORMAT).ok_or(Damaged)
    }

    pub(crate) fn write(&self) -> Bytes {
        self.encode_to_vec().into()
    }
}

#[cfg(test)]
mod tests;
