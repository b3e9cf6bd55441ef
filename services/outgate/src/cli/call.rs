//! `outgate call`.

use std::path::PathBuf;

use clap::Args;

/// `call`.
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The integration's name
    pub(crate) integration: String,
    /// The HTTP method
    pub(crate) method: String,
    /// The whole URL; one of the integration's endpoints
    pub(crate) url: String,
    /// A header, as 'Name: value'; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// The body; @FILE reads it from a file, @- from standard input
    #[arg(short = 'd', long = "body", value_name = "DATA")]
    pub(crate) body: Option<String>,
    /// Pass both bodies on as they come, of any size, without holding them
    #[arg(long)]
    pub(crate) stream: bool,
    /// Write the answer's body to a file, whatever its status, once it is whole; implies --stream
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
