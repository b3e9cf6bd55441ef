//! Reading registers: what is there now, and what was there.

use std::sync::Arc;

use proto::errors::v1::Reason;
use runtime::{
    Refusal,
    names::{Id, Name, Parent},
    quota::Quotas,
    turns::Turns,
};
use store::{Clock, Revision, Store};

use crate::{
    chunks, damaged, key, layout,
    record::{self, Change, Content, Head, Stamp, Write},
};

/// How many writes of a register stay readable, the newest among them.
pub(crate) const KEPT_WRITES: u64 = 100;

/// The registers of all tenants.
pub(crate) struct Book {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    pub(crate) turns: Turns,
    /// What each tenant may have.
    pub(crate) quotas: Quotas,
    /// Of the writers of a tenant whose registers are counted.
    pub(crate) rooms: Turns,
}

/// A page of registers.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) registers: Vec<(Name, Current)>,
    /// Those whose heads cannot be read.
    pub(crate) unreadable: Vec<Name>,
    /// The last id of the page, where there is more behind it.
    pub(crate) next: Option<Id>,
}

/// A head, and the revision of the write that it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    pub(crate) head: Head,
    pub(crate) revision: Revision,
}

impl Current {
    /// The number of the oldest write that is kept.
    pub(crate) fn oldest(&self) -> u64 {
        self.head.number.saturating_sub(KEPT_WRITES - 1).max(1)
    }
}

/// A register as it is or was.
#[derive(Clone, Debug)]
pub(crate) struct Register {
    pub(crate) name: Name,
    pub(crate) revision: Revision,
    pub(crate) stamp: Stamp,
    pub(crate) content: Content,
}

/// What one write did.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) revision: Revision,
    pub(crate) change: Change,
    pub(crate) stamp: Stamp,
    /// None for a deletion.
    pub(crate) content: Option<Content>,
}

/// What a search in a history came to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A write.
    Write(Past),
    /// No write is that old.
    Nothing,
    /// Writes that old are not kept.
    Forgotten,
}

/// Which copy of a register answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// That of exactly this name.
    Exact,
    /// The private one, else the shared one.
    PrivateFirst,
}

impl Book {
    /// The register that answers for a name now.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND.
    pub(crate) async fn get(&self, name: &Name, lookup: Lookup) -> Result<Register, Refusal> {
        for candidate in candidates(name, lookup) {
            if let Some(register) = self.present(&candidate).await? {
                return Ok(register);
            }
        }
        Err(not_found(name))
    }

    /// The register that answers for a name, as a past write left it.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND, also when that write deleted it or is not kept any more.
    pub(crate) async fn get_past(
        &self,
        name: &Name,
        lookup: Lookup,
        revision: Revision,
    ) -> Result<Register, Refusal> {
        for candidate in candidates(name, lookup) {
            let Some(current) = self.recovered(&candidate).await? else { continue };
            if let Found::Write(past) = self.newest_at(&candidate, &current, revision).await?
                && past.revision == revision
                && let Some(content) = past.content
            {
                return Ok(Register { name: candidate, revision, stamp: past.stamp, content });
            }
        }
        Err(not_found(name))
    }

    /// A page of the registers under a parent, without their contents.
    pub(crate) async fn list(
        &self,
        parent: &Parent,
        prefix: &str,
        after: Option<&Name>,
        size: usize,
    ) -> Result<Listed, Refusal> {
        let mut range = layout::heads(parent, prefix);
        if let Some(after) = after {
            range = range.after(&layout::head(after));
        }
        let mut listed = Listed::default();
        let mut last = None;
        loop {
            let page = self.store.scan(range.clone(), store::MAX_PAGE_ENTRIES).await?;
            for entry in &page.entries {
                let Some(name) = layout::name(&entry.key) else { continue };
                let head = record::decode::<Head>(&entry.key, &entry.value);
                if head.as_ref().is_ok_and(|head| head.deleted) {
                    continue;
                }
                if listed.registers.len() + listed.unreadable.len() == size {
                    return Ok(Listed { next: last, ..listed });
                }
                last = Some(name.id.clone());
                match head {
                    Ok(head) => listed.registers.push((name, Current { head, revision: entry.revision })),
                    Err(refusal) => {
                        damaged::report(&entry.key, &refusal);
                        listed.unreadable.push(name);
                    }
                }
            }
            match page.entries.last() {
                Some(last) if page.more => range = range.after(&last.key),
                _ => return Ok(listed),
            }
        }
    }

