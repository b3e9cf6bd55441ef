//! `outgate audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Show the last entry's number and hash; noted down elsewhere, it proves a later ledger (verify --head)
    Head,
    /// Print entries as lines of JSON, those of the tenant or, with --all-tenants, the whole ledger
    ///
    /// With --json: {"entries": […]}.
    Export(Export),
    /// Prove that no entry was changed, removed, put in, moved or cut off; the suite need not run
    ///
    /// Without a path, it is the ledger in the data folder. Exit code 1 when an entry does not hold; the first one is named.
    /// With --json: {"verified": [{"path", "entries", "sequence", "hash", "gaps", "checkpoint"}]}.
    Verify(Verify),
}

/// `audit export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The number of the first entry
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) from: u64,
    /// Entries of all tenants, and those of none: the whole chain
    #[arg(long)]
    pub(crate) all_tenants: bool,
    /// Only the entries of one secret
    #[arg(long, value_name = "NAME", conflicts_with = "all_tenants")]
    pub(crate) secret: Option<String>,
}

/// `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Exports, or folders of a ledger
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Allow an export to leave entries out, as one of a single tenant does
    #[arg(long)]
    pub(crate) gaps: bool,
    /// A head that was noted down, as `audit head` shows it: it must be in the ledger
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) head: Option<String>,
    /// The sealing keys in the clear, to prove the checkpoint of a folder; without it, seal.key of the data folder
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}
