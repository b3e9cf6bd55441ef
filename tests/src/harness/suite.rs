//! The suite as a process of its own.

use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use proto::{
    integrations::v1::{
        CreateIntegrationRequest, ExecuteIntegrationRequest, ExecuteIntegrationResponse, Integration, Run,
        RunAdapterRequest, adapter_service_client::AdapterServiceClient,
        integration_service_client::IntegrationServiceClient,
    },
    keys::v1::{GetKeyStatusRequest, KeyStatus, key_service_client::KeyServiceClient},
    registers::v1::{PutRegisterRequest, Register, register_service_client::RegisterServiceClient},
    secrets::v1::{PutSecretRequest, Secret, secret_service_client::SecretServiceClient},
};
use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};
use tonic::{Status, service::interceptor::InterceptedService};

use super::{
    Authority, Collector, Output, Setup, Tap,
    client::{Bearer, Client},
    command,
    process::{LOOK, PATIENCE, end, signal},
};

/// A running suite. It ends when it is dropped, and then nothing secret may have come out of it.
pub(crate) struct Suite {
    setup: Setup,
    data: PathBuf,
    process: Child,
    address: SocketAddr,
    token: String,
    channel: Tap,
}

impl Suite {
    pub(super) fn new(
        setup: Setup,
        data: PathBuf,
        process: Child,
        address: SocketAddr,
        token: String,
    ) -> Self {
        let channel = setup.connection(address);
        Self { setup, data, process, address, token, channel }
    }

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

    /// Its configuration file.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.setup.config_file()
    }

    /// What it wrote to `stdout` or `stderr` so far.
    pub(crate) fn said(&self, stream: &str) -> String {
        self.setup.said(stream)
    }

    /// Waits until it has written something to its log.
    pub(crate) async fn has_logged(&self, text: &str) {
        let waiting = async {
            while !self.said("stderr").contains(text) {
                sleep(LOOK).await;
            }
        };
        let said = || panic!("`{text}` was never logged:\n{}", self.said("stderr"));
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| said());
    }

    /// What it exports its telemetry to.
    pub(crate) fn collector(&self) -> &Collector {
        self.setup.collector()
    }

    /// A connection without any token.
    pub(crate) fn channel(&self) -> Tap {
        self.channel.clone()
    }

    /// A connection of its own, with the operator's token.
    pub(crate) fn connection(&self) -> Client {
        InterceptedService::new(self.setup.connection(self.address), Bearer::new(&self.token))
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

    pub(crate) fn keys(&self) -> KeyServiceClient<Client> {
        KeyServiceClient::new(self.client())
    }

    /// What is known of its sealing keys.
    pub(crate) async fn key_status(&self) -> KeyStatus {
        self.keys().get_key_status(GetKeyStatusRequest {}).await.expect("the operator may ask").into_inner()
    }

    /// Asks for the state of its sealing keys until it is as wanted.
    pub(crate) async fn keys_until(&self, what: &str, wanted: impl Fn(&KeyStatus) -> bool) -> KeyStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.key_status().await;
            if wanted(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "{what}: {status:?}");
            sleep(LOOK).await;
        }
    }

    /// Seals a value for an address.
    pub(crate) async fn put_secret(&self, id: &str, url: String, value: &str) -> Secret {
        self.put_client_secret(id, url, value, Vec::new()).await
    }

    /// Seals a client's secret for its token endpoint, whose tokens go to other addresses.
    pub(crate) async fn put_client_secret(
        &self,
        id: &str,
        url: String,
        value: &str,
        token_urls: Vec<String>,
    ) -> Secret {
        let request = PutSecretRequest {
            name: format!("tenants/default/secrets/{id}"),
            value: value.to_owned().into(),
            url,
            token_urls,
            ..Default::default()
        };
        self.secrets().put_secret(request).await.expect("the secret is kept").into_inner()
    }

    /// Writes a register.
    pub(crate) async fn put_register(&self, key: &str, text: &str) -> Result<Register, Status> {
        let request = PutRegisterRequest {
            name: format!("tenants/default/registers/{key}"),
            text: text.to_owned().into(),
            ..Default::default()
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
        self.signal(Signal::TERM);
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, which: Signal) {
        signal(&self.process, which);
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id().expect("the process runs")
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

    /// The processes that it has started.
    pub(crate) fn children(&self) -> BTreeSet<u32> {
        let id = self.id();
        let tasks = fs::read_dir(format!("/proc/{id}/task")).expect("the process runs");
        let lists = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
        let ids =
            |list: String| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>();
        lists.flat_map(ids).collect()
    }

    /// What it holds in memory now (`VmRSS`), or held at most since [`forget_peak`](Self::forget_peak) (`VmHWM`), in bytes.
    pub(crate) fn memory(&self, line: &str) -> u64 {
        let id = self.process.id().expect("the process runs");
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("the process runs");
        let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        let kibibytes = value.and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok());
        kibibytes.expect("the kernel tells it") * 1024
    }

    /// Begins to count the most that it holds anew (proc(5), `clear_refs`).
    pub(crate) fn forget_peak(&self) {
        let id = self.process.id().expect("the process runs");
        fs::write(format!("/proc/{id}/clear_refs"), "5").expect("it is a process of this test");
    }

    /// Starts it again over the same data.
    pub(crate) async fn restart(&mut self) {
        (self.process, self.address) = self.setup.spawn(&self.data).await;
        self.channel = self.setup.connection(self.address);
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        end(&mut self.process);
        oracle::search(&[self.setup.folder()]);
    }
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
