//! What the demo plays on: a temporary folder, the suite, and its counterparts.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use runtime::{
    config::Config,
    telemetry::{self, Telemetry},
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    accounting::Accounting,
    certificates,
    counterpart::{Bound, Counterpart},
    crm::Crm,
    random,
};
use crate::{
    cli::Common,
    client::Client,
    commands::not_started,
    failure::Failure,
    serve::{self, Options, Running, ServeError, ServiceName},
};

/// The secrets of the demo. They are sealed in the suite, known to the counterparts, and never printed.
pub(super) struct Secrets {
    /// What the CRM knows the suite by.
    pub(super) crm: String,
    /// The token that the CRM gives out.
    pub(super) token: String,
    /// The key of the accounting API.
    pub(super) accounting: String,
}

/// Everything that runs.
pub(super) struct Stage {
    folder: TempDir,
    pub(super) address: SocketAddr,
    pub(super) client: Client,
    pub(super) crm: Counterpart,
    pub(super) accounting: Counterpart,
    pub(super) secrets: Secrets,
    suite: JoinHandle<Result<(), ServeError>>,
    stop_suite: CancellationToken,
    stop_counterparts: CancellationToken,
    telemetry: Telemetry,
}

impl Stage {
    /// Starts everything; `script_worker` is the program that runs one script.
    ///
    /// # Errors
    /// When a port, a folder or a certificate cannot be had, or the suite does not start.
    pub(super) async fn build(script_worker: Option<scripts::Command>) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("outgate-demo-").tempdir().map_err(|error| {
            Failure::file(format!(
                "no temporary folder can be made in {}: {error}",
                env::temp_dir().display()
            ))
        })?;
        let certificates = certificates::make(folder.path())?;
        let secrets = Secrets { crm: random::text()?, token: random::text()?, accounting: random::text()? };
        let (crm, accounting) = (Bound::new().await?, Bound::new().await?);
        let config = config(&[crm.port(), accounting.port()], certificates.ca_file)?;
        let telemetry = telemetry::start("outgate-demo", &config.telemetry.log, &config.telemetry.spans)
            .map_err(|error| Failure::file(error.to_string()))?;
        let (stop_suite, stop_counterparts) = (CancellationToken::new(), CancellationToken::new());
        let data = data(folder.path());
        let (suite, running) = start(data.clone(), config, script_worker, stop_suite.clone()).await?;
        let tls = certificates.tls;
        Ok(Self {
            address: running.address,
            client: Client::new(&common(data))?,
            crm: crm.serve(Crm::new(&secrets.crm, &secrets.token), tls.clone(), stop_counterparts.clone()),
            accounting: accounting.serve(
                Accounting::new(&secrets.accounting),
                tls,
                stop_counterparts.clone(),
            ),
            folder,
            secrets,
            suite,
            stop_suite,
            stop_counterparts,
            telemetry,
        })
    }

    /// The suite's data folder.
    pub(super) fn data(&self) -> PathBuf {
        data(self.folder.path())
    }

    /// The folder with the files that are applied.
    pub(super) fn examples(&self) -> PathBuf {
        self.folder.path().join("examples")
    }

    /// The folder with the adapter's inputs.
    pub(super) fn inputs(&self) -> PathBuf {
        self.folder.path().join("inputs")
    }

    /// Leaves a file for the acts, and for who goes on after them.
    pub(super) fn leave(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let wrong = |error| Failure::file(format!("{}: {error}", path.display()));
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)).map_err(wrong)
    }

    /// Stops everything, the suite first, and removes the folder.
    ///
    /// # Errors
    /// When the suite had to cut calls off, or the folder cannot be removed.
    pub(super) async fn clear(self) -> Result<(), Failure> {
        // Its connection is let go, so that the suite need not wait for it.
        drop(self.client);
        self.stop_suite.cancel();
        let ended = self.suite.await;
        self.stop_counterparts.cancel();
        self.crm.ended().await;
        self.accounting.ended().await;
        self.telemetry.finish();
        let path = self.folder.path().to_owned();
        self.folder
            .close()
            .map_err(|error| Failure::file(format!("{}: cannot be removed: {error}", path.display())))?;
        ended
            .map_err(|error| Failure::refused("INTERNAL", format!("the suite broke off: {error}")))?
            .map_err(not_started)
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// The default configuration, with the counterparts let out. The log is off, that the story can be read; the
/// environment may switch it on (`OUTGATE_TELEMETRY__LOG=info`).
fn config(ports: &[u16], ca_file: PathBuf) -> Result<Config, Failure> {
    const DEFAULTS: [(&str, &str); 2] =
        [("OUTGATE_TELEMETRY__LOG", "off"), ("OUTGATE_TELEMETRY__SPANS", "info")];
    let said =
        DEFAULTS.map(|(name, other)| (name.to_owned(), env::var(name).unwrap_or_else(|_| other.to_owned())));
    let mut config = Config::load(None, said).map_err(|error| Failure::file(error.to_string()))?;
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.server.drain_seconds = 5;
    config.egress.ports = ports.iter().map(|port| *port..=*port).collect();
    config.egress.networks = vec!["127.0.0.0/8".to_owned()];
    config.egress.ca_files = vec![ca_file];
    Ok(config)
}

/// The suite as `serve` runs it; returns when it takes calls.
async fn start(
    data: PathBuf,
    config: Config,
    script_worker: Option<scripts::Command>,
    stop: CancellationToken,
) -> Result<(JoinHandle<Result<(), ServeError>>, Running), Failure> {
    let options = Options { services: ServiceName::ALL.to_vec(), data, config, script_worker };
    let (told, ready) = oneshot::channel();
    let suite = tokio::spawn(async move {
        let ready = |running| {
            // Nobody waits any more when the demo was interrupted meanwhile.
            let _ = told.send(running);
        };
        serve::run(options, ready, stop.cancelled_owned()).await
    });
    match ready.await {
        Ok(running) => Ok((suite, running)),
        Err(_) => match suite.await {
            Ok(Err(error)) => Err(not_started(error)),
            _ => Err(Failure::refused("NOT_STARTED", "the suite ended before it took calls")),
        },
    }
}

/// What a command line with `--data` alone says; the environment has no say in the demo.
fn common(data: PathBuf) -> Common {
    Common {
        json: false,
        data: Some(data),
        server: None,
        token_file: None,
        ca_file: None,
        client_cert: None,
        client_key: None,
        tenant: "default".to_owned(),
        unit: None,
        user_token_file: None,
        user: None,
    }
}
