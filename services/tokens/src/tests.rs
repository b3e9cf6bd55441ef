//! The service through its generated client, against real token endpoints over TLS on loopback.

mod asking;
mod counterpart;
mod destinations;
mod failing;
mod faults;
mod flights;
mod invalidating;
mod keeping;
mod leaks;
mod listing;
mod overlapping;
mod renewing;
mod secrets;
mod vectors;

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, mpsc},
    time::Duration,
};

use async_trait::async_trait;
use egress::{Door, EgressPolicy, Resolver};
use oracle::{Hearing, Listening};
use proto::tokens::v1::{
    ClientCredentials, GetTokenRequest, Grant, InvalidateTokenRequest, ListTokensRequest, ListTokensResponse,
    Token, grant::Kind, token_service_client::TokenServiceClient,
};
use runtime::{
    Caller, Link, Role,
    identity::{Identity, Tenants},
    names::Id,
};
use seal::KeyRing;
use store::{MemoryStore, Store};
use tempfile::TempDir;
use tonic::{Response, Status, service::Routes};
use tonic_types::StatusExt as _;

use self::{
    counterpart::{Authority, Counterpart},
    secrets::Secrets,
};
use crate::{Config, Service};

/// The client's secret, looked for where it must not be.
const SECRET: &str = "client-canary-5f2b8c1d";
/// A bound on what a test waits for; it ends the test and is no part of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The service, with everything around it.
struct Suite {
    service: Service,
    secrets: Secrets,
    authority: Authority,
    store: Arc<dyn Store>,
    ring: Arc<KeyRing>,
    _folder: TempDir,
    _hearing: Hearing,
}

impl Suite {
    fn new() -> Self {
        Self::with(Config::default(), Arc::new(MemoryStore::new().unwrap()))
    }

    fn with(config: Config, store: Arc<dyn Store>) -> Self {
        let hearing = Hearing::start();
        let folder = tempfile::tempdir().unwrap();
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        let authority = Authority::new();
        let secrets = Secrets::default();
        secrets.put("acme", "crm", SECRET);
        let service = build(config, store.clone(), ring.clone(), &authority, &secrets);
        Self { service, secrets, authority, store, ring, _folder: folder, _hearing: hearing }
    }

    /// The same suite with another process's memory: whatever is not in the store is gone.
    fn restarted(self) -> Self {
        let service =
            build(Config::default(), self.store.clone(), self.ring.clone(), &self.authority, &self.secrets);
        Self { service, ..self }
    }

    /// A client that is known as `caller`.
    fn client(&self, caller: Caller) -> TokenServiceClient<Link> {
        TokenServiceClient::new(Link::in_process(self.routes(), caller))
    }

    fn routes(&self) -> Routes {
        let mut routes = Routes::builder();
        assert_eq!(self.service.internal(&mut routes), ["outgate.tokens.v1.TokenService"]);
        routes.routes().into_axum_router().layer(Listening).into()
    }

    async fn get(&self, credentials: &ClientCredentials) -> Result<Token, Status> {
        get(self.client(Caller::service("integrations")), credentials.clone()).await
    }

    async fn invalidate(&self, credentials: &ClientCredentials, generation: u64) -> Result<(), Status> {
        let request = InvalidateTokenRequest {
            parent: "tenants/acme".into(),
            grant: Some(grant(credentials.clone())),
            generation,
            secret: "tenants/acme/secrets/crm".into(),
            secret_version: 1,
        };
        self.client(Caller::service("integrations")).invalidate_token(request).await.map(Response::into_inner)
    }

    async fn list(&self, page_size: i32, page_token: &str) -> Result<ListTokensResponse, Status> {
        let request =
            ListTokensRequest { parent: "tenants/acme".into(), page_size, page_token: page_token.to_owned() };
        self.client(caller("olga", Role::Operator, None)).list_tokens(request).await.map(Response::into_inner)
    }
}

fn build(
    config: Config,
    store: Arc<dyn Store>,
    ring: Arc<KeyRing>,
    authority: &Authority,
    secrets: &Secrets,
) -> Service {
    let policy = EgressPolicy {
        ports: vec![1..=65535],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        ca_files: vec![authority.file()],
        ..EgressPolicy::default()
    };
    let door = Arc::new(Door::new(policy, Arc::new(Loopback)).unwrap());
    config.build(store, ring, door, secrets.link())
}

/// Every name is on this machine.
#[derive(Debug)]
struct Loopback;

#[async_trait]
impl Resolver for Loopback {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

/// Where tokens are sent.
const API: &str = "https://api.example.com/";

/// Asks for a token.
fn asking(parent: &str, credentials: ClientCredentials) -> GetTokenRequest {
    GetTokenRequest { parent: parent.into(), grant: Some(grant(credentials)), destination_url: API.into() }
}

async fn get(mut client: TokenServiceClient<Link>, credentials: ClientCredentials) -> Result<Token, Status> {
    client.get_token(asking("tenants/acme", credentials)).await.map(Response::into_inner)
}

fn grant(credentials: ClientCredentials) -> Grant {
    Grant { kind: Some(Kind::ClientCredentials(credentials)) }
}

/// What is asked of a counterpart.
fn credentials(counterpart: &Counterpart) -> ClientCredentials {
    ClientCredentials {
        token_url: counterpart.url("/token"),
        client_id: "outgate".into(),
        client_secret: "{{secret:crm}}".into(),
        ..ClientCredentials::default()
    }
}

/// The same, by another client: another token.
fn client_of(counterpart: &Counterpart, client_id: &str) -> ClientCredentials {
    ClientCredentials { client_id: client_id.to_owned(), ..credentials(counterpart) }
}

/// Somebody with one role, in one tenant or in all.
fn caller(name: &str, role: Role, tenant: Option<&str>) -> Caller {
    let tenants = tenant.map_or(Tenants::All, |tenant| Tenants::One(Id::parse("tenant", tenant).unwrap()));
    Caller::known(Identity::with_roles(name, tenants, &[role]))
}

/// The reason of a refusal, by its name.
fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_else(|| format!("none: {status}"))
}

/// One value of a refusal's metadata.
fn metadata(status: &Status, key: &str) -> Option<String> {
    status.get_details_error_info()?.metadata.remove(key)
}

/// When a refusal says to come back.
fn retry_after(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// Keeps a paused clock from running on by itself while the network is being waited for: it moves when the test
/// moves it, and not otherwise. (The runtime lets the clock alone while a blocking task runs.)
struct HeldClock(#[expect(dead_code, reason = "dropping it ends the blocking task")] mpsc::Sender<()>);

fn hold_clock() -> HeldClock {
    let (held, released) = mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || released.recv());
    HeldClock(held)
}

/// Waits until something holds. Its bound is of real time: a test's own clock may stand still.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::task::yield_now().await;
    }
}
