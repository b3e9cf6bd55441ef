//! `outgate run`, and what tells of an adapter without running it: `explain`, `check`.

use std::path::PathBuf;

use clap::Args;

/// `run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The key of an adapter (`ADAPTER.…`) or of a connector
    pub(crate) name: String,
    /// The input, a file of JSON; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The key of an adapter
    pub(crate) name: String,
    /// The input, a file of JSON; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Register keys, or files named after the key (a file is checked in the midst of the kept registers)
    #[arg(required = true, value_name = "NAME|PATH")]
    pub(crate) adapters: Vec<String>,
}
