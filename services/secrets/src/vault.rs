//! The secrets themselves: sealed in, listed, let out for one destination.

mod keys;
mod patch;
mod refusals;
mod release;
mod reminders;
mod room;
mod saving;
mod uses;
mod verify;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use runtime::{
    Refusal,
    names::{Id, Name, Parent},
    quota::Quotas,
    turns::Turns,
};
use seal::{KeyRing, Plaintext, Sealing};
use store::{Batch, Clock, Entry, ErrorKind, Op, Precondition, Range, Store};

pub(crate) use keys::sealed_at;

use crate::{
    record::{Binding, Mark, Parts, Previous, Record},
    scope::Scope,
};

pub(crate) use crate::record::Saved;
pub(crate) use patch::Patch;
pub(crate) use release::Released;
pub(crate) use uses::Uses;

use reminders::Reminders;
use verify::Tries;

/// A value on its way in.
pub(crate) struct Put {
    pub(crate) name: Name,
    pub(crate) value: Plaintext,
    pub(crate) scope: Scope,
    /// Where tokens may go that are got with it; none: to the scope.
    pub(crate) token_origins: Vec<Scope>,
    /// When it ends.
    pub(crate) expires: Option<SystemTime>,
    /// How long the value before it stays in use.
    pub(crate) overlap: Option<Duration>,
    /// What the caller says must hold of the secret.
    pub(crate) precondition: Precondition,
    /// Who puts it.
    pub(crate) by: String,
    /// The run that saves it, where one does.
    pub(crate) saved: Option<Saved>,
}

/// What may be known of a secret.
pub(crate) struct Metadata {
    pub(crate) id: Id,
    pub(crate) revision: store::Revision,
    /// None where it cannot be read.
    pub(crate) record: Option<Record>,
    /// The version that is in use beside it now.
    pub(crate) previous: Option<(Previous, Uses)>,
}

/// A page of an owner's secrets.
pub(crate) struct Page {
    pub(crate) secrets: Vec<Metadata>,
    /// The last id of the page, where there is more behind it.
    pub(crate) next: Option<Id>,
}

/// Every secret of every tenant, in the store and sealed.
pub(crate) struct Vault {
    store: Arc<dyn Store>,
    ring: Arc<KeyRing>,
    clock: Clock,
    tries: Tries,
    reminders: Reminders,
    /// What each tenant may have.
    quotas: Quotas,
    /// Of the writers of a tenant whose secrets are counted.
    rooms: Turns,
}

/// A name's two entries as they were read one after the other. A writer may have come between.
struct Found {
    record: Option<Entry>,
    mark: Option<Entry>,
}

impl Vault {
    pub(crate) fn new(store: Arc<dyn Store>, ring: Arc<KeyRing>, clock: Clock, quotas: Quotas) -> Self {
        let (tries, reminders, rooms) = (Tries::new(), Reminders::default(), Turns::new());
        Self { store, ring, clock, tries, reminders, quotas, rooms }
    }

    /// Seals a value under the next version of its name.
    pub(crate) async fn put(&self, put: Put) -> Result<Metadata, Refusal> {
        let name = &put.name;
        let _room = self.room(&name.parent.tenant).await;
        // Each lost race means that another writer has won one, so this ends; the call's deadline bounds it anyway.
        loop {
            let found = self.find(name).await?;
            check(name, put.precondition, found.record.as_ref())?;
            if let Some(saved) = &put.saved
                && let Some((revision, record)) = self.admit_saved(name, &found, saved, &put.scope).await?
            {
                return self.metadata(put.name, revision, Some(record)).await;
            }
            if found.record.is_none() {
                self.admit_one_more(&name.parent.tenant).await?;
            }
            let old = found.record.as_ref().and_then(|entry| Record::read(&entry.value).ok());
            let version = found.next_version(name, old.as_ref())?;
            let previous = self.overlapping(&put, old.as_ref())?;
            let now = prost_types::Timestamp::from(self.clock.now());
            let mut record = Record::new(Parts {
                scope: put.scope.as_str().to_owned(),
                version,
                created: old.as_ref().map_or(now, |old| old.created),
                updated: now,
                updated_by: put.by.clone(),
                token_origins: put.token_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
                expires: put.expires,
                previous,
                saved: put.saved.clone(),
            });
            // Held until the store has answered: the key that seals this lives as long.
            let sealing = self.ring.sealing();
            seal(&sealing, name, &mut record, &put.value)?;
            if let Some(revision) = self.write(name, &found, &record).await? {
                return self.metadata(put.name, revision, Some(record)).await;
            }
        }
    }

