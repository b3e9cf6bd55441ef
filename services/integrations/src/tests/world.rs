//! What the tests stand on: the service, its neighbours, and clients of several callers.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use egress::{Door, EgressPolicy, Policies, Resolver};
use futures::{FutureExt, TryStreamExt};
use http::{HeaderMap, HeaderValue};
use mapping::Scripts;
use oracle::{Canary, Hearing, Listening};
use proto::{
    audit::v1::{ExportEntriesRequest, audit_service_client::AuditServiceClient},
    integrations::v1::{
        Auth, CreateIntegrationRequest, Endpoint, ExecuteIntegrationRequest, ExecuteIntegrationResponse,
        Header, Integration, Run, RunAdapterRequest, RunConnectorRequest,
        adapter_service_client::AdapterServiceClient, auth,
        integration_service_client::IntegrationServiceClient,
    },
    registers::v1::{PutRegisterRequest, register_service_client::RegisterServiceClient},
    secrets::v1::{ListSecretsRequest, PutSecretRequest, Secret, secret_service_client::SecretServiceClient},
};
use runtime::{
    Caller, Link, Role,
    identity::{Identities, Identity, Tenants, USER_HEADER, USER_TOKEN_HEADER},
    names::Id,
};
use seal::KeyRing;
use store::{MemoryStore, Store};
use tempfile::TempDir;
use tonic::{
    Status,
    service::{Routes, RoutesBuilder},
};
use tonic_types::StatusExt;

use super::{counterpart::Counterpart, tokens::TestTokens};
use crate::{Config, Links, Service, Strict};

pub(super) const TENANT: &str = "tenants/acme";
pub(super) const CRM: &str = "tenants/acme/integrations/CRM";

pub(super) struct World {
    pub(super) store: Arc<dyn Store>,
    pub(super) service: Service,
    pub(super) registers: Link,
    pub(super) tokens: TestTokens,
    pub(super) names: Arc<Names>,
    secrets: Link,
    folder: TempDir,
    ring: Arc<KeyRing>,
    policies: Policies,
    door: Arc<Door>,
    _hearing: Hearing,
}

impl World {
    /// The suite, with a door that lets out to the counterpart alone, and tokens that need no token endpoint.
    pub(super) async fn new(counterpart: &Counterpart) -> Self {
        Self::with_policy(to(counterpart))
    }

    /// The suite, with a door that lets out to the counterpart alone, and the tokens service itself.
    pub(super) async fn with_real_tokens(counterpart: &Counterpart) -> Self {
        Self::build(to(counterpart), true)
    }

    pub(super) fn with_policy(policy: impl Into<Policies>) -> Self {
        Self::build(policy, false)
    }

    /// The suite, with something that runs scripts.
    pub(super) fn with_scripts(scripts: Arc<dyn Scripts>) -> Self {
        Self::build_with(EgressPolicy::default(), false, Some(scripts))
    }

    fn build(policies: impl Into<Policies>, real_tokens: bool) -> Self {
        Self::build_with(policies, real_tokens, None)
    }

    fn build_with(
        policies: impl Into<Policies>,
        real_tokens: bool,
        scripts: Option<Arc<dyn Scripts>>,
    ) -> Self {
        let hearing = Hearing::start();
        let policies = policies.into();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        let kept = ring.clone();
        let ledger = secrets::ledger::Ledger::open(&folder.path().join("ledger"), ring.clone()).unwrap();
        let secrets = secrets::Config::default().build(store.clone(), ring.clone(), Arc::new(ledger));
        let registers = registers::Config::default().build(store.clone());
        let names = Arc::<Names>::default();
        let door = Arc::new(Door::new(policies.clone(), Arc::<Names>::clone(&names)).unwrap());
        let release = |name| link(|routes| secrets.internal(routes), Caller::service(name));
        let tokens = TestTokens::default();
        let token_link = if real_tokens {
            let real = tokens::Config::default().build(store.clone(), ring, door.clone(), release("tokens"));
            link(|routes| real.internal(routes), Caller::service("integrations"))
        } else {
            Link::in_process(tokens.routes(), Caller::service("integrations"))
        };
        let anybody = caller(&[Role::Caller, Role::Configurator, Role::Operator]);
        let links = Links {
            registers: link(|routes| registers.public(routes), Caller::service("integrations")),
            secrets: release("integrations"),
            tokens: token_link,
        };
        let config = Config { policies: policies.clone(), scripts, ..Config::default() };
        let service = config.build(store.clone(), door.clone(), links);
        Self {
            store,
            service,
            registers: heard_link(|routes| registers.public(routes), anybody.clone()),
            tokens,
            names,
            secrets: heard_link(|routes| secrets.public(routes), anybody),
            folder,
            ring: kept,
            policies,
            door,
            _hearing: hearing,
        }
    }

