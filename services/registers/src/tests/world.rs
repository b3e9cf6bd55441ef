//! What the tests stand on: a service over a store, a clock, and clients of several callers.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use proto::registers::v1::{
    DeleteRegisterRequest, GetRegisterRequest, ListRevisionsRequest, PatchRegisterRequest,
    PutRegisterRequest, Register, RegisterRevision, Resolution, WatchRegistersRequest,
    WatchRegistersResponse, register_service_client::RegisterServiceClient,
};
use runtime::{
    Caller, Link, Role,
    identity::{Identity, Tenants},
    names::Id,
    quota::Quotas,
};
use store::{ManualClock, MemoryStore, Store};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming, service::Routes};
use tonic_types::StatusExt;

use crate::{Config, MAX_ANSWER, Service};

pub(super) type Client = RegisterServiceClient<Link>;

/// A shared register of the tenant that most tests are about.
pub(super) const SHARED: &str = "tenants/acme/registers/TOKEN-CRM";
/// The private register of the same key.
pub(super) const PRIVATE: &str = "tenants/acme/businessUnits/north/registers/TOKEN-CRM";

pub(super) struct World {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: ManualClock,
    pub(super) drain: CancellationToken,
    pub(super) service: Service,
}

impl World {
    pub(super) fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new().unwrap()))
    }

    pub(super) fn over(store: Arc<dyn Store>) -> Self {
        Self::bounded(store, Quotas::default())
    }

    pub(super) fn bounded(store: Arc<dyn Store>, quotas: Quotas) -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let drain = CancellationToken::new();
        let service = Config { clock: clock.clock(), drain: drain.clone(), quotas }.build(store.clone());
        Self { store, clock, drain, service }
    }

    /// A client of somebody who may read and write everything.
    pub(super) fn client(&self) -> Client {
        self.client_of(caller("ada", Tenants::All, &[Role::Caller, Role::Configurator]))
    }

    pub(super) fn client_of(&self, caller: Caller) -> Client {
        client(Link::in_process(self.routes(), caller))
    }

    /// The service without anything in front of it that says who calls.
    pub(super) fn routes(&self) -> Routes {
        let mut routes = Routes::builder();
        assert_eq!(self.service.public(&mut routes), ["outgate.registers.v1.RegisterService"]);
        routes.routes()
    }
}

fn client(link: Link) -> Client {
    Client::new(link).max_decoding_message_size(MAX_ANSWER).max_encoding_message_size(MAX_ANSWER)
}

/// Somebody with these roles.
pub(super) fn caller(name: &str, tenants: Tenants, roles: &[Role]) -> Caller {
    Caller::known(Identity::with_roles(name, tenants, roles))
}

pub(super) fn one_tenant(tenant: &str) -> Tenants {
    Tenants::One(Id::parse("tenant", tenant).unwrap())
}

pub(super) async fn put(client: &Client, name: &str, text: impl Into<Bytes>) -> Result<Register, Status> {
    put_if(client, name, text, "").await
}

pub(super) async fn put_if(
    client: &Client,
    name: &str,
    text: impl Into<Bytes>,
    etag: &str,
) -> Result<Register, Status> {
    let request = PutRegisterRequest { name: name.into(), text: text.into(), etag: etag.into() };
    client.clone().put_register(request).await.map(tonic::Response::into_inner)
}

pub(super) async fn patch(client: &Client, name: &str, patch: impl Into<Bytes>) -> Result<Register, Status> {
    patch_if(client, name, patch, "").await
}

pub(super) async fn patch_if(
    client: &Client,
    name: &str,
    patch: impl Into<Bytes>,
    etag: &str,
) -> Result<Register, Status> {
    let request = PatchRegisterRequest { name: name.into(), merge_patch: patch.into(), etag: etag.into() };
    client.clone().patch_register(request).await.map(tonic::Response::into_inner)
}

pub(super) async fn delete(client: &Client, name: &str, etag: &str) -> Result<(), Status> {
    let request = DeleteRegisterRequest { name: name.into(), etag: etag.into() };
    client.clone().delete_register(request).await.map(tonic::Response::into_inner)
}

pub(super) async fn get(client: &Client, name: &str) -> Result<Register, Status> {
    get_as(client, name, Resolution::Exact, "").await
}

pub(super) async fn get_as(
    client: &Client,
    name: &str,
    resolution: Resolution,
    revision: &str,
) -> Result<Register, Status> {
    let request =
        GetRegisterRequest { name: name.into(), resolution: resolution.into(), revision: revision.into() };
    client.clone().get_register(request).await.map(tonic::Response::into_inner)
}

/// A register's whole history, newest first.
pub(super) async fn history(client: &Client, name: &str) -> Vec<RegisterRevision> {
    let mut request = ListRevisionsRequest { name: name.into(), page_size: 100, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let page = client.clone().list_revisions(request.clone()).await.unwrap().into_inner();
        found.extend(page.revisions);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

pub(super) async fn watch(
    client: &Client,
    parent: &str,
    after: &str,
) -> Result<Streaming<WatchRegistersResponse>, Status> {
    let request = WatchRegistersRequest { parent: parent.into(), after: after.into() };
    client.clone().watch_registers(request).await.map(tonic::Response::into_inner)
}

/// The merged value of a register, as text.
pub(super) fn value(register: &Register) -> &str {
    std::str::from_utf8(&register.value).unwrap()
}

/// The machine-readable reason of a refusal, and one value of its metadata (or nothing).
#[track_caller]
pub(super) fn reason(status: &Status, key: &str) -> (String, String) {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("without details: {status}"));
    assert_eq!(info.domain, "outgate");
    (info.reason.clone(), info.metadata.get(key).cloned().unwrap_or_default())
}

/// Asserts that a call was refused for this reason, and answers the status.
#[track_caller]
pub(super) fn refused<T>(answer: Result<T, Status>, expected: &str) -> Status {
    let Err(status) = answer else { panic!("not refused; expected {expected}") };
    assert_eq!(reason(&status, "").0, expected, "{status}");
    status
}
