//! Letting a value out, for one destination, as its terms allow.

use std::time::SystemTime;

use runtime::{
    Refusal,
    names::{Name, Parent},
};
use seal::Plaintext;

use super::{Found, Uses, Vault, keys, refusals};
use crate::{
    record::{Binding, Mark, Previous, Record},
    scope::Scope,
};

/// A value on its way to the guarded door, or to nobody where only its terms were asked about.
pub(crate) struct Released {
    /// Whose it is: a business unit's, or the tenant's.
    pub(crate) name: Name,
    pub(crate) value: Plaintext,
    pub(crate) version: u64,
    /// The version that is in use beside it, where it is the newest.
    pub(crate) previous: Option<(Previous, Uses)>,
}

/// The newest version of a secret.
struct Current {
    /// Whose it is: a business unit's, or the tenant's.
    name: Name,
    record: Record,
}

impl Vault {
    /// The scope of a secret that is there, as it was stored. Whether its record can be opened is seen when it is.
    pub(crate) async fn scope(&self, name: &Name) -> Result<Option<String>, Refusal> {
        let mut candidate = Some(name.clone());
        while let Some(name) = candidate {
            if let Some(entry) = self.store.get(&keys::record(&name)).await? {
                let record = Record::read(&entry.value);
                return record
                    .map(|record| Some(record.scope))
                    .map_err(|error| refusals::undescribed(&name.id, error));
            }
            candidate = shared(name);
        }
        Ok(None)
    }

    /// Whether a secret is there and for this destination. Whether it can be opened is seen when it is.
    pub(crate) async fn check_release(&self, name: &Name, destination: &Scope) -> Result<(), Refusal> {
        let Current { name, record } = self.current(name).await?;
        self.admit(&name, &record, destination)
    }

    /// Opens a secret for a destination, which is compared with the secret's scope first. `version` is the newest, or the
    /// one that overlaps it; 0 asks for the newest.
    pub(crate) async fn release(
        &self,
        name: &Name,
        destination: &Scope,
        version: u64,
    ) -> Result<Released, Refusal> {
        self.opened(name, version, |name, record| self.admit(name, record, destination)).await
    }

    /// The value that a token for this destination is got with, if it may be sent there.
    pub(crate) async fn release_for_token(
        &self,
        name: &Name,
        destination: &Scope,
        version: u64,
    ) -> Result<Released, Refusal> {
        self.opened(name, version, |name, record| self.admit_token(name, record, destination)).await
    }

    /// Opens a version of a secret, if `admits` has nothing against its terms, nor against those of the newest.
    ///
    /// What is admitted by terms that were edited does not open; so the newest is opened also where another version is
    /// wanted, which its terms name.
    async fn opened(
        &self,
        name: &Name,
        version: u64,
        admits: impl Fn(&Name, &Record) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<Released, Refusal> {
        let Current { name, record } = self.current(name).await?;
        admits(&name, &record)?;
        let value = self.unseal(&name, &record)?;
        if version == 0 || version == record.version {
            self.remind(&name, &record);
            let previous = self.in_use(&name, &record).await?;
            return Ok(Released { name, value, version: record.version, previous });
        }
        drop(value);
        let record = self.previous(&name, &record, version).await?;
        admits(&name, &record)?;
        let value = self.unseal(&name, &record)?;
        Ok(Released { name, value, version, previous: None })
    }

    /// Whether the terms of a value allow its use now, for this destination.
    fn admit(&self, name: &Name, record: &Record, destination: &Scope) -> Result<(), Refusal> {
        if record.scope != destination.as_str() {
            return Err(refusals::out_of_scope(name, destination));
        }
        self.lasts(name, record)
    }

    /// Whether the terms of a value allow that a token is sent to this destination now which was got with it.
    fn admit_token(&self, name: &Name, record: &Record, destination: &Scope) -> Result<(), Refusal> {
        if !record.token_origins().iter().any(|origin| origin == destination.as_str()) {
            return Err(refusals::token_out_of_scope(name, destination));
        }
        self.lasts(name, record)
    }

    fn lasts(&self, name: &Name, record: &Record) -> Result<(), Refusal> {
        match is_over(record.expires(), self.clock.now()) {
            true => Err(refusals::expired(name)),
            false => Ok(()),
        }
    }

    pub(super) fn unseal(&self, name: &Name, record: &Record) -> Result<Plaintext, Refusal> {
        let binding = Binding::of(name, record);
        self.ring.open(&binding.context(), &record.sealed).map_err(|error| refusals::unreadable(name, error))
    }

    /// The record of the version that the newest one overlaps with, if it is the one that is wanted.
    async fn previous(&self, name: &Name, newest: &Record, version: u64) -> Result<Record, Refusal> {
        let named = newest.previous().filter(|previous| previous.version == version);
        let Some(Previous { until, .. }) = named else { return Err(refusals::no_version(name, version)) };
        if is_over(Some(until), self.clock.now()) {
            return Err(refusals::no_version(name, version));
        }
        let entry = self.store.get(&keys::previous(name)).await?;
        let entry = entry.ok_or_else(|| refusals::no_version(name, version))?;
        let record = Record::read(&entry.value).map_err(|error| refusals::unreadable(name, error))?;
        if record.version != version {
            return Err(refusals::unreadable(name, "the version that overlaps is not the one that it names"));
        }
        Ok(record)
    }

    /// The newest version of a secret: that of the business unit's private copy where there is one, else the tenant's.
    async fn current(&self, name: &Name) -> Result<Current, Refusal> {
        let mut candidate = Some(name.clone());
        while let Some(name) = candidate {
            if let Some((_, record)) = self.newest(&name).await? {
                return Ok(Current { name, record });
            }
            candidate = shared(name);
        }
        Err(refusals::not_found(name))
    }

    /// The record of a name, if it is the newest that the name ever had, and where it was found; none where there is none.
    pub(super) async fn newest(&self, name: &Name) -> Result<Option<(Found, Record)>, Refusal> {
        let mut before = None;
        loop {
            let found = self.find(name).await?;
            let read = found.record.as_ref().map(|entry| Record::read(&entry.value)).transpose();
            let record = read.map_err(|error| refusals::unreadable(name, error))?;
            if found.fits(record.as_ref()) {
                return Ok(record.map(|record| (found, record)));
            }
            // Either somebody wrote between the two reads, or the record is not the one that the mark was set for.
            let revisions = Some(found.revisions());
            if revisions == before {
                return Err(refusals::unreadable(
                    name,
                    "its version is not the newest that the name ever had",
                ));
            }
            before = revisions;
        }
    }
}

impl Found {
    /// Whether the mark is the one that was set for this record, or for its end.
    fn fits(&self, record: Option<&Record>) -> bool {
        let mark = self.mark.as_ref().map(|entry| Mark::read(&entry.value));
        match (record, mark) {
            (Some(record), Some(Ok(mark))) => mark == Mark::new(record.version, false),
            (None, Some(Ok(mark))) => mark.deleted,
            (None, None) => true,
            _ => false,
        }
    }

    fn revisions(&self) -> [Option<store::Revision>; 2] {
        [&self.record, &self.mark].map(|entry| entry.as_ref().map(|entry| entry.revision))
    }
}

/// Where a secret is looked for where this one is not there: after a business unit's private copy comes the tenant's.
fn shared(name: Name) -> Option<Name> {
    let Name { parent: Parent { tenant, unit }, id } = name;
    unit.map(|_| Name { parent: Parent { tenant, unit: None }, id })
}

fn is_over(end: Option<SystemTime>, now: SystemTime) -> bool {
    end.is_some_and(|end| end <= now)
}
