//! The definitions of integrations: kept in the store, held in memory.

mod held;
mod mask;
mod record;

use std::{sync::Arc, time::SystemTime};

use proto::{errors::v1::Reason, integrations::v1::Integration};
use runtime::{
    Refusal,
    names::{Id, Name},
};
use store::{ErrorKind, Precondition, Range, Revision, Store, StoreExt};
use tokio_util::task::AbortOnDropHandle;

pub(crate) use mask::Mask;

use self::{
    held::{Held, Look},
    record::PREFIX,
};
use crate::definition::Definition;

/// Keeps definitions.
pub(crate) struct Definitions {
    store: Arc<dyn Store>,
    held: Arc<Held>,
    _watch: AbortOnDropHandle<()>,
}

/// A page of a tenant's definitions.
pub(crate) struct Listed {
    /// The definitions in the order of their ids.
    pub(crate) integrations: Vec<Integration>,
    /// The names of those whose records cannot be read.
    pub(crate) unreadable: Vec<String>,
    /// The id after which the next page begins; none on the last.
    pub(crate) next: Option<String>,
}

/// What an update asks for.
pub(crate) struct Update {
    /// Which definition.
    pub(crate) name: Name,
    /// What it becomes.
    pub(crate) message: Integration,
    /// Which fields of it count.
    pub(crate) mask: Mask,
    /// Whether an absent one is made.
    pub(crate) allow_missing: bool,
    /// What the caller's etag asks for.
    pub(crate) precondition: Precondition,
}

impl Definitions {
    /// Follows the definitions in `store`.
    pub(crate) fn start(store: Arc<dyn Store>) -> Self {
        let held = Arc::new(Held::default());
        let watch = tokio::spawn(held::follow(store.clone(), held.clone()));
        Self { store, held, _watch: AbortOnDropHandle::new(watch) }
    }

    /// The definition to call by: the one in memory, or the store's where memory may be behind.
    ///
    /// # Errors
    /// INTEGRATION_NOT_FOUND, STORE_UNAVAILABLE.
    pub(crate) async fn find(&self, name: &Name) -> Result<Arc<Definition>, Refusal> {
        match self.held.look(name) {
            Look::Found(definition) => Ok(definition),
            Look::Absent => Err(not_found(name)),
            Look::Unknown => {
                let message = self.get(name).await?;
                Definition::parse(name.clone(), &message)
                    .map(Arc::new)
                    .map_err(|error| record::unusable(name, error))
            }
        }
    }

    /// Reads a definition.
    ///
    /// # Errors
    /// INTEGRATION_NOT_FOUND, STORE_UNAVAILABLE.
    pub(crate) async fn get(&self, name: &Name) -> Result<Integration, Refusal> {
        let entry = self.store.get(&record::key(name)).await?.ok_or_else(|| not_found(name))?;
        record::decode(name, &entry)
    }

    /// Reads a page of a tenant's definitions, those behind the id `after`.
    ///
    /// # Errors
    /// STORE_UNAVAILABLE.
    pub(crate) async fn list(&self, tenant: &Id, size: usize, after: Option<&Id>) -> Result<Listed, Refusal> {
        let prefix = format!("{PREFIX}{tenant}/");
        let mut range = Range::prefix(&*prefix);
        if let Some(after) = after {
            range = range.after(&format!("{prefix}{after}"));
        }
        let page = self.store.scan(range, size).await?;
        let (mut integrations, mut unreadable) = (Vec::new(), Vec::new());
        for entry in &page.entries {
            let name = record::name(&entry.key)?;
            match record::decode(&name, entry) {
                Ok(integration) => integrations.push(integration),
                Err(refusal) => {
                    tracing::error!(integration = %name.id, %refusal, "a kept definition cannot be read");
                    unreadable.push(shown(&name));
                }
            }
        }
        let last = page.entries.last().filter(|_| page.more);
        let next = last.and_then(|entry| entry.key.strip_prefix(&prefix)).map(str::to_owned);
        Ok(Listed { integrations, unreadable, next })
    }

