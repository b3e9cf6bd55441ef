//! How a definition is kept: a format byte, then the contract's message without what the store knows better.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use proto::{errors::v1::Reason, integrations::v1::Integration};
use runtime::{
    Refusal,
    names::{Id, Name, Parent},
};
use store::{Entry, Revision};

use super::{etag, shown};

/// What every key begins with; tenant and id follow.
pub(super) const PREFIX: &str = "integrations/";
/// The format of a record. Fields that the contract adds to the message need no new one.
const FORMAT: u8 = 1;

/// The key of a definition.
pub(super) fn key(name: &Name) -> String {
    format!("{PREFIX}{}/{}", name.parent.tenant, name.id)
}

/// The definition that a key is for.
pub(super) fn name(key: &str) -> Result<Name, Refusal> {
    let parsed = key.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/')).and_then(|(tenant, id)| {
        let parent = Parent { tenant: Id::parse("key", tenant).ok()?, unit: None };
        Some(Name { parent, id: Id::parse("key", id).ok()? })
    });
    parsed.ok_or_else(|| {
        Refusal::new(Reason::Internal, "the store holds a key that no integration has")
            .because(format!("key {}", key.escape_debug()))
    })
}

/// The record of a definition.
pub(super) fn encode(message: &Integration) -> Bytes {
    let kept = Integration { name: String::new(), etag: String::new(), ..message.clone() };
    let mut record = BytesMut::with_capacity(1 + kept.encoded_len());
    record.put_u8(FORMAT);
    record.put(kept.encode_to_vec().as_slice());
    record.freeze()
}

/// The definition of a record.
pub(super) fn decode(name: &Name, entry: &Entry) -> Result<Integration, Refusal> {
    match entry.value.split_first() {
        Some((&FORMAT, message)) => Integration::decode(message)
            .map(|message| complete(name, message, entry.revision))
            .map_err(|error| unusable(name, error)),
        Some((format, _)) => Err(unusable(name, format!("format {format} is not known to this version"))),
        None => Err(unusable(name, "the record is empty")),
    }
}

/// A message with what the store knows of it.
pub(super) fn complete(name: &Name, message: Integration, revision: Revision) -> Integration {
    Integration { name: shown(name), etag: etag(revision), ..message }
}

/// A record that this version cannot use.
pub(super) fn unusable(name: &Name, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Refusal {
    let text = format!(
        "the kept definition of integration `{}` cannot be read; write it anew, whole, or delete it",
        name.id
    );
    Refusal::new(Reason::Internal, text).because(cause)
}
