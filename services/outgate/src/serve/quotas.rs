//! From `[quotas]` to the bounds of each tenant.

use std::{collections::BTreeMap, num::NonZeroU32};

use runtime::{
    config,
    names::Id,
    quota::{Limits, Quotas},
};

use super::ServeError;

/// The bounds that the configuration gives.
///
/// # Errors
/// Where a table is of no tenant, or a burst of no rate.
pub(super) fn read(config: &config::Quotas) -> Result<Quotas, ServeError> {
    let own = |own: &config::TenantQuotas| config::Quotas {
        requests_per_second: own.requests_per_second.unwrap_or(config.requests_per_second),
        burst: own.burst.unwrap_or(config.burst),
        secrets: own.secrets.unwrap_or(config.secrets),
        registers: own.registers.unwrap_or(config.registers),
        bytes: own.bytes.unwrap_or(config.bytes),
        tenants: BTreeMap::new(),
    };
    let everybody = limits("quotas", config)?;
    let mut tenants = BTreeMap::new();
    for (name, table) in &config.tenants {
        let key = format!("quotas.tenants.{name}");
        let tenant = Id::parse("tenant", name).map_err(|_| ServeError::Config {
            key: key.clone(),
            text: "is no tenant; write its id".to_owned(),
        })?;
        tenants.insert(tenant, limits(&key, &own(table))?);
    }
    Ok(Quotas::new(everybody, tenants))
}

fn limits(key: &str, config: &config::Quotas) -> Result<Limits, ServeError> {
    let bound = |number: u64| (number > 0).then_some(number);
    let limits = Limits {
        requests_per_second: NonZeroU32::new(config.requests_per_second),
        burst: NonZeroU32::new(config.burst),
        secrets: bound(config.secrets),
        registers: bound(config.registers),
        bytes: bound(config.bytes),
    };
    if limits.burst.is_some() && limits.requests_per_second.is_none() {
        let text = "belongs to no rate; set requests_per_second beside it".to_owned();
        return Err(ServeError::Config { key: format!("{key}.burst"), text });
    }
    Ok(limits)
}

#[cfg(test)]
mod tests;
