//! Connectors: registers that name the adapter, or the adapters, to run.

use std::sync::Arc;

use mapping::Value;
use runtime::{
    Refusal,
    names::{Id, Name},
};

use super::{Runs, refused};
use crate::registers::{Document, Tenant};

/// The most adapters of one connector.
const MOST: usize = 64;

impl Runs {
    /// A register as a run sees it.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND.
    pub(crate) async fn find(&self, tenant: &Tenant, name: &Name) -> Result<Arc<Document>, Refusal> {
        if let Some(document) = find(tenant, name) {
            return Ok(document);
        }
        self.registers.confirm(tenant, name).await?;
        find(tenant, name).ok_or_else(|| refused::not_found(name))
    }

    /// The adapters that a register names: those of a connector, or the register itself where it is an adapter.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND, CONNECTOR_INVALID.
    pub(super) async fn named(&self, tenant: &Tenant, name: &Name) -> Result<Vec<Name>, Refusal> {
        let document = self.find(tenant, name).await?;
        let keys = match document.value() {
            Some(Value::String(key)) => vec![key.as_str()],
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| {
                    item.as_str()
                        .ok_or_else(|| refused::connector(name, "holds an element that is no string"))
                })
                .collect::<Result<_, _>>()?,
            // What does not parse is told with its place, as an adapter.
            Some(Value::Object(_)) | None => return Ok(vec![name.clone()]),
            Some(_) => {
                let text =
                    "is neither the name of an adapter, nor an array of such names, nor an adapter itself";
                return Err(refused::connector(name, text));
            }
        };
        if keys.is_empty() || keys.len() > MOST {
            return Err(refused::connector(
                name,
                &format!("names {} adapters; name 1 to {MOST}", keys.len()),
            ));
        }
        keys.into_iter().map(|key| adapter(tenant, name, key)).collect()
    }
}

/// An adapter that a connector names.
fn adapter(tenant: &Tenant, connector: &Name, key: &str) -> Result<Name, Refusal> {
    let shown: String = key.chars().take(140).flat_map(char::escape_debug).collect();
    let id = Id::parse("connector", key).map_err(|_| {
        refused::connector(connector, &format!("names `{shown}`, which is no key of a register"))
    })?;
    let named = Name { parent: connector.parent.clone(), id };
    match find(tenant, &named).as_ref().map(|document| document.value()) {
        Some(Some(Value::Object(_)) | None) => Ok(named),
        Some(Some(_)) => Err(refused::connector(connector, &format!("names `{shown}`, which is no adapter"))),
        None => Err(refused::connector(connector, &format!("names `{shown}`, which is no register"))),
    }
}

fn find(tenant: &Tenant, name: &Name) -> Option<Arc<Document>> {
    tenant.view().read(|snapshot| snapshot.find(name.parent.unit.as_ref(), name.id.as_str()).cloned())
}
