//! `outgate apply`.

use std::path::PathBuf;

use clap::Args;

/// `apply`.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// Files, or folders to walk for *.json, *.yaml and *.yml
    #[arg(short = 'f', long = "file", value_name = "PATH", required = true, num_args = 1..)]
    pub(crate) paths: Vec<PathBuf>,
    /// Show the difference and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Delete what these files do not name, of the kinds (and business units) that they do name
    #[arg(long)]
    pub(crate) prune: bool,
    /// Delete without asking
    #[arg(long)]
    pub(crate) yes: bool,
}