    /// The same, with secrets whose ledger has no room for anything, and these strict tenants.
    pub(super) fn with_full_ledger(self, strict: Strict) -> Self {
        let options = secrets::ledger::Options { reserve_bytes: u64::MAX, ..Default::default() };
        let folder = self.folder.path().join("full");
        let ledger = secrets::ledger::Ledger::open_with(&folder, self.ring.clone(), options).unwrap();
        let secrets =
            secrets::Config::default().build(self.store.clone(), self.ring.clone(), Arc::new(ledger));
        let links = Links {
            registers: self.registers.clone(),
            secrets: link(|routes| secrets.internal(routes), Caller::service("integrations")),
            tokens: Link::in_process(self.tokens.routes(), Caller::service("integrations")),
        };
        let config = Config { policies: self.policies.clone(), strict, ..Config::default() };
        Self { service: config.build(self.store.clone(), self.door.clone(), links), ..self }
    }

    /// What the audit ledger holds beside what was put, once all uses are in it.
    pub(super) async fn audited(&self) -> Vec<serde_json::Value> {
        self.service.finish().await;
        self.ledger(|kind| kind != "put").await
    }

    /// The refusals that it holds; each is there when it is answered.
    pub(super) async fn refusals(&self) -> Vec<serde_json::Value> {
        self.ledger(|kind| kind == "refused" || kind == "token_refused").await
    }

    async fn ledger(&self, wanted: impl Fn(&str) -> bool) -> Vec<serde_json::Value> {
        let request = ExportEntriesRequest { parent: TENANT.into(), ..Default::default() };
        let entries = AuditServiceClient::new(self.secrets.clone()).export_entries(request).await.unwrap();
        let batches: Vec<_> = entries.into_inner().try_collect().await.unwrap();
        let lines = batches.iter().flat_map(|batch| &batch.entries);
        let entries = lines.map(|entry| serde_json::from_str(&entry.line).unwrap());
        entries.filter(|entry: &serde_json::Value| entry["kind"].as_str().is_some_and(&wanted)).collect()
    }

    /// A client that may do everything.
    pub(super) fn integrations(&self) -> IntegrationServiceClient<Link> {
        self.integrations_of(caller(&[Role::Caller, Role::Configurator]))
    }

    /// A listener of its own, as in production, for what only HTTP/2 can show: windows, resets, the drain.
    pub(super) fn routes(&self) -> Routes {
        let mut routes = Routes::builder();
        self.service.public(&mut routes);
        heard(routes.routes())
    }

    pub(super) fn integrations_of(&self, caller: Caller) -> IntegrationServiceClient<Link> {
        IntegrationServiceClient::new(heard_link(|routes| self.service.public(routes), caller))
            .max_decoding_message_size(usize::MAX)
    }

    pub(super) fn adapters(&self) -> AdapterServiceClient<Link> {
        self.adapters_of(caller(&[Role::Caller]))
    }

    pub(super) fn adapters_of(&self, caller: Caller) -> AdapterServiceClient<Link> {
        AdapterServiceClient::new(heard_link(|routes| self.service.public(routes), caller))
    }

    pub(super) async fn create(&self, id: &str, integration: Integration) -> Result<Integration, Status> {
        let request = CreateIntegrationRequest {
            parent: TENANT.into(),
            integration_id: id.into(),
            integration: Some(integration),
        };
        self.integrations().create_integration(request).await.map(tonic::Response::into_inner)
    }

    /// Makes the integration `CRM`: everything of the counterpart, open to all. Where its calls carry tokens, those may go
    /// to the counterpart.
    pub(super) async fn crm(&self, counterpart: &Counterpart, auth: Option<auth::Kind>) {
        if let Some(auth::Kind::ClientCredentials(grant)) = &auth {
            self.client_secret("secret-of-the-client", &grant.token_url, &[&counterpart.origin()]).await;
        }
        self.create("CRM", open(counterpart, auth)).await.unwrap();
    }

    /// Stores a secret for an origin. It may not come out of the suite.
    pub(super) async fn secret(&self, name: &str, value: &'static str, url: &str) {
        let name = format!("{TENANT}/secrets/{name}");
        let url = url.to_owned();
        self.put_secret(PutSecretRequest { name, value: value.into(), url, ..Default::default() }).await;
    }

