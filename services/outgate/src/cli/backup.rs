//! `outgate backup` and `outgate restore`.

use std::path::PathBuf;

use clap::Args;

/// `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Where to write it
    pub(crate) file: PathBuf,
}

/// `restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) file: PathBuf,
    /// Key file of the suite that was backed up (seal.key in its data folder)
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: PathBuf,
    /// The suite's configuration: with [seal.transit] the engine that it names unwraps the keys
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
