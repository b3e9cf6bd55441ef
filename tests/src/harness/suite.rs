//! The suite as a process of its own.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use proto::{
    integrations::v1::{
        CreateIntegrationRequest, ExecuteIntegrationRequest, ExecuteIntegrationResponse, Integration, Run,
        RunAdapterRequest, adapter_service_client::AdapterServiceClient,
        integration_service_client::IntegrationServiceClient,
    },
    registers::v1::{PutRegisterRequest, Register, register_service_client::RegisterServiceClient},
    secrets::v1::{PutSecretRequest, Secret, secret_service_client::SecretServiceClient},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt;

use super::{Authority, Known, Output, command};

/// How long the suite may take to serve, and to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is asked.
const POLL: Duration = Duration::from_millis(20);

/// The transport under a client that its token goes with.
pub(crate) type Client = InterceptedService<Channel, Bearer>;

/// Adds the caller's token to every call.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    pub(crate) fn new(token: &str) -> Self {
        Self(format!("Bearer {token}").parse().expect("a token is visible text"))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// What the suite is started with.
pub(crate) struct Setup {
    service: &'static str,
    config: String,
    environment: BTreeMap<String, String>,
    folder: TempDir,
}

impl Setup {
    /// All services, free to call loopback, with counterparts that this authority vouches for.
    pub(crate) fn new(authority: &Authority) -> Self {
        let egress = format!(
            "[egress]\nports = [\"1024-65535\"]\nnetworks = [\"127.0.0.0/8\"]\nca_files = [{:?}]\n",
            authority.ca_file()
        );
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { service: "all", config: egress, environment: BTreeMap::new(), folder }
    }

    /// One service alone.
    pub(crate) fn only(self, service: &'static str) -> Self {
        Self { service, ..self }
    }

    /// Further lines of the configuration file.
    pub(crate) fn config(mut self, lines: &str) -> Self {
        self.config.push_str(lines);
        self
    }

    /// A further identity.
    pub(crate) fn know(self, somebody: &Known) -> Self {
        let entry = somebody.entry(self.folder.path());
        self.config(&entry)
    }

