//! Each tenant's policy: the operator's, narrowed.

use std::{fmt, ops::RangeInclusive, path::PathBuf};

use ipnet::IpNet;

use super::{ByTenant, EgressPolicy, Proxy};

/// What an operator lets out, and of that what each tenant may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies(ByTenant<EgressPolicy>);

/// What a tenant's policy changes of the operator's. What is not set stays the operator's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Ports, each of them one of the operator's.
    pub ports: Option<Vec<RangeInclusive<u16>>>,
    /// Whether plain http may leave; only where the operator allows it.
    pub allow_http: Option<bool>,
    /// Networks beyond the public addresses, each within one of the operator's.
    pub networks: Option<Vec<IpNet>>,
    /// Certificate authorities, beside the operator's.
    pub ca_files: Vec<PathBuf>,
    /// The proxy, in place of the operator's and with none of its credentials; `Some(None)`: none.
    pub proxy: Option<Option<Proxy>>,
    /// Whether the proxy alone looks names up; only where the operator says so.
    pub proxy_resolves: Option<bool>,
    /// Whether an answer that echoes a secret is refused; not to be taken back where the operator says so.
    pub refuse_echoes: Option<bool>,
}

/// A tenant's policy lets out what the operator's does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TooWide {
    /// The field of [`Narrowing`].
    pub key: &'static str,
    /// What is wrong with it.
    pub text: String,
}

impl Policies {
    /// The operator's policy, for every tenant.
    #[must_use]
    pub fn new(operator: EgressPolicy) -> Self {
        Self(ByTenant::new(operator))
    }

    /// Gives a tenant a policy of its own; `*` stands for every tenant without one.
    ///
    /// # Errors
    ///
    /// When it would let out what the operator's does not.
    pub fn narrow(&mut self, tenant: impl Into<String>, narrowing: Narrowing) -> Result<(), TooWide> {
        let policy = narrowing.of(self.0.shared())?;
        self.0.insert(tenant.into(), policy);
        Ok(())
    }

    /// The policy of a tenant.
    #[must_use]
    pub fn of(&self, tenant: &str) -> &EgressPolicy {
        self.0.of(tenant)
    }

    pub(crate) fn by_tenant(&self) -> &ByTenant<EgressPolicy> {
        &self.0
    }
}

impl From<EgressPolicy> for Policies {
    fn from(operator: EgressPolicy) -> Self {
        Self::new(operator)
    }
}

impl Narrowing {
    fn of(self, operator: &EgressPolicy) -> Result<EgressPolicy, TooWide> {
        let Self { ports, allow_http, networks, ca_files, proxy, proxy_resolves, refuse_echoes } = self;
        let wider = |port: &RangeInclusive<u16>| !port.clone().all(|port| operator.permits_port(port));
        if let Some(range) = ports.iter().flatten().find(|range| wider(range)) {
            return Err(too_wide("ports", Shown(range)));
        }
        let within = |network: &IpNet| operator.networks.iter().any(|opened| opened.contains(network));
        if let Some(network) = networks.iter().flatten().find(|network| !within(network)) {
            return Err(too_wide("networks", network));
        }
        if allow_http == Some(true) && !operator.allow_http {
            return Err(too_wide("allow_http", true));
        }
        if proxy_resolves == Some(true) && !operator.proxy_resolves {
            return Err(too_wide("proxy_resolves", true));
        }
        if refuse_echoes == Some(false) && operator.refuse_echoes {
            return Err(too_wide("refuse_echoes", false));
        }
        Ok(EgressPolicy {
            ports: ports.unwrap_or_else(|| operator.ports.clone()),
            allow_http: allow_http.unwrap_or(operator.allow_http),
            networks: networks.unwrap_or_else(|| operator.networks.clone()),
            ca_files: [operator.ca_files.as_slice(), ca_files.as_slice()].concat(),
            proxy: proxy.unwrap_or_else(|| operator.proxy.clone()),
            proxy_resolves: proxy_resolves.unwrap_or(operator.proxy_resolves),
            refuse_echoes: refuse_echoes.unwrap_or(operator.refuse_echoes),
        })
    }
}

fn too_wide(key: &'static str, value: impl fmt::Display) -> TooWide {
    TooWide {
        key,
        text: format!("`{value}` is more than `egress.{key}` allows; a tenant's policy only narrows it"),
    }
}

/// Ports as the configuration writes them.
struct Shown<'a>(&'a RangeInclusive<u16>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.0.start(), self.0.end());
        if from == to { write!(f, "{from}") } else { write!(f, "{from}-{to}") }
    }
}

#[cfg(test)]
mod tests;
