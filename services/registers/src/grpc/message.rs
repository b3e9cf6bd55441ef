//! Registers as the contract shows them.

use bytes::Bytes;
use proto::registers::v1::{
    self as wire, Register, RegisterRevision, SnapshotEnd, WatchRegistersResponse,
    watch_registers_response::Event,
};
use runtime::{
    Refusal,
    names::{self, Name},
};
use store::Revision;

use crate::{
    book::{self, Current, Past},
    damaged, key, layout,
    record::{Change, Stamp},
    watch::Told,
};

/// A register with all its fields.
///
/// # Errors
/// INTERNAL when what is stored does not parse.
pub(super) fn whole(register: book::Register) -> Result<Register, Refusal> {
    let book::Register { name, revision, stamp, content } = register;
    let value = content.value()?.to_json().into();
    let layer = content.layer.unwrap_or_default();
    Ok(Register { text: content.text, layer, value, ..stamped(&name, revision, stamp) })
}

/// A register without its contents.
pub(super) fn listed(name: &Name, current: Current) -> Register {
    stamped(name, current.revision, current.head.stamp)
}

/// An entry of a history.
pub(super) fn past(name: &Name, past: Past) -> RegisterRevision {
    let Past { revision, change, stamp, content } = past;
    let (text, layer) = content.map(|content| (content.text, content.layer)).unwrap_or_default();
    let register = Register { text, layer: layer.unwrap_or_default(), ..stamped(name, revision, stamp) };
    let change = match change {
        Change::Unknown => wire::Change::Unspecified,
        Change::Put => wire::Change::Put,
        Change::Patch => wire::Change::Patch,
        Change::Delete => wire::Change::Delete,
    };
    RegisterRevision { register: Some(register), change: change.into() }
}

/// A message of a watch. Within the snapshot it carries no etag: whoever is cut off there begins anew, as an empty
/// `after` asks.
pub(super) fn told(told: Told) -> WatchRegistersResponse {
    let (event, etag) = match told {
        Told::There(register) => (there(register), String::new()),
        Told::SnapshotEnd(revision) => (Event::SnapshotEnd(SnapshotEnd {}), names::etag(revision)),
        Told::Written(register) => {
            let etag = names::etag(register.revision);
            (there(register), etag)
        }
        Told::Deleted(name, revision) => (Event::Deleted(key::display(&name)), names::etag(revision)),
        Told::Unreadable(name, revision) => {
            (Event::Unreadable(key::display(&name)), revision.map(names::etag).unwrap_or_default())
        }
    };
    WatchRegistersResponse { event: Some(event), etag }
}

/// A register that is there, as far as what is stored parses.
fn there(register: book::Register) -> Event {
    let name = register.name.clone();
    whole(register).map_or_else(
        |refusal| {
            damaged::report(&layout::head(&name), &refusal);
            Event::Unreadable(key::display(&name))
        },
        Event::Put,
    )
}

fn stamped(name: &Name, revision: Revision, stamp: Stamp) -> Register {
    let Stamp { created, updated, author, copied_from } = stamp;
    Register {
        name: key::display(name),
        text: Bytes::new(),
        layer: Bytes::new(),
        value: Bytes::new(),
        etag: names::etag(revision),
        shared_etag: copied_from.map(|revision| names::etag(Revision::new(revision))).unwrap_or_default(),
        create_time: Some(created),
        update_time: Some(updated),
        updated_by: author,
    }
}
