//! What the store holds of registers, in bytes: a format number, then a protobuf message of this crate's own.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost_types::Timestamp;
use proto::errors::v1::Reason;
use runtime::Refusal;

/// The format that this release writes, and the only one it reads.
const FORMAT: u8 = 1;

/// What is there now under a name.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Head {
    /// The number of the newest write, counted per register from 1.
    #[prost(uint64, tag = "1")]
    pub(crate) number: u64,
    /// Whether that write deleted the register. The head stays, so that a later register of this name goes on
    /// counting and no writer mistakes it for the one it read.
    #[prost(bool, tag = "2")]
    pub(crate) deleted: bool,
    #[prost(message, required, tag = "3")]
    pub(crate) stamp: Stamp,
    /// The bytes of its content, encoded; 0 where it was written before they were counted.
    #[prost(uint64, tag = "4")]
    pub(crate) bytes: u64,
}

/// When, by whom, and from where.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Stamp {
    #[prost(message, required, tag = "1")]
    pub(crate) created: Timestamp,
    #[prost(message, required, tag = "2")]
    pub(crate) updated: Timestamp,
    #[prost(string, tag = "3")]
    pub(crate) author: String,
    /// Of a copy: the store's revision of the shared register it was made of.
    #[prost(uint64, optional, tag = "4")]
    pub(crate) copied_from: Option<u64>,
}

/// One write.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Write {
    #[prost(enumeration = "Change", tag = "1")]
    pub(crate) change: i32,
    #[prost(message, required, tag = "2")]
    pub(crate) stamp: Stamp,
    /// Where what was written is; none for a deletion.
    #[prost(oneof = "Place", tags = "3, 4")]
    pub(crate) place: Option<Place>,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Change {
    Unknown = 0,
    Put = 1,
    Patch = 2,
    Delete = 3,
}

/// Where the content of a write is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Place {
    /// In the record.
    #[prost(message, tag = "3")]
    Here(Content),
    /// Beside it: the encoded content, cut into parts.
    #[prost(message, tag = "4")]
    Beside(Chunks),
}

/// The parts of a content.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Chunks {
    /// Tells the parts of this attempt from those of attempts that failed.
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    /// How many there are.
    #[prost(uint32, tag = "2")]
    pub(crate) parts: u32,
}

/// What a register says.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Content {
    /// The author's text, byte for byte.
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) text: Bytes,
    /// What runs wrote: a JSON merge patch over the text.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(crate) layer: Option<Bytes>,
}

/// The bytes of a record.
pub(crate) fn encode(record: &impl Message) -> Bytes {
    let mut out = BytesMut::with_capacity(1 + record.encoded_len());
    out.put_u8(FORMAT);
    out.put_slice(&record.encode_to_vec());
    out.freeze()
}

/// The record in some bytes that lie at `key`.
///
/// # Errors
/// INTERNAL for another format, and for bytes that are no record.
pub(crate) fn decode<R: Message + Default>(key: &str, bytes: &Bytes) -> Result<R, Refusal> {
    match bytes.first() {
        Some(&FORMAT) => {}
        Some(other) => {
            return Err(damaged(key, format!("its format is {other}, and this release reads {FORMAT}")));
        }
        None => return Err(damaged(key, "it is empty".to_owned())),
    }
    R::decode(bytes.slice(1..)).map_err(|error| damaged(key, error.to_string()))
}

/// The fault of a record that cannot be what was written.
pub(crate) fn damaged(key: &str, what: String) -> Refusal {
    let text = "a stored register cannot be read, and the log names the record; put its text anew or delete it, unless a \
                newer release wrote it";
    Refusal::new(Reason::Internal, text).because(format!("record {key}: {what}"))
}

/// Whether a fault is that of one register, which hides no other.
pub(crate) fn is_damage(refusal: &Refusal) -> bool {
    refusal.reason() == Reason::Internal
}

#[cfg(test)]
mod tests;
