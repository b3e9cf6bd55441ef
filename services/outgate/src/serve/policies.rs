//! From the configuration to what may leave, each refusal naming its key.

use std::path::{Path, PathBuf};

use egress::{EgressPolicy, Narrowing, Policies, Proxy};
use runtime::{
    config::{Egress, TenantEgress},
    identity::{TokenError, check_private},
    names::Id,
};

use super::ServeError;

/// The operator's policy, and those of the tenants that have one.
///
/// # Errors
/// Where a value cannot be used, or a tenant's would let out what the operator's does not.
pub(super) fn read(config: &Egress, group_readable: bool) -> Result<Policies, ServeError> {
    let mut policies = Policies::new(operator(config, group_readable)?);
    for (tenant, own) in &config.tenants {
        let section = Section { path: format!("egress.tenants.{tenant}"), group_readable };
        if tenant != "*" && Id::parse("tenant", tenant).is_err() {
            return Err(section.wrong("", "is no tenant; write its id, or \"*\" for all that have no table"));
        }
        let narrowing = section.narrowing(own)?;
        policies.narrow(tenant, narrowing).map_err(|wide| section.wrong(wide.key, wide.text))?;
    }
    Ok(policies)
}

/// The operator's policy.
///
/// # Errors
/// Where a value cannot be used.
pub(super) fn operator(config: &Egress, group_readable: bool) -> Result<EgressPolicy, ServeError> {
    let section = Section { path: "egress".to_owned(), group_readable };
    Ok(EgressPolicy {
        ports: config.ports.clone(),
        allow_http: config.allow_http,
        networks: section.networks(&config.networks)?,
        ca_files: config.ca_files.clone(),
        proxy: section.proxy(&config.proxy, config.proxy_credentials_file.as_deref())?,
        proxy_resolves: config.proxy_resolves,
        refuse_echoes: config.refuse_echoes,
    })
}

/// One table of the configuration.
struct Section {
    path: String,
    group_readable: bool,
}

impl Section {
    fn narrowing(&self, own: &TenantEgress) -> Result<Narrowing, ServeError> {
        if own.proxy.is_none() && own.proxy_credentials_file.is_some() {
            return Err(
                self.wrong("proxy_credentials_file", "belongs to no proxy; name it beside its `proxy`")
            );
        }
        let file = own.proxy_credentials_file.as_deref();
        Ok(Narrowing {
            ports: own.ports.clone(),
            allow_http: own.allow_http,
            networks: own.networks.as_deref().map(|networks| self.networks(networks)).transpose()?,
            ca_files: own.ca_files.clone(),
            proxy: own.proxy.as_deref().map(|proxy| self.proxy(proxy, file)).transpose()?,
            proxy_resolves: own.proxy_resolves,
            refuse_echoes: own.refuse_echoes,
        })
    }

    fn networks<N: std::str::FromStr>(&self, texts: &[String]) -> Result<Vec<N>, ServeError> {
        let network = |text: &String| {
            let no_network = |_| format!("`{text}` is no network; write one such as \"10.20.0.0/16\"");
            text.parse().map_err(no_network)
        };
        texts.iter().map(network).collect::<Result<_, _>>().map_err(|text| self.wrong("networks", text))
    }

    fn proxy(&self, text: &str, credentials: Option<&Path>) -> Result<Option<Proxy>, ServeError> {
        if text.is_empty() {
            return match credentials {
                None => Ok(None),
                Some(_) => Err(self.wrong("proxy_credentials_file", "belongs to no proxy; `proxy` is empty")),
            };
        }
        if let Some(path) = credentials {
            check_private(path, self.group_readable)
                .map_err(|error| self.wrong("proxy_credentials_file", unfit(path, &error)))?;
        }
        let proxy = Proxy::parse(text, credentials.map(PathBuf::from));
        proxy.map(Some).map_err(|error| self.wrong("proxy", error.to_string()))
    }

    fn wrong(&self, key: &str, text: impl Into<String>) -> ServeError {
        let key = if key.is_empty() { self.path.clone() } else { format!("{}.{key}", self.path) };
        ServeError::Config { key, text: text.into() }
    }
}

fn unfit(path: &Path, error: &TokenError) -> String {
    let path = path.display();
    match error {
        TokenError::Readable { mode, .. } => {
            format!("{path} is readable by others (mode {mode:o}); chmod 600 it")
        }
        _ => format!("{path} cannot be read"),
    }
}

#[cfg(test)]
mod tests;