    /// Stores the secret of [`client_credentials`](super::tokens::client_credentials), and where its tokens go.
    pub(super) async fn client_secret(&self, value: &'static str, url: &str, tokens_for: &[&str]) {
        let request = PutSecretRequest {
            name: format!("{TENANT}/secrets/crm-client-secret"),
            value: value.into(),
            url: url.to_owned(),
            token_urls: tokens_for.iter().map(|&url| url.to_owned()).collect(),
            ..Default::default()
        };
        self.put_secret(request).await;
    }

    /// Stores a business unit's private copy of a secret.
    pub(super) async fn private_secret(&self, unit: &str, name: &str, value: &'static str, url: &str) {
        let name = format!("{TENANT}/businessUnits/{unit}/secrets/{name}");
        let url = url.to_owned();
        self.put_secret(PutSecretRequest { name, value: value.into(), url, ..Default::default() }).await;
    }

    /// Stores another value for a secret; the one before goes on for that many seconds, if any.
    pub(super) async fn next_value(&self, name: &str, value: &'static str, url: &str, overlap: Option<i64>) {
        let request = PutSecretRequest {
            name: format!("{TENANT}/secrets/{name}"),
            value: value.into(),
            url: url.to_owned(),
            overlap: overlap.map(|seconds| prost_types::Duration { seconds, nanos: 0 }),
            ..Default::default()
        };
        self.put_secret(request).await;
    }

    async fn put_secret(&self, request: PutSecretRequest) {
        Canary::known(&request.name, &request.value);
        SecretServiceClient::new(self.secrets.clone()).put_secret(request).await.unwrap();
    }

    /// What is known of a secret.
    pub(super) async fn known(&self, id: &str) -> Secret {
        let name = format!("{TENANT}/secrets/{id}");
        self.secrets_of(TENANT).await.into_iter().find(|secret| secret.name == name).unwrap()
    }

    /// What is known of the secrets of a tenant or a business unit.
    pub(super) async fn secrets_of(&self, parent: &str) -> Vec<Secret> {
        let request = ListSecretsRequest { parent: parent.into(), ..Default::default() };
        let listed = SecretServiceClient::new(self.secrets.clone()).list_secrets(request).await.unwrap();
        listed.into_inner().secrets
    }

    /// Writes a shared register.
    pub(super) async fn register(&self, key: &str, text: impl Into<bytes::Bytes>) {
        self.put(&format!("{TENANT}/registers/{key}"), text).await;
    }

    pub(super) async fn put(&self, name: &str, text: impl Into<bytes::Bytes>) {
        let request = PutRegisterRequest { name: name.into(), text: text.into(), etag: String::new() };
        RegisterServiceClient::new(self.registers.clone()).put_register(request).await.unwrap();
    }

    pub(super) async fn execute(
        &self,
        request: ExecuteIntegrationRequest,
    ) -> Result<ExecuteIntegrationResponse, Status> {
        self.integrations().execute_integration(request).await.map(tonic::Response::into_inner)
    }

    pub(super) async fn run(&self, key: &str, input: &str) -> Result<Run, Status> {
        let request =
            RunAdapterRequest { name: format!("{TENANT}/registers/{key}"), input: input.to_owned().into() };
        self.adapters().run_adapter(request).await.map(tonic::Response::into_inner)
    }

    pub(super) async fn run_connector(&self, key: &str, input: &str) -> Result<Run, Status> {
        let request =
            RunConnectorRequest { name: format!("{TENANT}/registers/{key}"), input: input.to_owned().into() };
        self.adapters().run_connector(request).await.map(tonic::Response::into_inner)
    }
}

pub(super) fn to(counterpart: &Counterpart) -> EgressPolicy {
    EgressPolicy {
        ports: vec![counterpart.port()..=counterpart.port()],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        ca_files: vec![counterpart.ca_file()],
        ..EgressPolicy::default()
    }
}

/// Every name is this machine, but for one that does not exist.
#[derive(Debug)]
pub(super) struct Loopback;