    /// A variable of the environment.
    pub(crate) fn environment(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Starts the suite and waits until it serves.
    pub(crate) async fn start(self) -> Suite {
        let data = self.folder.path().join("data");
        fs::write(self.folder.path().join("outgate.toml"), &self.config)
            .expect("a temporary file can be written");
        let (process, address) = self.spawn(&data).await;
        let token =
            fs::read_to_string(data.join("operator.token")).expect("the embedded suite makes itself a token");
        Suite {
            channel: connect(address),
            address,
            token: token.trim().to_owned(),
            process,
            data,
            setup: self,
        }
    }

    async fn spawn(&self, data: &Path) -> (Child, SocketAddr) {
        // Where an earlier process listened.
        let _ = fs::remove_file(data.join("server.json"));
        let log = |name| {
            File::options()
                .create(true)
                .append(true)
                .open(self.folder.path().join(name))
                .expect("a log can be written")
        };
        let mut process = command::command()
            .args(["serve", self.service, "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--config")
            .arg(self.folder.path().join("outgate.toml"))
            .envs(&self.environment)
            .stdout(log("stdout"))
            .stderr(log("stderr"))
            .spawn()
            .expect("the binary starts");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(address) = announced(data)
                && serves(address).await
            {
                return (process, address);
            }
            let ended = process.try_wait().expect("the process can be asked");
            let late = Instant::now() > deadline;
            assert!(
                ended.is_none() && !late,
                "the suite does not serve ({ended:?}):\n{}",
                self.said("stderr")
            );
            sleep(POLL).await;
        }
    }

    fn said(&self, stream: &str) -> String {
        fs::read_to_string(self.folder.path().join(stream)).unwrap_or_default()
    }
}

/// The address that the suite leaves in its data folder.
fn announced(data: &Path) -> Option<SocketAddr> {
    let file: Value = serde_json::from_slice(&fs::read(data.join("server.json")).ok()?).ok()?;
    file["address"].as_str()?.parse().ok()
}

async fn serves(address: SocketAddr) -> bool {
    let Ok(channel) = endpoint(address).connect().await else { return false };
    let request = HealthCheckRequest { service: "readiness".to_owned() };
    let answer = HealthClient::new(channel).check(request).await;
    answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL")
}

fn connect(address: SocketAddr) -> Channel {
    endpoint(address).connect_lazy()
}

/// A running suite. It is killed when it is dropped.
pub(crate) struct Suite {
    setup: Setup,
    data: PathBuf,
    process: Child,
    address: SocketAddr,
    token: String,
    channel: Channel,
}

impl Suite {
    /// Starts a suite with nothing special about it.
    pub(crate) async fn start(authority: &Authority) -> Self {
        Setup::new(authority).start().await
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The operator's token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// What it wrote to `stdout` or `stderr` so far.
    pub(crate) fn said(&self, stream: &str) -> String {
        self.setup.said(stream)
    }

    /// A connection without any token.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A connection of its own, with the operator's token.
    pub(crate) fn connection(&self) -> Client {
        InterceptedService::new(connect(self.address), Bearer::new(&self.token))
    }

    /// The shared connection, with somebody's token.
    pub(crate) fn client_of(&self, token: &str) -> Client {
        InterceptedService::new(self.channel.clone(), Bearer::new(token))
    }

    fn client(&self) -> Client {
        self.client_of(&self.token)
    }

    pub(crate) fn integrations(&self) -> IntegrationServiceClient<Client> {
        IntegrationServiceClient::new(self.client())
    }

    pub(crate) fn adapters(&self) -> AdapterServiceClient<Client> {
        AdapterServiceClient::new(self.client())
    }

    pub(crate) fn registers(&self) -> RegisterServiceClient<Client> {
        RegisterServiceClient::new(self.client())
    }

    pub(crate) fn secrets(&self) -> SecretServiceClient<Client> {
        SecretServiceClient::new(self.client())
    }

    /// Seals a value for an address.
    pub(crate) async fn put_secret(&self, id: &str, url: String, value: &str) -> Secret {
        let request = PutSecretRequest {
            name: format!("tenants/default/secrets/{id}"),
            value: value.to_owned().into(),
            url,
            etag: String::new(),
        };
        self.secrets().put_secret(request).await.expect("the secret is kept").into_inner()
    }

    /// Writes a register.
    pub(crate) async fn put_register(&self, key: &str, text: &str) -> Result<Register, Status> {
        let request = PutRegisterRequest {
            name: format!("tenants/default/registers/{key}"),
            text: text.to_owned().into(),
            etag: String::new(),
        };
        Ok(self.registers().put_register(request).await?.into_inner())
    }

    /// Makes an integration.
    pub(crate) async fn create_integration(&self, id: &str, integration: Integration) -> Integration {
        let request = CreateIntegrationRequest {
            parent: "tenants/default".to_owned(),
            integration_id: id.to_owned(),
            integration: Some(integration),
        };
        self.integrations().create_integration(request).await.expect("the integration is made").into_inner()
    }

    /// Sends a GET through an integration.
    pub(crate) async fn get(
        &self,
        integration: &str,
        url: String,
    ) -> Result<ExecuteIntegrationResponse, Status> {
        let request = get(integration, url);
        Ok(self.integrations().execute_integration(request).await?.into_inner())
    }

    /// Runs an adapter on an input.
    pub(crate) async fn run(&self, adapter: &str, input: &Value) -> Result<Run, Status> {
        let name = format!("tenants/default/registers/{adapter}");
        let request = RunAdapterRequest { name, input: input.to_string().into() };
        Ok(self.adapters().run_adapter(request).await?.into_inner())
    }

    /// Runs a command of the binary against this suite.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Output {
        self.command_with_input(arguments, "").await
    }

    /// The same, with something on standard input.
    pub(crate) async fn command_with_input(&self, arguments: &[&str], stdin: &str) -> Output {
        let data = self.data.to_str().expect("a temporary folder's name is text");
        command::run(&[arguments, &["--data", data]].concat(), stdin).await
    }

    /// Asks it to end (SIGTERM).
    pub(crate) fn terminate(&self) {
        signal(&self.process, Signal::TERM);
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.process.wait())
            .await
            .expect("the suite ends")
            .expect("its end can be waited for")
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("the process can be killed");
    }

    /// Starts it again over the same data.
    pub(crate) async fn restart(&mut self) {
        (self.process, self.address) = self.setup.spawn(&self.data).await;
        self.channel = connect(self.address);
    }
}

/// Sends a signal to a process that this test started.
pub(super) fn signal(process: &Child, signal: Signal) {
    let id = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    kill_process(id.expect("the process runs"), signal).expect("it takes signals");
}

/// A GET through an integration, as a request.
pub(crate) fn get(integration: &str, url: String) -> ExecuteIntegrationRequest {
    ExecuteIntegrationRequest {
        name: format!("tenants/default/integrations/{integration}"),
        method: "GET".to_owned(),
        url,
        ..ExecuteIntegrationRequest::default()
    }
}

/// The reason in a refusal's details.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map_or_else(|| format!("none in {status:?}"), |info| info.reason.clone())
}
