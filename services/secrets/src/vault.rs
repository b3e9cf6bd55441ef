//! The secrets themselves: sealed in, listed, let out for one destination.

mod keys;
mod refusals;

use std::{sync::Arc, time::SystemTime};

use runtime::{
    Refusal,
    names::{Id, Name},
};
use seal::{Context, KeyRing, Plaintext};
use store::{Batch, Entry, ErrorKind, Op, Precondition, Range, Store};

use crate::{
    record::{Mark, Parts, Record},
    scope::Scope,
};

/// What `seal` binds a secret's record to, beside its own name.
const KIND: &str = "secret";

/// A value on its way in.
pub(crate) struct Put {
    pub(crate) name: Name,
    pub(crate) value: Plaintext,
    pub(crate) scope: Scope,
    /// What the caller says must hold of the secret.
    pub(crate) precondition: Precondition,
    /// Who puts it.
    pub(crate) by: String,
}

/// What may be known of a secret.
pub(crate) struct Metadata {
    pub(crate) id: Id,
    pub(crate) revision: store::Revision,
    pub(crate) record: Record,
}

/// A page of a tenant's secrets.
pub(crate) struct Page {
    pub(crate) secrets: Vec<Metadata>,
    /// The last id of the page, where there is more behind it.
    pub(crate) next: Option<Id>,
}

/// A value on its way to the guarded door.
pub(crate) struct Released {
    pub(crate) value: Plaintext,
    pub(crate) version: u64,
}

/// Every secret of every tenant, in the store and sealed.
pub(crate) struct Vault {
    store: Arc<dyn Store>,
    ring: Arc<KeyRing>,
}

/// A name's two entries as they were read one after the other. A writer may have come between.
struct Found {
    record: Option<Entry>,
    mark: Option<Entry>,
}

impl Vault {
    pub(crate) fn new(store: Arc<dyn Store>, ring: Arc<KeyRing>) -> Self {
        Self { store, ring }
    }

