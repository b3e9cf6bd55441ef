//! Follows a tenant's registers: a snapshot, then changes; after a break, the changes since.

use std::{sync::Arc, time::Duration};

use proto::registers::v1::{
    Register, WatchRegistersRequest, WatchRegistersResponse, register_service_client::RegisterServiceClient,
    watch_registers_response::Event,
};
use runtime::{
    Link, Refusal,
    names::{self, Id, Name},
};
use store::Revision;
use tonic::{Code, Status};

use super::{Document, Snapshot, View};

/// The pause before a watch that broke is made anew.
const PAUSE: Duration = Duration::from_millis(500);

/// Keeps `view` true for as long as it runs.
pub(super) async fn follow(client: RegisterServiceClient<Link>, tenant: Id, view: Arc<View>) {
    // The last event; empty where a snapshot is needed.
    let mut last = String::new();
    loop {
        let Err(status) = follow_once(&client, &tenant, &view, &mut last).await;
        if status.code() == Code::OutOfRange {
            last.clear();
        }
        tracing::warn!(%tenant, code = ?status.code(), "the watch of registers broke; it will be made anew");
        view.lost(status);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Follows until the stream breaks; what was told until then is in `view`, and `last` names it.
async fn follow_once(
    client: &RegisterServiceClient<Link>,
    tenant: &Id,
    view: &View,
    last: &mut String,
) -> Result<std::convert::Infallible, Status> {
    let request = WatchRegistersRequest { parent: format!("tenants/{tenant}"), after: last.clone() };
    let mut events = client.clone().watch_registers(request).await?.into_inner();
    let mut snapshot = last.is_empty().then(Snapshot::default);
    if snapshot.is_none() {
        view.resumed();
    }
    while let Some(WatchRegistersResponse { event, etag }) = events.message().await? {
        let revision = revision(&etag)?;
        match (event, &mut snapshot) {
            (Some(Event::Put(register)), Some(snapshot)) => {
                let (unit, key, document) = read(&register)?;
                snapshot.put(unit, &key, document);
                // Half a snapshot is nothing to go on after.
                continue;
            }
            (Some(Event::SnapshotEnd(_)), snapshot) => {
                view.replace(snapshot.take().unwrap_or_default(), revision);
            }
            (Some(Event::Put(register)), None) => {
                let (unit, key, document) = read(&register)?;
                view.put(unit, &key, document, revision);
            }
            (Some(Event::Unreadable(name)), Some(snapshot)) => {
                let Name { parent, id } = parse(&name)?;
                snapshot.hide(parent.unit, &id);
                continue;
            }
            (Some(Event::Unreadable(name)), None) => {
                let Name { parent, id } = parse(&name)?;
                view.hide(parent.unit, &id, revision);
            }
            (Some(Event::Deleted(name)), None) => {
                let Name { parent, id } = parse(&name)?;
                view.delete(&parent.unit, &id, revision);
            }
            (Some(Event::Deleted(_)), Some(_)) | (None, _) => continue,
        }
        *last = etag;
    }
    Err(Status::unavailable("the registers service ended a watch"))
}

fn read(register: &Register) -> Result<(Option<Id>, Id, Document), Status> {
    let Name { parent, id } = parse(&register.name)?;
    Ok((parent.unit, id, Document::new(&register.text, &register.layer, &register.etag)))
}

fn parse(name: &str) -> Result<Name, Status> {
    Name::parse("name", "registers", name).map_err(unexpected)
}

fn revision(etag: &str) -> Result<Revision, Status> {
    Ok(names::revision("etag", etag).map_err(unexpected)?.unwrap_or(Revision::ZERO))
}

fn unexpected(refusal: Refusal) -> Status {
    Status::internal(format!("the registers service told something unexpected: {refusal}"))
}
