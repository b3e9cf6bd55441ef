//! The service through its generated clients, in one process.

mod auditing;
mod describing;
mod ending;
mod formats;
mod leaks;
mod listing;
mod overlapping;
mod patching;
mod recording;
mod release;
mod renewing;
mod room;
mod saving;
mod schema;
mod sending;
mod shredding;
mod tampering;
mod units;
mod verifying;
mod writing;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use oracle::{Canary, Hearing, Listening};
use proto::secrets::v1::{
    DeleteSecretRequest, DescribeSecretsRequest, DescribeSecretsResponse, ListSecretsRequest,
    ListSecretsResponse, Purpose, PutSecretRequest, ReleaseSecretRequest, ReleaseSecretResponse, Secret,
    secret_release_service_client::SecretReleaseServiceClient, secret_service_client::SecretServiceClient,
};
use runtime::{
    Caller, Link, Role,
    identity::{Identity, Tenants},
    names::Id,
};
use seal::KeyRing;
use store::{ManualClock, MemoryStore, Options, Store};
use tempfile::TempDir;
use tonic::{Status, service::Routes};
use tonic_types::StatusExt as _;

use crate::{Config, Service, ledger::Ledger};

/// A value that is looked for where it must not be.
const CANARY: &str = "canary-7d1f0c54b6e94b7e8f4a2c9d";
const URL: &str = "https://api.example.com/v1";
/// Where the oracle hears what is released.
const RELEASED: &str = "the answer of /outgate.secrets.v1.SecretReleaseService/ReleaseSecret";

/// The service over a store, with a key ring of its own.
struct Suite {
    service: Service,
    store: Arc<dyn Store>,
    ring: Arc<KeyRing>,
    ledger: Arc<Ledger>,
    folder: TempDir,
    _hearing: Hearing,
}

impl Suite {
    fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new().unwrap()))
    }

    /// One whose time is moved by hand.
    fn at(clock: &ManualClock) -> Self {
        let options = Options { clock: clock.clock(), ..Options::default() };
        let store = Arc::new(MemoryStore::with(&options).unwrap());
        Self::with(Config { clock: clock.clock(), ..Config::default() }, store)
    }

    fn over(store: Arc<dyn Store>) -> Self {
        Self::with(Config::default(), store)
    }

    fn with(config: Config, store: Arc<dyn Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        Self::sealed_with(ring, folder, config, store)
    }

    /// One with a key ring that is there, and its ledger in `folder`.
    fn sealed_with(ring: Arc<KeyRing>, folder: TempDir, config: Config, store: Arc<dyn Store>) -> Self {
        let hearing = Hearing::start();
        let ledger = Arc::new(Ledger::open(&folder.path().join("ledger"), ring.clone()).unwrap());
        let service = config.build(store.clone(), ring.clone(), ledger.clone());
        Self { service, store, ring, ledger, folder, _hearing: hearing }
    }

    /// The same over another ledger.
    fn with_ledger(self, ledger: Arc<Ledger>) -> Self {
        let service = Config::default().build(self.store.clone(), self.ring.clone(), ledger.clone());
        Self { service, ledger, ..self }
    }

    /// A client that is known as `caller`.
    fn writing(&self, caller: Caller) -> SecretServiceClient<Link> {
        SecretServiceClient::new(self.link(caller))
    }

    /// A configurator of the tenant `acme`.
    fn configurator(&self) -> SecretServiceClient<Link> {
        self.writing(caller("ada", Role::Configurator, Some("acme")))
    }

    fn releasing(&self, caller: Caller) -> SecretReleaseServiceClient<Link> {
        SecretReleaseServiceClient::new(self.link(caller))
    }

    fn link(&self, caller: Caller) -> Link {
        Link::in_process(self.routes().into_axum_router().layer(Listening).into(), caller)
    }

    fn routes(&self) -> Routes {
        let mut routes = Routes::builder();
        assert_eq!(
            self.service.public(&mut routes),
            ["outgate.secrets.v1.SecretService", "outgate.audit.v1.AuditService"]
        );
        assert_eq!(self.service.internal(&mut routes), ["outgate.secrets.v1.SecretReleaseService"]);
        routes.routes()
    }

    async fn put(&self, id: &str, value: &str) -> Secret {
        self.configurator().put_secret(put(id, value, URL)).await.unwrap().into_inner()
    }

    async fn put_as(&self, request: PutSecretRequest) -> Secret {
        self.configurator().put_secret(request).await.unwrap().into_inner()
    }

    async fn release(&self, id: &str, url: &str) -> Result<ReleaseSecretResponse, Status> {
        let releaser = Caller::service("integrations");
        self.releasing(releaser).release_secret(release(id, url)).await.map(tonic::Response::into_inner)
    }

    async fn list(&self, page_size: i32, page_token: &str) -> Result<ListSecretsResponse, Status> {
        let request = ListSecretsRequest {
            parent: "tenants/acme".into(),
            page_size,
            page_token: page_token.to_owned(),
        };
        self.configurator().list_secrets(request).await.map(tonic::Response::into_inner)
    }

    async fn delete(&self, id: &str, etag: &str) -> Result<(), Status> {
        let request = DeleteSecretRequest { name: full(id), etag: etag.to_owned() };
        self.configurator().delete_secret(request).await.map(tonic::Response::into_inner)
    }
}

/// Somebody with one role, in one tenant or in all.
fn caller(name: &str, role: Role, tenant: Option<&str>) -> Caller {
    let tenants = tenant.map_or(Tenants::All, |tenant| Tenants::One(Id::parse("tenant", tenant).unwrap()));
    Caller::known(Identity::with_roles(name, tenants, &[role]))
}

fn full(id: &str) -> String {
    format!("tenants/acme/secrets/{id}")
}

/// Whatever is put may come out where it is released and nowhere else, unless other texts hold it by chance.
fn put(id: &str, value: &str, url: &str) -> PutSecretRequest {
    if value.len() >= Canary::SHORTEST {
        Canary::known("a secret", value).may_be_in(RELEASED, "releasing it is what that is for");
    }
    PutSecretRequest {
        name: full(id),
        value: value.to_owned().into(),
        url: url.to_owned(),
        ..Default::default()
    }
}

fn release(id: &str, url: &str) -> ReleaseSecretRequest {
    ReleaseSecretRequest {
        name: full(id),
        destination_url: url.to_owned(),
        purpose: Purpose::Call.into(),
        version: 0,
        cause: None,
    }
}

/// A time, as it is shown.
fn seconds(time: SystemTime) -> prost_types::Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    prost_types::Timestamp { seconds: since.as_secs().try_into().unwrap(), nanos: 0 }
}

/// So many seconds.
fn lasting(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

/// A clock that is moved by hand.
fn clock() -> ManualClock {
    ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
}

/// The reason of a refusal, by its name.
fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_else(|| format!("none: {status}"))
}

/// One value of a refusal's metadata.
fn metadata(status: &Status, key: &str) -> Option<String> {
    status.get_details_error_info()?.metadata.remove(key)
}

/// Everything that a client can see of a refusal.
fn seen(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

/// A bound on what a test waits for; it ends the test and is no part of it.
const PATIENCE: Duration = Duration::from_secs(30);
