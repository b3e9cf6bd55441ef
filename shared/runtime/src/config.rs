//! The configuration file, its defaults, and the environment over both.

mod egress;
mod identity;
mod quotas;
mod save_secret;

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};
use toml::{Table, Value};

pub use egress::{Egress, TenantEgress};
pub use identity::{Binding, Identity, Issuer, Stands, Token};
pub use quotas::{Quotas, TenantQuotas};
pub use save_secret::SaveSecret;

/// The commented default file, compiled in. It names every key there is.
pub const DEFAULTS: &str = include_str!("config/outgate.toml");
/// What a variable of the environment begins with.
const PREFIX: &str = "OUTGATE_";
/// What stands between section and key in a variable: variables without it belong to the commands.
const SEPARATOR: &str = "__";

/// Everything that can be configured. See the default file for what each key means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listeners and their bounds.
    pub server: Server,
    /// The other services, when they are other processes.
    pub links: Links,
    /// Sealing keys.
    pub seal: Seal,
    /// The audit ledger.
    pub audit: Audit,
    /// Who may call.
    pub identity: Identity,
    /// What one tenant may have of what all share.
    pub quotas: Quotas,
    /// What may leave.
    pub egress: Egress,
    /// What answers may become secrets for.
    pub save_secret: SaveSecret,
    /// Scripts of `evaluate`.
    pub scripts: Scripts,
    /// Logs.
    pub telemetry: Telemetry,
}

/// `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where backends and commands call.
    pub listen: SocketAddr,
    /// Where the suite's own services call.
    #[serde(deserialize_with = "optional")]
    pub internal_listen: Option<SocketAddr>,
    /// Where probes ask.
    #[serde(deserialize_with = "optional")]
    pub health_listen: Option<SocketAddr>,
    /// Whether listening beyond loopback may go without TLS.
    pub plaintext_beyond_loopback: bool,
    /// Connections of one listener.
    pub connections: usize,
    /// Streams of one connection.
    pub streams: u32,
    /// Calls at once.
    pub calls: usize,
    /// Seconds that accepted calls may go on after the server was told to stop.
    pub drain_seconds: u64,
    /// Certificate and key.
    pub tls: Tls,
}

/// `[server.tls]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain, in PEM.
    #[serde(deserialize_with = "optional")]
    pub cert: Option<PathBuf>,
    /// Its key, in PEM.
    #[serde(deserialize_with = "optional")]
    pub key: Option<PathBuf>,
    /// Authorities of client certificates, in PEM.
    #[serde(deserialize_with = "optional")]
    pub client_ca_file: Option<PathBuf>,
    /// Revocation lists of those authorities, in PEM.
    #[serde(deserialize_with = "optional")]
    pub client_crl_file: Option<PathBuf>,
    /// Who must show one.
    pub client_auth: ClientAuth,
    /// Whether probes are answered over TLS too.
    pub health: bool,
}

/// `server.tls.client_auth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// Nobody is asked for a certificate.
    Off,
    /// Who has one may show it.
    Optional,
    /// Nobody connects without.
    Required,
}

/// `[links]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    /// The address of registers.
    #[serde(deserialize_with = "optional")]
    pub registers: Option<String>,
    /// The internal address of secrets.
    #[serde(deserialize_with = "optional")]
    pub secrets: Option<String>,
    /// The internal address of tokens.
    #[serde(deserialize_with = "optional")]
    pub tokens: Option<String>,
    /// The token that the services know each other by.
    #[serde(deserialize_with = "optional")]
    pub token_file: Option<PathBuf>,
    /// A certificate authority for https links.
    #[serde(deserialize_with = "optional")]
    pub ca_file: Option<PathBuf>,
    /// The client certificate of this process, in PEM.
    #[serde(deserialize_with = "optional")]
    pub cert: Option<PathBuf>,
    /// Its key, in PEM.
    #[serde(deserialize_with = "optional")]
    pub key: Option<PathBuf>,
    /// Names in the client certificates of the others: URIs and DNS names.
    pub peers: Vec<String>,
}

/// `[seal]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The key ring's file.
    #[serde(deserialize_with = "optional")]
    pub key_file: Option<PathBuf>,
    /// Whether the group may read key and token files.
    pub group_readable: bool,
    /// Who wraps the keys of the file.
    pub transit: Transit,
}

