//! The command line: what can be said, and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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

/// `secret`.
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Seal a value, from standard input or a prompt; never an argument
    ///
    /// Of a piped value, one line end at its very end is taken off, as `echo` and editors add it.
    Put {
        /// The secret's name
        name: String,
        /// The URL it is for: it is sent to no other origin (scheme, host and port)
        #[arg(long)]
        url: String,
        /// A URL that tokens may go to which are got with it as a client's secret; may be repeated. None: the origin of --url
        #[arg(long, value_name = "URL")]
        tokens_for: Vec<String>,
        /// When it ends: a day, as 2027-01-31 (its beginning, UTC), or a time, as 2027-01-31T12:00:00Z
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
        /// How long the value before it stays in use beside it: 30m, 12h, 7d
        #[arg(long, value_name = "DURATION")]
        overlap: Option<String>,
    },
    /// Set or remove one member of a secret that is a JSON object, without seeing it
    ///
    /// The member's new text comes from standard input or a prompt, as with `put`.
    Patch {
        /// The secret's name
        name: String,
        /// The name of the object's member
        member: String,
        /// Remove it instead
        #[arg(long)]
        remove: bool,
        /// How long the value before it stays in use beside it: 30m, 12h, 7d
        #[arg(long, value_name = "DURATION")]
        overlap: Option<String>,
    },
    /// Say whether a candidate, from standard input or a prompt, is a secret's value; exit code 1 where it is not
    Verify {
        /// The secret's name
        name: String,
    },
    /// List secrets: names, scopes, versions, and what ends when
    List,
    /// Delete a secret
    Delete {
        /// The secret's name
        name: String,
    },
}

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

/// `keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Show the keys, what is sealed with each, and how far sealing anew has come
    Status,
    /// Make a new key and seal with it from here on; what is sealed with old ones is sealed anew, and they end
    Rotate {
        /// Wait until the old keys are gone, and show how far it has come
        #[arg(long)]
        wait: bool,
    },
    /// Look through all records again, and end the old keys that none of them needs
    Retire {
        /// Let go of keys that only records need which do not open; those are lost for good
        #[arg(long)]
        forget_unreadable: bool,
        /// Wait until that is done
        #[arg(long)]
        wait: bool,
    },
    /// Edit a key file on this machine; nothing is sent to a suite
    ///
    /// For files that the suite may read and not write, such as mounted secrets: edit a copy, put it where the file comes
    /// from, and the suite takes it over while it runs.
    #[command(subcommand)]
    File(KeyFile),
}

/// `keys file`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyFile {
    /// Make a key file with one new key
    New {
        /// The file, which must not be there yet
        file: PathBuf,
        /// The suite's configuration: with [seal.transit] the key is wrapped
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Add a new key
    Add {
        /// The key file
        file: PathBuf,
        /// Make it the one that seals. Where several processes use the file, first let all of them have it without
        #[arg(long)]
        activate: bool,
        /// The suite's configuration: with [seal.transit] the key is wrapped
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Make a key of the file the one that seals
    Activate {
        /// The key file
        file: PathBuf,
        /// The key's id
        id: seal::KeyId,
    },
    /// Take a key out, whose records are lost for good where there are any: see `keys status` first
    Remove {
        /// The key file
        file: PathBuf,
        /// The key's id
        id: seal::KeyId,
    },
    /// Have every key in the clear wrapped by the transit engine of the configuration
    Wrap {
        /// The key file
        file: PathBuf,
        /// The suite's configuration, which names the engine
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

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

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End after the story instead of serving until Ctrl-C
    #[arg(long)]
    pub(crate) exit: bool,
}

#[cfg(test)]
mod tests;
