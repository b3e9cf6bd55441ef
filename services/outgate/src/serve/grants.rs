//! From `[save_secret]` to what each tenant is granted.
//!
//! Every name is exact. What a reader could take for less than it is (a pattern, a path, another spelling) stops the start.

use std::collections::{BTreeMap, BTreeSet};

use egress::{Destination, Scheme};
use runtime::{
    config::SaveSecret,
    grants::{Grants, Origins},
    names::Id,
};

use super::ServeError;

/// The grants that the configuration gives.
///
/// # Errors
/// Where a table is of no tenant, or a text no origin, or says nothing.
pub(super) fn read(config: &SaveSecret) -> Result<Grants, ServeError> {
    let mut tenants = BTreeMap::new();
    for (name, table) in &config.tenants {
        let key = format!("save_secret.tenants.{name}");
        let tenant = Id::parse("tenant", name)
            .map_err(|_| wrong(&key, "is no tenant; write its id, one table for each"))?;
        tenants.insert(tenant, origins(&key, table)?);
    }
    Ok(Grants::new(tenants))
}

fn origins(key: &str, table: &BTreeMap<String, Vec<String>>) -> Result<Origins, ServeError> {
    let mut granted = Origins::new();
    for (answers, list) in table {
        let key = format!("{key}.{answers:?}");
        let answered = origin(&key, answers)?;
        let mut origins = BTreeSet::new();
        for text in list {
            let origin = origin(&key, text)?;
            if origin == answered {
                return Err(wrong(&key, "names itself, which needs no grant; leave it out"));
            }
            if !origins.insert(origin) {
                return Err(wrong(&key, format!("names `{text}` twice")));
            }
        }
        if origins.is_empty() {
            return Err(wrong(&key, "grants nothing; name the origins, or leave it out"));
        }
        granted.insert(answered, origins);
    }
    Ok(granted)
}

/// The text, if it is an origin in its one spelling.
fn origin(key: &str, text: &str) -> Result<String, ServeError> {
    let no_origin = |problem: &str| {
        wrong(key, format!("`{text}` is no origin: {problem}; write one such as \"https://api.example.com\""))
    };
    let destination = Destination::parse(text).map_err(|problem| no_origin(&problem.to_string()))?;
    if destination.scheme() != Scheme::Https {
        return Err(no_origin("a secret travels over TLS alone"));
    }
    let origin = destination.origin().origin().ascii_serialization();
    if origin != text {
        return Err(no_origin(&format!("its one spelling is `{origin}`")));
    }
    Ok(origin)
}

fn wrong(key: &str, text: impl Into<String>) -> ServeError {
    ServeError::Config { key: key.to_owned(), text: text.into() }
}

#[cfg(test)]
mod tests;
