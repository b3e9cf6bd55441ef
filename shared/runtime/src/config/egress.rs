//! `[egress]`: what may leave, for everybody and for each tenant.

use std::{collections::BTreeMap, ops::RangeInclusive, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::optional;

/// `[egress]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// Ports that may be called.
    #[serde(deserialize_with = "ports")]
    pub ports: Vec<RangeInclusive<u16>>,
    /// Whether plain http may leave.
    pub allow_http: bool,
    /// Addresses beyond the public ones.
    pub networks: Vec<String>,
    /// Certificate authorities beside the public ones.
    pub ca_files: Vec<PathBuf>,
    /// The upstream proxy; empty: none.
    pub proxy: String,
    /// Where the proxy's user and password are.
    #[serde(deserialize_with = "optional")]
    pub proxy_credentials_file: Option<PathBuf>,
    /// Whether the proxy alone looks names up.
    pub proxy_resolves: bool,
    /// Whether an answer that echoes a secret is refused.
    pub refuse_echoes: bool,
    /// What holds for one tenant, or by the name `*` for every tenant without a table of its own.
    pub tenants: BTreeMap<String, TenantEgress>,
}

/// `[egress.tenants.NAME]`: what it does not name is the operator's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantEgress {
    /// See [`Egress::ports`].
    #[serde(deserialize_with = "some_ports")]
    pub ports: Option<Vec<RangeInclusive<u16>>>,
    /// See [`Egress::allow_http`].
    pub allow_http: Option<bool>,
    /// See [`Egress::networks`].
    pub networks: Option<Vec<String>>,
    /// Certificate authorities beside the operator's.
    pub ca_files: Vec<PathBuf>,
    /// The proxy in place of the operator's; empty: none.
    pub proxy: Option<String>,
    /// The user and password for this proxy.
    #[serde(deserialize_with = "optional")]
    pub proxy_credentials_file: Option<PathBuf>,
    /// See [`Egress::proxy_resolves`].
    pub proxy_resolves: Option<bool>,
    /// See [`Egress::refuse_echoes`].
    pub refuse_echoes: Option<bool>,
}

fn some_ports<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<RangeInclusive<u16>>>, D::Error> {
    ports(deserializer).map(Some)
}

fn ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RangeInclusive<u16>>, D::Error> {
    let one = |text: &str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let range = from.trim().parse::<u16>().ok()?..=to.trim().parse::<u16>().ok()?;
        (*range.start() > 0 && !range.is_empty()).then_some(range)
    };
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| {
            one(text).ok_or_else(|| {
                D::Error::custom(format!("`{text}` is no port; write \"443\" or \"44300-44399\""))
            })
        })
        .collect()
}