    /// The register of exactly this name, if it is there.
    pub(crate) async fn present(&self, name: &Name) -> Result<Option<Register>, Refusal> {
        // Somebody can write so often between the two reads that the write read about is forgotten: then there is a
        // newer head to begin with.
        let mut missed = None;
        loop {
            let Some(current) = self.current(name).await?.filter(|current| !current.head.deleted) else {
                return Ok(None);
            };
            if missed == Some(current.revision) {
                return Err(record::damaged(
                    &layout::head(name),
                    "the write it names is not there, or not of the same commit".to_owned(),
                ));
            }
            if let Some(Past { revision, stamp, content: Some(content), .. }) =
                self.past(name, current.head.number).await?
                && revision == current.revision
            {
                return Ok(Some(Register { name: name.clone(), revision, stamp, content }));
            }
            missed = Some(current.revision);
        }
    }

    /// The head of a name, if a register was ever there.
    pub(crate) async fn current(&self, name: &Name) -> Result<Option<Current>, Refusal> {
        let Some(entry) = self.store.get(&layout::head(name)).await? else { return Ok(None) };
        let head = record::decode(&entry.key, &entry.value)?;
        Ok(Some(Current { head, revision: entry.revision }))
    }

    /// One write by its number; none when it is not kept.
    pub(crate) async fn past(&self, name: &Name, number: u64) -> Result<Option<Past>, Refusal> {
        let Some(entry) = self.store.get(&layout::revision(name, number)).await? else { return Ok(None) };
        self.read(name, number, &entry).await
    }

    /// The write in a store's entry; none when it was forgotten meanwhile.
    pub(crate) async fn read(
        &self,
        name: &Name,
        number: u64,
        entry: &store::Entry,
    ) -> Result<Option<Past>, Refusal> {
        let write: Write = record::decode(&entry.key, &entry.value)?;
        let change = write.change();
        let content = match write.place {
            None => None,
            Some(place) => match chunks::read(&*self.store, name, number, place).await? {
                None => return Ok(None),
                content => content,
            },
        };
        Ok(Some(Past { revision: entry.revision, change, stamp: write.stamp, content }))
    }

    /// The newest write of a register at a revision of the store.
    pub(crate) async fn newest_at(
        &self,
        name: &Name,
        current: &Current,
        at: Revision,
    ) -> Result<Found, Refusal> {
        // Revisions grow with the numbers of writes: what is from `high` on is too new, what is below `low` is older
        // than `found`, or forgotten. No write is read but the one that is found: others may be damaged.
        let (mut low, mut high) = (current.oldest(), current.head.number + 1);
        let mut found = Err(if low == 1 { Found::Nothing } else { Found::Forgotten });
        while low < high {
            let middle = low + (high - low) / 2;
            match self.store.get(&layout::revision(name, middle)).await? {
                Some(entry) if entry.revision > at => high = middle,
                Some(entry) => (found, low) = (Ok((middle, entry)), middle + 1),
                None => (found, low) = (Err(Found::Forgotten), middle + 1),
            }
        }
        match found {
            Ok((number, entry)) => {
                Ok(self.read(name, number, &entry).await?.map_or(Found::Forgotten, Found::Write))
            }
            Err(none) => Ok(none),
        }
    }
}

/// Whose registers answer for a name, first to last.
fn candidates(name: &Name, lookup: Lookup) -> impl Iterator<Item = Name> {
    let shared = match lookup {
        Lookup::Exact => None,
        Lookup::PrivateFirst => key::shared(name),
    };
    [name.clone()].into_iter().chain(shared)
}

/// The one answer for what is not there, was never there, or is not the caller's.
pub(crate) fn not_found(name: &Name) -> Refusal {
    let name = key::display(name);
    Refusal::new(
        Reason::RegisterNotFound,
        format!("{name}: there is no such register; list those that are there"),
    )
    .with("name", name)
}
