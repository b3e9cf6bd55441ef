//! `[save_secret]`: for which origins a value may become a secret that another origin answered with.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `[save_secret]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveSecret {
    /// For each tenant, by the origin that answers: the origins that its values may be for.
    pub tenants: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}