#[async_trait]
impl Resolver for Loopback {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        if host == "nowhere.example.com" {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

/// A name that no server answers for.
pub(super) const SILENT_HOST: &str = "silent.example.com";

/// The same, but for a name that is never answered, and it keeps what it was asked.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<Vec<String>>);

impl Names {
    pub(super) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.lock().unwrap().push(host.to_owned());
        if host == SILENT_HOST {
            std::future::pending::<()>().await;
        }
        Loopback.resolve(host).await
    }
}

/// An integration with the whole of the counterpart, open to everybody.
pub(super) fn open(counterpart: &Counterpart, auth: Option<auth::Kind>) -> Integration {
    Integration {
        anonymous_access: proto::integrations::v1::AnonymousAccess::Allowed.into(),
        endpoints: vec![Endpoint { url: format!("{}/**", counterpart.origin()), methods: vec![] }],
        auth: auth.map(|kind| Auth { kind: Some(kind) }),
        ..Default::default()
    }
}

/// A GET through `CRM`.
pub(super) fn get(url: String) -> ExecuteIntegrationRequest {
    ExecuteIntegrationRequest { name: CRM.into(), method: "GET".into(), url, ..Default::default() }
}

pub(super) fn header(name: &str, value: &'static str) -> Header {
    Header { name: name.into(), value: value.into() }
}

/// A link for callers from outside: what it answers is searched. What services release to each other is not.
fn heard_link(add: impl FnOnce(&mut RoutesBuilder) -> Vec<&'static str>, caller: Caller) -> Link {
    let mut routes = Routes::builder();
    add(&mut routes);
    Link::in_process(heard(routes.routes()), caller)
}

fn heard(routes: Routes) -> Routes {
    routes.into_axum_router().layer(Listening).into()
}

fn link(add: impl FnOnce(&mut RoutesBuilder) -> Vec<&'static str>, caller: Caller) -> Link {
    let mut routes = Routes::builder();
    add(&mut routes);
    Link::in_process(routes.routes(), caller)
}

/// Somebody with these roles in every tenant.
pub(super) fn caller(roles: &[Role]) -> Caller {
    identified(Tenants::All, roles, &[])
}

pub(super) fn caller_in(tenant: &str, roles: &[Role]) -> Caller {
    identified(Tenants::One(Id::parse("tenant", tenant).unwrap()), roles, &[])
}

/// A caller that names an end user, without proof.
pub(super) fn caller_naming(user: &'static str, roles: &[Role]) -> Caller {
    identified(Tenants::All, roles, &[(USER_HEADER, user)])
}

/// A caller that brings the token of an end user of a tenant.
pub(super) fn caller_with_user_of(tenant: &str) -> Caller {
    let tenant = Tenants::One(Id::parse("tenant", tenant).unwrap());
    let user = Identity::with_roles("eve", tenant, &[Role::User]);
    identify(Tenants::All, &[Role::Caller], &[(USER_TOKEN_HEADER, "token-of-the-end-user")], Some(user))
}

fn identified(tenants: Tenants, roles: &[Role], headers: &[(&'static str, &'static str)]) -> Caller {
    identify(tenants, roles, headers, None)
}

fn identify(
    tenants: Tenants,
    roles: &[Role],
    extra: &[(&'static str, &'static str)],
    user: Option<Identity>,
) -> Caller {
    let identity = Identity::with_roles("ada", tenants, roles);
    let user = user.map(|user| (b"token-of-the-end-user".to_vec(), user));
    let identities = Identities::new([(b"token-of-the-caller".to_vec(), identity)].into_iter().chain(user));
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Bearer token-of-the-caller"));
    for (name, value) in extra {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    // No issuer has to be asked.
    identities.authenticate(&headers, None).now_or_never().unwrap().unwrap()
}

/// One value of the metadata of a refusal.
#[track_caller]
pub(super) fn metadata(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("without details: {status}"));
    info.metadata.get(key).cloned().unwrap_or_default()
}

/// Asserts that a call was refused for this reason, and answers the status.
#[track_caller]
pub(super) fn refused<T>(answer: Result<T, Status>, expected: &str) -> Status {
    let Err(status) = answer else { panic!("not refused; expected {expected}") };
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("without details: {status}"));
    assert_eq!((info.domain.as_str(), info.reason.as_str()), ("outgate", expected), "{status}");
    status
}

/// The field that a request was refused for.
#[track_caller]
pub(super) fn refused_field<T>(answer: Result<T, Status>, field: &str) -> Status {
    let status = refused(answer, "FIELD_INVALID");
    assert_eq!(metadata(&status, "field"), field, "{status}");
    assert_eq!(status.get_error_details().bad_request().unwrap().field_violations[0].field, field);
    status
}

/// Waits until something holds; what it waits for happens by itself, soon.
pub(super) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// JSON as a value to compare.
pub(super) fn value(json: &[u8]) -> serde_json::Value {
    serde_json::from_slice(json).unwrap()
}
