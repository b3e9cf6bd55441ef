//! How the suite is started.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use data_encoding::HEXLOWER;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::Child,
    time::{Instant, sleep},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use oracle::Canary;

use super::{
    Authority, Collector, Known, OverTls, Shown, Suite, Tap, command::command_under, process::PATIENCE,
};

/// How often the suite is asked whether it serves.
const POLL: Duration = Duration::from_millis(20);

/// What the suite is started with.
pub(crate) struct Setup {
    service: &'static str,
    under: &'static [&'static str],
    config: String,
    environment: BTreeMap<String, String>,
    collector: Collector,
    folder: TempDir,
    tls: Option<OverTls>,
}

impl Setup {
    /// All services, free to call loopback, with counterparts that this authority vouches for.
    pub(crate) fn new(authority: &Authority) -> Self {
        let egress = format!(
            "[egress]\nports = [\"1024-65535\"]\nnetworks = [\"127.0.0.0/8\"]\nca_files = [{:?}]\n",
            authority.ca_file()
        );
        let folder = tempfile::tempdir().expect("a temporary folder");
        let collector = Collector::start();
        let endpoint = collector.endpoint();
        let setup = Self {
            service: "all",
            under: &[],
            config: egress,
            environment: BTreeMap::new(),
            collector,
            folder,
            tls: None,
        };
        setup
            .environment("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .environment("OTEL_BSP_SCHEDULE_DELAY", "100")
    }

    /// One service alone.
    pub(crate) fn only(self, service: &'static str) -> Self {
        Self { service, ..self }
    }

    /// As what a program makes of it that is given these arguments, and then what to become.
    pub(crate) fn under(self, program: &'static [&'static str]) -> Self {
        Self { under: program, ..self }
    }

    /// Further lines of the configuration file.
    pub(crate) fn config(mut self, lines: &str) -> Self {
        self.config.push_str(lines);
        self
    }

    /// Is called over TLS, with a certificate that `server` holds, which these lines of the configuration (`[server.tls]`) say
    /// more of; the test's own connections show a certificate, or none.
    pub(crate) fn tls(
        self,
        authority: &Authority,
        server: &Shown,
        lines: &str,
        shown: Option<&Shown>,
    ) -> Self {
        let Shown { cert, key } = server;
        let tls = OverTls { ca_file: authority.ca_file(), shown: shown.cloned() };
        let setup = self.config(&format!("[server.tls]\ncert = {cert:?}\nkey = {key:?}\n{lines}\n"));
        Self { tls: Some(tls), ..setup }
    }

    /// A connection to it.
    pub(super) fn connection(&self, address: SocketAddr) -> Tap {
        match &self.tls {
            None => Tap::to(address),
            Some(tls) => Tap::over(tls, address),
        }
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

    /// Where its data will be.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the suite and waits until it serves.
    pub(crate) async fn start(self) -> Suite {
        let data = self.data();
        fs::write(self.config_file(), &self.config).expect("a temporary file can be written");
        let (process, address) = self.spawn(&data).await;
        let token = made_secrets(&data);
        Suite::new(self, data, process, address, token)
    }

    pub(super) async fn spawn(&self, data: &Path) -> (Child, SocketAddr) {
        // Where an earlier process listened.
        let _ = fs::remove_file(data.join("server.json"));
        let log = |name| {
            File::options()
                .create(true)
                .append(true)
                .open(self.folder.path().join(name))
                .expect("a log can be written")
        };
        let mut process = command_under(self.under)
            .args(["serve", self.service, "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--config")
            .arg(self.config_file())
            .envs(&self.environment)
            // Where a core file would be left.
            .current_dir(self.folder.path())
            .stdout(log("stdout"))
            .stderr(log("stderr"))
            .spawn()
            .expect("the binary starts");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(address) = announced(data)
                && serves(self.connection(address)).await
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

    pub(super) fn config_file(&self) -> PathBuf {
        self.folder.path().join("outgate.toml")
    }

    /// Everything that the suite reads and writes lies in it.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the suite exports its telemetry to.
    pub(super) fn collector(&self) -> &Collector {
        &self.collector
    }

    pub(super) fn said(&self, stream: &str) -> String {
        fs::read_to_string(self.folder.path().join(stream)).unwrap_or_default()
    }
}

/// Why a file holds what is secret.
const ITS_FILE: &str = "it is the file that the suite keeps it in";

/// Makes canaries of what an embedded suite makes for itself, its token and its sealing keys, and gives the token.
pub(super) fn made_secrets(data: &Path) -> String {
    let token = data.join("operator.token");
    let text = fs::read_to_string(&token).expect("the embedded suite makes itself a token");
    Canary::known("the operator's token", text.trim()).may_be_in(token.display().to_string(), ITS_FILE);
    sealing_keys(&data.join("seal.key"));
    text.trim().to_owned()
}

/// Makes canaries of the sealing keys in a file. Only services that seal have one.
pub(crate) fn sealing_keys(keys: &Path) {
    let ring = fs::read_to_string(keys).unwrap_or_default();
    for hex in ring.lines().filter_map(|line| line.strip_prefix("key ")?.split(' ').nth(1)) {
        let key = HEXLOWER.decode(hex.as_bytes()).expect("a key is hexadecimal");
        Canary::known("a sealing key", key).may_be_in(keys.display().to_string(), ITS_FILE);
        Canary::known("a sealing key", hex).may_be_in(keys.display().to_string(), ITS_FILE);
    }
}

/// The address that the suite leaves in its data folder.
fn announced(data: &Path) -> Option<SocketAddr> {
    let file: Value = serde_json::from_slice(&fs::read(data.join("server.json")).ok()?).ok()?;
    file["address"].as_str()?.parse().ok()
}

async fn serves(connection: Tap) -> bool {
    let request = HealthCheckRequest { service: "readiness".to_owned() };
    let answer = HealthClient::new(connection).check(request).await;
    answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
}
