//! `outgate register`.

use clap::Subcommand;

/// `register`.
#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// List the tenant's registers, or with --unit the private ones of a business unit
    List {
        /// Only keys that begin with this, such as ADAPTER.
        #[arg(long, default_value = "")]
        prefix: String,
    },
    /// Print a register's text; with --json its value, text and revision
    Get {
        /// The register's key
        key: String,
        /// A past revision: the etag that `history` shows
        #[arg(long, value_name = "ETAG")]
        revision: Option<String>,
    },
    /// List the revisions a register had, newest first
    History {
        /// The register's key
        key: String,
        /// How many at most
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
        limit: u16,
    },
}