    /// Makes a definition.
    ///
    /// # Errors
    /// FIELD_INVALID, ALREADY_EXISTS, STORE_UNAVAILABLE.
    pub(crate) async fn create(
        &self,
        name: &Name,
        message: Integration,
        author: &str,
    ) -> Result<Integration, Refusal> {
        let now = Some(SystemTime::now().into());
        let message = Integration { create_time: now, ..message };
        match self.put(name, message, author, Precondition::Create).await? {
            Some(made) => Ok(made),
            None => Err(Refusal::new(
                Reason::AlreadyExists,
                format!("there is an integration `{}` already; update it, or take another id", name.id),
            )
            .with("name", shown(name))),
        }
    }

    /// Changes a definition, or makes it where the update allows that.
    ///
    /// # Errors
    /// FIELD_INVALID, INTEGRATION_NOT_FOUND, ETAG_MISMATCH, STORE_UNAVAILABLE.
    pub(crate) async fn update(&self, update: Update, author: &str) -> Result<Integration, Refusal> {
        let Update { name, message, mask, allow_missing, precondition } = update;
        loop {
            let Some(entry) = self.store.get(&record::key(&name)).await? else {
                if !allow_missing {
                    return Err(not_found(&name));
                }
                if matches!(precondition, Precondition::Update(_)) {
                    return Err(mismatch(&name));
                }
                let made = Integration { create_time: Some(SystemTime::now().into()), ..message.clone() };
                match self.put(&name, made, author, Precondition::Create).await? {
                    Some(made) => return Ok(made),
                    None => continue,
                }
            };
            let stale = match precondition {
                Precondition::Update(revision) => revision != entry.revision,
                Precondition::Create => true,
                Precondition::None | Precondition::Exists => false,
            };
            if stale {
                return Err(mismatch(&name));
            }
            let kept = match record::decode(&name, &entry) {
                Err(refusal) if mask.is_whole() => {
                    tracing::error!(integration = %name.id, %refusal, "a definition that cannot be read is replaced");
                    Integration { create_time: Some(SystemTime::now().into()), ..Integration::default() }
                }
                kept => kept?,
            };
            let changed = mask.apply(kept, message.clone());
            // Somebody may have come between the read and this; then their change is read, and this one made upon it.
            if let Some(written) =
                self.put(&name, changed, author, Precondition::Update(entry.revision)).await?
            {
                return Ok(written);
            }
        }
    }

    /// Deletes a definition.
    ///
    /// # Errors
    /// INTEGRATION_NOT_FOUND, ETAG_MISMATCH, STORE_UNAVAILABLE.
    pub(crate) async fn delete(&self, name: &Name, precondition: Precondition) -> Result<(), Refusal> {
        let key = record::key(name);
        let condition = match precondition {
            Precondition::Update(revision) => Precondition::Update(revision),
            Precondition::Create => return Err(mismatch(name)),
            Precondition::None | Precondition::Exists => Precondition::Exists,
        };
        match self.store.delete(&key, condition).await {
            Ok(revision) => {
                self.held.reached(revision).await;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let there = self.store.get(&key).await?.is_some();
                Err(if there { mismatch(name) } else { not_found(name) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a definition that passes its check; none where the precondition does not hold.
    async fn put(
        &self,
        name: &Name,
        message: Integration,
        author: &str,
        precondition: Precondition,
    ) -> Result<Option<Integration>, Refusal> {
        Definition::parse(name.clone(), &message)?;
        let message = Integration {
            update_time: Some(SystemTime::now().into()),
            updated_by: author.to_owned(),
            ..message
        };
        let written = self.store.put(&record::key(name), record::encode(&message), precondition).await;
        match written {
            Ok(revision) => {
                self.held.reached(revision).await;
                Ok(Some(record::complete(name, message, revision)))
            }
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn shown(name: &Name) -> String {
    name.parent.child("integrations", &name.id)
}

fn not_found(name: &Name) -> Refusal {
    Refusal::new(
        Reason::IntegrationNotFound,
        format!("there is no integration `{}`; list them to see their ids", name.id),
    )
    .with("name", shown(name))
}

fn mismatch(name: &Name) -> Refusal {
    Refusal::new(
        Reason::EtagMismatch,
        format!(
            "integration `{}` changed since its etag was read; read it again and repeat the change",
            name.id
        ),
    )
    .with("name", shown(name))
}

/// What the store calls a revision, for the record's etag.
fn etag(revision: Revision) -> String {
    runtime::names::etag(revision)
}