    /// Which version stays in use beside the one that is put.
    fn overlapping(&self, put: &Put, old: Option<&Record>) -> Result<Option<Previous>, Refusal> {
        let Some((overlap, old)) = put.overlap.zip(old) else { return Ok(None) };
        if old.scope != put.scope.as_str() {
            let text = format!(
                "the value that is there is for `{}` and for no other origin; leave the overlap out",
                old.scope
            );
            return Err(Refusal::field("overlap", text));
        }
        Ok(Some(Previous { version: old.version, until: self.clock.now() + overlap }))
    }

    /// Puts a record in the place of what was found, which goes on beside it where it overlaps. None where somebody else
    /// wrote meanwhile.
    async fn write(
        &self,
        name: &Name,
        found: &Found,
        record: &Record,
    ) -> Result<Option<store::Revision>, Refusal> {
        let mut ops = vec![
            Op::put(keys::record(name), record.write()).shreddable().when(unchanged(found.record.as_ref())),
            Op::put(keys::mark(name), Mark::new(record.version, false).write())
                .when(unchanged(found.mark.as_ref())),
        ];
        match (record.previous(), &found.record) {
            (Some(Previous { until, .. }), Some(old)) => {
                let put = Op::put(keys::previous(name), old.value.clone());
                ops.push(put.shreddable().until(until));
            }
            (None, Some(old)) if overlaps(old) => ops.push(Op::delete(keys::previous(name))),
            _ => {}
        }
        match self.store.commit(Batch::new(ops)?).await {
            Ok(revision) => Ok(Some(revision)),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A page of an owner's secrets, in the order of their ids, from behind `after` on.
    pub(crate) async fn list(
        &self,
        owner: &Parent,
        after: Option<&Id>,
        size: usize,
    ) -> Result<Page, Refusal> {
        let prefix = keys::records_of(owner);
        let mut range = Range::prefix(&prefix);
        if let Some(id) = after {
            range = range.after(&format!("{prefix}{id}"));
        }
        let page = self.store.scan(range, size).await?;
        let mut secrets = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            let name = Name { parent: owner.clone(), id: keys::id_of(&prefix, &entry.key)? };
            let record = Record::read(&entry.value).inspect_err(
                |error| tracing::error!(key = entry.key, %error, "a secret's record is damaged"),
            );
            secrets.push(self.metadata(name, entry.revision, record.ok()).await?);
        }
        let next = secrets.last().filter(|_| page.more).map(|last| last.id.clone());
        Ok(Page { secrets, next })
    }

    async fn metadata(
        &self,
        name: Name,
        revision: store::Revision,
        record: Option<Record>,
    ) -> Result<Metadata, Refusal> {
        let previous = match &record {
            Some(record) => self.in_use(&name, record).await?,
            None => None,
        };
        Ok(Metadata { id: name.id, revision, record, previous })
    }

    /// The version that is in use beside the newest now, and what is known of that.
    async fn in_use(&self, name: &Name, record: &Record) -> Result<Option<(Previous, Uses)>, Refusal> {
        let Some(previous) = record.previous().filter(|previous| previous.until > self.clock.now()) else {
            return Ok(None);
        };
        Ok(Some((previous, self.uses(name, record).await?)))
    }

    /// The ids of an owner's secrets, in order, at most `most`.
    pub(crate) async fn ids(&self, owner: &Parent, most: usize) -> Result<Vec<Id>, Refusal> {
        let prefix = keys::records_of(owner);
        let page = self.store.scan(Range::prefix(&prefix), most).await?;
        page.entries.iter().map(|entry| keys::id_of(&prefix, &entry.key)).collect()
    }

    /// Deletes a secret, with the version that overlaps it; the mark of its version stays.
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
                Op::delete(keys::previous(name)),
            ];
            match self.store.commit(Batch::new(ops)?).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
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

    fn next_version(&self, name: &Name, record: Option<&Record>) -> Result<u64, Refusal> {
        self.highest(name, record)?.checked_add(1).ok_or_else(|| refusals::damaged(name))
    }
}

/// Whether a version may be there beside the one of this entry: not where the entry says that there is none.
fn overlaps(entry: &Entry) -> bool {
    Record::read(&entry.value).map_or(true, |record| record.previous().is_some())
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

fn seal(sealing: &Sealing, name: &Name, record: &mut Record, value: &Plaintext) -> Result<(), Refusal> {
    let sealed = sealing.seal(&Binding::of(name, record).context(), value);
    record.sealed = sealed.map_err(refusals::unsealed)?.into();
    Ok(())
}
