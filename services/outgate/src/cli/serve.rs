//! `outgate serve`, and what stands around a suite that runs: `healthcheck`, `demo`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// What to run
    #[arg(value_enum, default_value = "all")]
    pub(crate) service: Service,
    /// Where to listen, over the configuration's server.listen
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Configuration file (TOML); the environment overrides it: OUTGATE_SERVER__LISTEN is [server] listen
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What `serve` runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    All,
    Integrations,
    Secrets,
    Tokens,
    Registers,
}

/// `healthcheck`.
#[derive(Debug, Args)]
pub(crate) struct Healthcheck {
    /// What to ask about: `readiness`, `liveness`, or a service's full name
    #[arg(long, default_value = "readiness")]
    pub(crate) service: String,
}

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End after the story instead of serving until Ctrl-C
    #[arg(long)]
    pub(crate) exit: bool,
}
