//! The command line: what can be said, and its help.

mod apply;
mod audit;
mod backup;
mod call;
mod keys;
mod register;
mod run;
mod secret;
mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    apply::Apply,
    audit::{Audit, Export, Verify},
    backup::{Backup, Restore},
    call::Call,
    keys::{KeyFile, Keys},
    register::Register,
    run::{Check, Explain, Run},
    secret::Secret,
    serve::{Demo, Healthcheck, Serve, Service},
};

/// What scripts may rely on; shown under every `--help` of the whole program.
const EXIT_CODES: &str = "\
Exit codes:
  0  it worked
  1  the suite refused or failed, or cannot be reached
  2  the command line or a file is wrong; nothing was sent
  3  the counterpart's answer is an error: `call` got a status that is not 2xx, `run` ended with meta.error

With --json, standard output is exactly one JSON value, also for a failure:
  {\"error\": {\"reason\": \"ENDPOINT_NOT_LISTED\", \"message\": \"…\", \"metadata\": {\"host\": \"…\"}}}";

/// Calls other companies' APIs for your backends, and keeps the credentials to itself.
#[derive(Debug, Parser)]
#[command(name = "outgate", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What goes with every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// Print one JSON value instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Data folder of a suite on this machine; the address and the operator's token are found in it
    #[arg(long, global = true, env = "OUTGATE_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address of the suite: https://host:port, or host:port (plain http on loopback only)
    #[arg(long, global = true, env = "OUTGATE_SERVER", value_name = "ADDR")]
    pub(crate) server: Option<String>,
    /// File with the token that the suite knows you by
    #[arg(long, global = true, env = "OUTGATE_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificate authority of the suite, in PEM, for https addresses
    #[arg(long, global = true, env = "OUTGATE_CA_FILE", value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Client certificate to show, in PEM, where the suite knows you by one
    #[arg(long, global = true, env = "OUTGATE_CLIENT_CERT", value_name = "FILE", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,
    /// Its key, in PEM, readable by nobody else
    #[arg(long, global = true, env = "OUTGATE_CLIENT_KEY", value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// Tenant
    #[arg(long, global = true, env = "OUTGATE_TENANT", value_name = "ID", default_value = "default")]
    pub(crate) tenant: String,
    /// Business unit: its private registers and secrets come first, and are what is written
    #[arg(long, global = true, env = "OUTGATE_UNIT", value_name = "ID")]
    pub(crate) unit: Option<String>,
    /// File with the token of the end user that the call acts for
    #[arg(
        long,
        global = true,
        env = "OUTGATE_USER_TOKEN_FILE",
        value_name = "FILE",
        conflicts_with = "user"
    )]
    pub(crate) user_token_file: Option<PathBuf>,
    /// End user that you vouch for; your token needs the role `voucher`
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) user: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the suite, or one service of it, until SIGTERM or Ctrl-C
    Serve(Serve),
    /// Ask a running suite whether it serves
    Healthcheck(Healthcheck),
    /// Apply integrations and registers from files; shows the difference first
    Apply(Apply),
    /// Put, patch, verify, list and delete secrets, with --unit a business unit's private copies; none can be read
    #[command(subcommand)]
    Secret(Secret),
    /// Read and prove the audit ledger: every release and every use of a secret
    #[command(subcommand)]
    Audit(Audit),
    /// Send one HTTP request through an integration
    ///
    /// Status and headers go to standard error, the body to standard output. With --json: {"status", "ok", "headers",
    /// "body"}. A JSON body is shown as JSON, other text as a string, anything else as base64 with "bodyEncoding":
    /// "base64". A header that came more than once is an array. Exit code 3 for a status that is not 2xx.
    ///
    /// Without more, both bodies are held whole, and the integration's limits hold for them. With --stream or --output
    /// they pass through as they come, whatever their size; the request then leaves once, its body in chunks
    /// (Transfer-Encoding: chunked), and the answer's body comes byte for byte. With --json: {"status", "ok", "headers",
    /// "output", "bodyBytes"}.
    Call(Call),
    /// Run an adapter or a connector
    ///
    /// With --json: {"result", "meta", "steps"}. Exit code 3 when the run ended with meta.error.
    Run(Run),
    /// Show the request that an adapter would send, secrets as holes, and what policy says to it; sends nothing
    Explain(Explain),
    /// Check adapters, by register key or file, and show every problem with its place
    Check(Check),
    /// List and read registers (they are written with `apply`)
    #[command(subcommand)]
    Register(Register),
    /// Rotate the sealing keys, see what is sealed with which, and edit key files
    #[command(subcommand)]
    Keys(Keys),
    /// Back up the whole suite while it runs, into one sealed file
    ///
    /// Takes the role `operator` in all tenants. The sealing keys are not in the file: keep a copy of the key file elsewhere,
    /// without it nobody can restore the backup. The file is there when it is whole, and replaces one of its name.
    Backup(Backup),
    /// Make a data folder of a backup
    ///
    /// Checks everything before the store is there at all; never writes over a store. Start the suite on the folder
    /// afterwards, with the same key file.
    Restore(Restore),
    /// See it all work: the suite and two counterparts on loopback, in a temporary folder
    Demo(Demo),
}

#[cfg(test)]
mod tests;
