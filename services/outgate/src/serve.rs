//! `outgate serve`: opens what the services stand on, composes the chosen ones, and runs them until told to stop.

use std::{
    fmt, fs,
    future::Future,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use runtime::{
    config::Config,
    health::Health,
    server::{self, Limits},
};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::{compose::Composed, keep::Keep, listeners::Listeners, renewal::Renewal};

pub(crate) use keep::{LEDGER, SEAL_KEY};

mod backup;
mod compose;
mod grants;
mod identities;
mod issuers;
mod keep;
pub(crate) mod keys;
mod listeners;
mod policies;
mod process;
mod quotas;
mod renewal;

/// A service of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceName {
    /// Executes integrations and runs adapters.
    Integrations,
    /// Keeps secrets.
    Secrets,
    /// Gets and keeps tokens.
    Tokens,
    /// Keeps registers.
    Registers,
}

impl ServiceName {
    /// All four, as one process runs them.
    pub(crate) const ALL: [Self; 4] = [Self::Integrations, Self::Secrets, Self::Tokens, Self::Registers];
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integrations => "integrations",
            Self::Secrets => "secrets",
            Self::Tokens => "tokens",
            Self::Registers => "registers",
        })
    }
}

/// What to run.
#[derive(Debug)]
pub(crate) struct Options {
    /// The services of this process.
    pub(crate) services: Vec<ServiceName>,
    /// The folder of the store and of the files that the embedded default makes for itself.
    pub(crate) data: PathBuf,
    /// Everything else.
    pub(crate) config: Config,
    /// The program that runs one script; none: there are no scripts but those of simple shapes.
    pub(crate) script_worker: Option<scripts::Command>,
}

/// A suite that takes calls.
#[derive(Debug)]
pub(crate) struct Running {
    /// The public listener, as bound.
    pub(crate) address: SocketAddr,
    /// The operator's token.
    pub(crate) token_file: PathBuf,
    /// What was made because it was not there, for the operator to know.
    pub(crate) made: Vec<PathBuf>,
}

/// Where a running suite leaves its address for commands on the same machine: `server.json` in the data folder.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ServerFile {
    /// The public listener.
    pub(crate) address: String,
    /// `http` or `https`.
    pub(crate) scheme: String,
}

impl ServerFile {
    /// Where the file is.
    pub(crate) fn path(data: &Path) -> PathBuf {
        data.join("server.json")
    }

    /// Leaves the address, whole or not at all.
    fn write(&self, data: &Path) -> Result<(), ServeError> {
        let path = Self::path(data);
        let wrong = |source| ServeError::Data { path: path.clone(), source };
        let text = serde_json::to_vec(self).map_err(|error| wrong(io::Error::other(error)))?;
        let temporary = data.join("server.json.new");
        fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path)).map_err(wrong)
    }
}

/// Where the operator's token is when the configuration names none.
pub(crate) fn default_token_file(data: &Path) -> PathBuf {
    data.join("operator.token")
}