    /// Seals a value under the next version of its name.
    pub(crate) async fn put(&self, put: Put) -> Result<Metadata, Refusal> {
        let Put { name, value, scope, precondition, by } = put;
        // Each lost race means that another writer has won one, so this ends; the call's deadline bounds it anyway.
        loop {
            let found = self.find(&name).await?;
            check(&name, precondition, found.record.as_ref())?;
            let old = found.record.as_ref().and_then(|entry| Record::read(&entry.value).ok());
            let version = found.highest(&name, old.as_ref())?.checked_add(1);
            let version = version.ok_or_else(|| refusals::damaged(&name))?;
            let now = prost_types::Timestamp::from(SystemTime::now());
            let context = context(&name, version, scope.as_str());
            // Held until the store has answered: the key that seals this lives as long.
            let sealing = self.ring.sealing();
            let record = Record::new(Parts {
                sealed: sealing.seal(&context, &value).map_err(refusals::unsealed)?,
                scope: scope.as_str().to_owned(),
                version,
                created: old.map_or(now, |old| old.created),
                updated: now,
                updated_by: by.clone(),
            });
            let ops = vec![
                Op::put(keys::record(&name), record.write()).when(unchanged(found.record.as_ref())),
                Op::put(keys::mark(&name), Mark::new(version, false).write())
                    .when(unchanged(found.mark.as_ref())),
            ];
            match self.store.commit(Batch::new(ops)?).await {
                Ok(revision) => return Ok(Metadata { id: name.id, revision, record }),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A page of a tenant's secrets, in the order of their ids, from behind `after` on.
    pub(crate) async fn list(&self, tenant: &Id, after: Option<&Id>, size: usize) -> Result<Page, Refusal> {
        let mut range = Range::prefix(keys::records_of(tenant));
        if let Some(id) = after {
            range = range.after(&keys::record_of(tenant, id));
        }
        let page = self.store.scan(range, size).await?;
        let secrets: Vec<Metadata> =
            page.entries.iter().map(|entry| metadata(tenant, entry)).collect::<Result<_, _>>()?;
        let next = secrets.last().filter(|_| page.more).map(|last| last.id.clone());
        Ok(Page { secrets, next })
    }

    /// The scope of a secret that is there, as it was stored. Whether its record can be opened is seen when it is.
    pub(crate) async fn scope(&self, tenant: &Id, id: &Id) -> Result<Option<String>, Refusal> {
        let Some(entry) = self.store.get(&keys::record_of(tenant, id)).await? else { return Ok(None) };
        Ok(Some(metadata(tenant, &entry)?.record.scope))
    }

    /// The ids of a tenant's secrets, in order, at most `most`.
    pub(crate) async fn ids(&self, tenant: &Id, most: usize) -> Result<Vec<Id>, Refusal> {
        let page = self.store.scan(Range::prefix(keys::records_of(tenant)), most).await?;
        page.entries.iter().map(|entry| keys::id_of(tenant, &entry.key)).collect()
    }

    /// Deletes a secret; the mark of its version stays.
    pub(crate) async fn delete(&self, name: &Name, precondition: Precondition) -> Result<(), Refusal> {
        loop {
            let found = self.find(name).await?;
            let Some(entry) = &found.record else { return Err(refusals::not_found(name)) };
            check(name, precondition, Some(entry))?;
            let version = found.highest(name, Record::read(&entry.value).ok().as_ref())?;
            let ops = vec![
                Op::delete(&entry.key).when(Precondition::Update(entry.revision)),
                Op::put(keys::mark(name), Mark::new(version, true).write())
                    .when(unchanged(found.mark.as_ref())),
            ];
            match self.store.commit(Batch::new(ops)?).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether a secret is there and for this destination. Whether it can be opened is seen when it is.
    pub(crate) async fn check_release(&self, name: &Name, destination: &Scope) -> Result<(), Refusal> {
        self.in_scope(name, destination).await.map(drop)
    }

    /// Opens a secret for a destination, which is compared with the secret's scope first.
    pub(crate) async fn release(&self, name: &Name, destination: &Scope) -> Result<Released, Refusal> {
        let record = self.in_scope(name, destination).await?;
        let value = self
            .ring
            .open(&context(name, record.version, &record.scope), &record.sealed)
            .map_err(|error| refusals::unreadable(name, error))?;
        Ok(Released { value, version: record.version })
    }

    /// The record of a secret that may be sent to this destination.
    async fn in_scope(&self, name: &Name, destination: &Scope) -> Result<Record, Refusal> {
        let record = self.current(name).await?;
        if record.scope != destination.as_str() {
            return Err(refusals::out_of_scope(name, destination));
        }
        Ok(record)
    }

    /// The record of a name, if it is the newest that the name ever had.
    async fn current(&self, name: &Name) -> Result<Record, Refusal> {
        let mut found = self.find(name).await?;
        loop {
            let Some(entry) = &found.record else { return Err(refusals::not_found(name)) };
            let record = Record::read(&entry.value).map_err(|error| refusals::unreadable(name, error))?;
            let mark = found.mark.as_ref().and_then(|mark| Mark::read(&mark.value).ok());
            if mark == Some(Mark::new(record.version, false)) {
                return Ok(record);
            }
            // Either somebody wrote between the two reads, or the record is not the one that the mark was set for.
            let again = self.find(name).await?;
            if again.record.as_ref().map(|entry| entry.revision) == Some(entry.revision) {
                return Err(refusals::unreadable(
                    name,
                    "its version is not the newest that the name ever had",
                ));
            }
            found = again;
        }
    }

    async fn find(&self, name: &Name) -> Result<Found, Refusal> {
        let record = self.store.get(&keys::record(name)).await?;
        let mark = self.store.get(&keys::mark(name)).await?;
        Ok(Found { record, mark })
    }
}

impl Found {
    /// The highest version that the name ever had; 0 where it never had one.
    fn highest(&self, name: &Name, record: Option<&Record>) -> Result<u64, Refusal> {
        let mark = self.mark.as_ref().map(|entry| Mark::read(&entry.value));
        match (mark, record) {
            (Some(Ok(mark)), record) => Ok(mark.version.max(record.map_or(0, |record| record.version))),
            (_, Some(record)) => Ok(record.version),
            (None, None) if self.record.is_none() => Ok(0),
            // With both gone no number is known that was never used, and a used one would let an old record open.
            _ => Err(refusals::damaged(name)),
        }
    }
}

fn context<'a>(name: &'a Name, version: u64, scope: &'a str) -> Context<'a> {
    Context { tenant: name.parent.tenant.as_str(), kind: KIND, name: name.id.as_str(), version, scope }
}

/// That an entry is still as it was read.
fn unchanged(entry: Option<&Entry>) -> Precondition {
    entry.map_or(Precondition::Create, |entry| Precondition::Update(entry.revision))
}

/// What the caller says must hold of the secret, against the entry that was read.
fn check(name: &Name, precondition: Precondition, entry: Option<&Entry>) -> Result<(), Refusal> {
    let holds = match precondition {
        Precondition::None => true,
        Precondition::Create => entry.is_none(),
        Precondition::Exists => entry.is_some(),
        Precondition::Update(revision) => entry.is_some_and(|entry| entry.revision == revision),
    };
    if holds { Ok(()) } else { Err(refusals::changed(name)) }
}

fn metadata(tenant: &Id, entry: &Entry) -> Result<Metadata, Refusal> {
    let id = keys::id_of(tenant, &entry.key)?;
    let record = Record::read(&entry.value).map_err(|error| refusals::unlistable(&id, error))?;
    Ok(Metadata { id, revision: entry.revision, record })
}
