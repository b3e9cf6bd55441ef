//! The kept tokens as whoever changes keys sees them.

use seal::{KeySet, Renewal, key_of};
use store::Entry;

use crate::shelf;

/// What the keys of all kept tokens in the store begin with.
pub const PREFIX: &str = "tokens/kept/";

/// Seals the value of a kept token anew, where that is needed, bound to what it was bound to; none where the entry is no such
/// record. Nobody but the seal sees the value. To be stored in the record's place only if that has not changed.
#[must_use]
pub fn renew(keys: &KeySet, entry: &Entry) -> Option<Renewal> {
    let (tenant, digest) = entry.key.strip_prefix(PREFIX)?.split_once('/')?;
    let Some(mut record) = shelf::Record::read(&entry.value) else {
        return Some(Renewal::Unreadable(Vec::new()));
    };
    let from = Vec::from_iter(key_of(&record.sealed));
    let bound = record.bound(&record.token_url);
    let context = shelf::context(tenant, digest, record.generation, &bound);
    Some(match keys.renew(&context, &record.sealed) {
        Ok(None) => Renewal::Current,
        Ok(Some(sealed)) => {
            record.sealed = sealed.into();
            Renewal::Renewed { record: record.write().into(), from }
        }
        // Want of random bytes is as good as a record that does not open, until it is tried again.
        Err(_) => Renewal::Unreadable(from),
    })
}