/// Why the suite does not run. Each names the key, the file or the address, and the next step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The data folder cannot be used.
    #[error("{}: cannot be used as data: {source}", path.display())]
    Data { path: PathBuf, source: io::Error },
    /// The store does not open.
    #[error("the store in {} does not open: {source}", path.display())]
    Store { path: PathBuf, source: store::Error },
    /// There is a store and no key to open its records.
    #[error("{} is missing, and the store beside it is sealed with it; restore it from where you keep it (a new key would not open the records)", path.display())]
    KeyMissing { path: PathBuf },
    /// The sealing keys cannot be used.
    #[error("the sealing keys cannot be used: {0}")]
    Keys(#[from] keys::KeysError),
    /// The audit ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] secrets::ledger::OpenError),
    /// A thread of the start ended early.
    #[error("the audit ledger was not proved: {0}")]
    Proof(#[from] tokio::task::JoinError),
    /// A token file cannot be used.
    #[error(transparent)]
    Token(#[from] runtime::identity::TokenError),
    /// A value of the configuration does not fit the rest.
    #[error("{key}: {text}")]
    Config { key: String, text: String },
    /// The guarded door cannot be built.
    #[error("egress: {0}")]
    Egress(#[from] egress::Error),
    /// Scripts cannot be run.
    #[error(transparent)]
    Scripts(#[from] scripts::StartError),
    /// A link cannot be made.
    #[error("links: {0}")]
    Link(#[from] runtime::link::LinkError),
    /// Certificate and key of the listeners cannot be used.
    #[error("server.tls: {0}")]
    Tls(#[from] server::tls::TlsError),
    /// An address cannot be bound.
    #[error("{key} = \"{address}\": cannot listen there: {source}")]
    Bind { key: &'static str, address: SocketAddr, source: io::Error },
    /// Reflection cannot describe the contracts.
    #[error("reflection cannot be built: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Signals cannot be handled.
    #[error("signals cannot be handled: {0}")]
    Signals(io::Error),
    /// Calls had to be cut off at the end.
    #[error("the drain did not end: {0}")]
    Drain(io::Error),
}

/// Runs the suite until `shutdown` ends, then lets the accepted calls finish. `ready` is told when calls are taken.
///
/// # Errors
/// When it cannot start, or calls had to be cut off at the end.
pub(crate) async fn run(
    options: Options,
    ready: impl FnOnce(Running),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let Options { services, data, config, script_worker } = options;
    process::keep_memory_private();
    let keep = Keep::open(&services, &data, &config).await?;
    let drain = CancellationToken::new();
    let mut composed = Composed::build(&services, &keep, &config, script_worker, &drain)?;
    let finishing = composed.finishing.take();
    let listeners = Listeners::bind(&config).await?;
    let address = listeners.public_address()?;
    let scheme = if config.server.tls.cert.is_some() { "https" } else { "http" };
    ServerFile { address: address.to_string(), scheme: scheme.to_owned() }.write(&data)?;

    let (health, health_server) = Health::new(composed.names()).await;
    let limits = limits(&config);
    for issuer in keep.known.callers.issuers() {
        tokio::spawn(issuer.clone().follow(drain.clone()));
    }
    let (callers, operator, link) =
        (keep.known.callers.clone(), keep.operator_token_file.clone(), keep.link_token.clone());
    let renewal =
        Renewal::new(listeners.tls(), callers, operator, link, config).map_err(ServeError::Signals)?;
    tokio::spawn(renewal.follow(drain.clone()));
    let servers = listeners.serve(composed, health_server, &keep, &limits, &drain)?;
    let leaving = CancellationToken::new();
    let follow = tokio::spawn(health.follow(keep.checks(), leaving.clone()));
    let keys = keep.keys.clone().map(|keys| tokio::spawn(keys.run(drain.clone())));
    ready(Running { address, token_file: keep.operator_token_file.clone(), made: keep.made.clone() });
    shutdown.await;
    // Not ready first, then gone: who balances load hears it before a call is turned away.
    leaving.cancel();
    let _ = follow.await;
    drain.cancel();
    let ended = ended(servers).await;
    if let Some(integrations) = finishing {
        integrations.finish().await;
    }
    if let Some(keys) = keys {
        let _ = keys.await;
    }
    ended
}

/// Waits for every listener's end.
async fn ended(mut servers: JoinSet<io::Result<()>>) -> Result<(), ServeError> {
    let mut result = Ok(());
    while let Some(ended) = servers.join_next().await {
        if let Err(error) = ended.map_err(io::Error::other).flatten() {
            result = Err(ServeError::Drain(error));
        }
    }
    result
}

fn limits(config: &Config) -> Limits {
    Limits {
        connections: config.server.connections,
        streams: config.server.streams,
        calls: config.server.calls,
        drain: std::time::Duration::from_secs(config.server.drain_seconds),
        ..Limits::default()
    }
}
