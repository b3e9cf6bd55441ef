//! `[quotas]`: what one tenant may have of what all share.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `[quotas]`. 0: no bound.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    /// Calls a second.
    pub requests_per_second: u32,
    /// Calls at once after a silence; 0: a second's.
    pub burst: u32,
    /// Secrets.
    pub secrets: u64,
    /// Registers.
    pub registers: u64,
    /// Bytes of registers.
    pub bytes: u64,
    /// What holds for one tenant in place of the above.
    pub tenants: BTreeMap<String, TenantQuotas>,
}

/// `[quotas.tenants.NAME]`: what it does not name is everybody's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantQuotas {
    /// See [`Quotas::requests_per_second`].
    pub requests_per_second: Option<u32>,
    /// See [`Quotas::burst`].
    pub burst: Option<u32>,
    /// See [`Quotas::secrets`].
    pub secrets: Option<u64>,
    /// See [`Quotas::registers`].
    pub registers: Option<u64>,
    /// See [`Quotas::bytes`].
    pub bytes: Option<u64>,
}