/// `[seal.transit]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transit {
    /// The engine's origin; none: the file holds keys in the clear.
    #[serde(deserialize_with = "optional")]
    pub address: Option<String>,
    /// Where the engine is mounted.
    pub mount: String,
    /// The name of the key that wraps.
    pub key: String,
    /// The token that the engine knows this process by.
    #[serde(deserialize_with = "optional")]
    pub token_file: Option<PathBuf>,
    /// The one certificate authority to trust; none: the system's.
    #[serde(deserialize_with = "optional")]
    pub ca_file: Option<PathBuf>,
}

/// `[audit]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// The tenants whose uses of secrets are durable before anything leaves; `*` for all.
    pub strict_tenants: Vec<String>,
}

/// `[scripts]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scripts {
    /// Processes that wait for scripts; none: no scripts but those of simple shapes.
    pub workers: usize,
    /// Milliseconds that a script waits for one of them.
    pub wait_ms: u64,
}

/// `[telemetry]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// What the log shows.
    pub log: String,
    /// Which spans are exported.
    pub spans: String,
}

/// Why a configuration cannot be used: one line that names the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is no TOML.
    #[error("{origin}: is no TOML: {}", source.message())]
    Syntax {
        /// Which file.
        origin: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key that does not exist, or a value that does not fit.
    #[error("configuration: {path}: {text}")]
    Value {
        /// The key, such as `server.listen`.
        path: String,
        /// What is wrong with it.
        text: String,
    },
}

impl Config {
    /// The defaults, overridden by a file's text (with its name, for errors), overridden by variables of the
    /// environment. Only variables of the form `OUTGATE_SECTION__KEY` count.
    ///
    /// # Errors
    /// When a key does not exist or a value does not fit.
    pub fn load(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut merged = parse("the default configuration", DEFAULTS)?;
        if let Some((origin, text)) = file {
            merge(&mut merged, parse(origin, text)?, "")?;
        }
        for (name, text) in environment {
            if let Some(path) = name.strip_prefix(PREFIX).filter(|path| path.contains(SEPARATOR)) {
                let keys: Vec<_> = path.split(SEPARATOR).map(str::to_ascii_lowercase).collect();
                set(&mut merged, &keys, &text, &name)?;
            }
        }
        serde_path_to_error::deserialize(merged).map_err(|error| ConfigError::Value {
            path: error.path().to_string(),
            text: error.inner().message().to_owned(),
        })
    }
}

fn parse(origin: &str, text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|source| ConfigError::Syntax { origin: origin.to_owned(), source: Box::new(source) })
}

/// Lays `over` onto `base`. Every key must be in `base`, because the defaults name them all; where they hold an empty
/// table, its keys are names that the file gives.
fn merge(base: &mut Table, over: Table, prefix: &str) -> Result<(), ConfigError> {
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        match (base.get_mut(&key), value) {
            (None, _) => return Err(unknown(&path, base)),
            (Some(Value::Table(base)), Value::Table(over)) if base.is_empty() => *base = over,
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over, &format!("{path}."))?,
            (Some(slot), value) => *slot = value,
        }
    }
    Ok(())
}

fn unknown(path: &str, known: &Table) -> ConfigError {
    let keys: Vec<_> = known.keys().map(String::as_str).collect();
    let text = match keys.as_slice() {
        [] => "is set in the file alone, by no variable".to_owned(),
        keys => format!("there is no such key; there are {}", keys.join(", ")),
    };
    ConfigError::Value { path: path.to_owned(), text }
}

/// Sets one key from the environment. The text is read as the type that the default has.
fn set(table: &mut Table, keys: &[String], text: &str, variable: &str) -> Result<(), ConfigError> {
    let wrong =
        |kind: &str| ConfigError::Value { path: variable.to_owned(), text: format!("expected {kind}") };
    let [first, rest @ ..] = keys else { return Err(wrong("a key")) };
    let known = table.clone();
    let slot = table.get_mut(first).ok_or_else(|| unknown(variable, &known))?;
    *slot = match slot {
        Value::Table(inner) if !rest.is_empty() => return set(inner, rest, text, variable),
        _ if !rest.is_empty() => return Err(unknown(variable, &known)),
        Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
        Value::Integer(_) => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
        Value::Array(_) => Value::Array(
            text.split(',').filter(|t| !t.is_empty()).map(|t| Value::String(t.trim().into())).collect(),
        ),
        Value::Table(_) => return Err(wrong("a key of this section after another `__`")),
        _ => Value::String(text.to_owned()),
    };
    Ok(())
}

/// An empty text means that nothing is set.
fn optional<'de, D: Deserializer<'de>, T: std::str::FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom(format!("`{text}` cannot be used here")))
}

#[cfg(test)]
mod tests;
