//! The records as whoever changes keys sees them.

use seal::{KeySet, Renewal, key_of};
use store::Entry;

use crate::{
    record::{Binding, Record},
    vault,
};

/// What the keys of all records in the store begin with, and of some entries that are none.
pub const PREFIX: &str = "secrets/";

/// Seals the value of a record anew, where that is needed, bound to what it was bound to; none where the entry is no such
/// record. Nobody but the seal sees the value. To be stored in the record's place only if that has not changed.
#[must_use]
pub fn renew(keys: &KeySet, entry: &Entry) -> Option<Renewal> {
    let name = vault::sealed_at(&entry.key)?;
    let Ok(mut record) = Record::read(&entry.value) else { return Some(Renewal::Unreadable(Vec::new())) };
    let from = Vec::from_iter(key_of(&record.sealed));
    let renewed = keys.renew(&Binding::of(&name, &record).context(), &record.sealed);
    Some(match renewed {
        Ok(None) => Renewal::Current,
        Ok(Some(sealed)) => {
            record.sealed = sealed.into();
            Renewal::Renewed { record: record.write().into(), from }
        }
        // Want of random bytes is as good as a record that does not open, until it is tried again.
        Err(_) => Renewal::Unreadable(from),
    })
}
