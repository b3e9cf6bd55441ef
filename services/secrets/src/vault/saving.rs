//! Which name a value may take that a run saves of an answer.
//!
//! Whoever can have an adapter run, or answers it, must not be able to exchange a secret that somebody put: what is sent by its
//! name would be another value then, and nobody would have asked for it. So a saved value takes a name that is free, or the place
//! of a value that was saved itself, for the same origin. That it was saved is bound to the value, as its format.

use runtime::{Refusal, names::Name};

use super::{Found, Saved, Vault, keys, refusals};
use crate::{record::Record, scope::Scope};

impl Vault {
    /// Insists that a name may be taken. Answers the record that is there where the same step of the same run has saved it
    /// already.
    ///
    /// # Errors
    /// SECRET_TAKEN; SECRET_UNREADABLE where nobody can tell whose it is.
    pub(super) async fn admit_saved(
        &self,
        name: &Name,
        found: &Found,
        saved: &Saved,
        scope: &Scope,
    ) -> Result<Option<(store::Revision, Record)>, Refusal> {
        if let Some(entry) = &found.record {
            let record = Record::read(&entry.value).map_err(|error| refusals::unreadable(name, error))?;
            admit(name, &record, scope)?;
            let same = record.saved().as_ref() == Some(saved);
            return Ok(same.then_some((entry.revision, record)));
        }
        // A private copy would come before the tenant's secret of this name.
        let Some(shared) = shared(name) else { return Ok(None) };
        if let Some(entry) = self.store.get(&keys::record(&shared)).await? {
            let record = Record::read(&entry.value).map_err(|error| refusals::unreadable(&shared, error))?;
            admit(name, &record, scope)?;
        }
        Ok(None)
    }
}

fn admit(name: &Name, record: &Record, scope: &Scope) -> Result<(), Refusal> {
    if record.saved().is_none() {
        return Err(refusals::taken(name, "somebody put it"));
    }
    if record.scope != scope.as_str() {
        return Err(refusals::taken(name, &format!("it is for `{}`", record.scope)));
    }
    Ok(())
}

/// The tenant's secret that a business unit's private copy would hide.
fn shared(name: &Name) -> Option<Name> {
    name.parent.unit.as_ref()?;
    let mut shared = name.clone();
    shared.parent.unit = None;
    Some(shared)
}
