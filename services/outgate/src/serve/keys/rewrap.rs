//! Looks through everything that is sealed, and seals anew what is not sealed with the active key.
//!
//! The work has no state of its own: the id of the key is in each record, so what is left is found by looking. Each record
//! is put only as it was read, so that whoever writes it meanwhile wins.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use seal::{KeyId, KeyRing, KeySet, Renewal};
use store::{Batch, Entry, ErrorKind, Op, Range, Store};
use tokio::time::{MissedTickBehavior, interval};

/// How many records are read at once, and the time that passes between two such pages at least: a thousand a second.
const PAGE: usize = 100;
const PACE: Duration = Duration::from_millis(100);
/// How many are written at once: they share the store's barriers.
const WRITES: usize = 8;

/// Records of one service, and how it seals one of them anew.
#[derive(Clone, Copy)]
pub(crate) struct Sealed {
    /// What their keys in the store begin with.
    pub(crate) prefix: &'static str,
    /// What becomes of one; none where nothing is sealed in it.
    pub(crate) renew: fn(&KeySet, &Entry) -> Option<Renewal>,
}

/// What came of one record.
pub(super) enum Seen {
    /// It is sealed with the active key, which is this.
    Current(KeyId),
    /// It was sealed anew, with this key.
    Renewed(KeyId),
    /// It does not open, and names these keys.
    Unreadable(Vec<KeyId>),
    /// Nothing is sealed in it, or it was deleted meanwhile.
    Nothing,
}

/// Looks through all of it, at a bounded pace. `tell` hears of each record.
///
/// # Errors
/// When the store fails.
pub(super) async fn look_through(
    store: &dyn Store,
    ring: &KeyRing,
    sealed: &[Sealed],
    mut tell: impl FnMut(&str, Seen),
) -> Result<(), store::Error> {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for part in sealed {
        let mut next = Some(Range::prefix(part.prefix));
        while let Some(range) = next {
            pace.tick().await;
            let (entries, behind) = page(store, range).await?;
            next = behind;
            let renewing = stream::iter(entries).map(|entry| renew(store, ring, part, entry));
            let mut renewing = renewing.buffer_unordered(WRITES);
            while let Some((key, seen)) = renewing.try_next().await? {
                tell(&key, seen);
            }
        }
    }
    Ok(())
}

/// How many records need each of the keys.
///
/// # Errors
/// When the store fails.
pub(super) async fn count(
    store: &dyn Store,
    keys: &KeySet,
    sealed: &[Sealed],
) -> Result<BTreeMap<KeyId, u64>, store::Error> {
    let mut counts = BTreeMap::new();
    for part in sealed {
        let mut next = Some(Range::prefix(part.prefix));
        while let Some(range) = next {
            let (entries, behind) = page(store, range).await?;
            next = behind;
            for entry in &entries {
                let needed = match (part.renew)(keys, entry) {
                    None => Vec::new(),
                    Some(Renewal::Current) => vec![keys.active()],
                    Some(Renewal::Renewed { from, .. }) => from,
                    Some(Renewal::Unreadable(keys)) => keys,
                };
                needed.into_iter().for_each(|id| *counts.entry(id).or_default() += 1);
            }
        }
    }
    Ok(counts)
}

/// The first records of a range, and the range behind them where there are more.
async fn page(store: &dyn Store, range: Range) -> Result<(Vec<Entry>, Option<Range>), store::Error> {
    let page = store.scan(range.clone(), PAGE).await?;
    let behind = page.entries.last().filter(|_| page.more).map(|last| range.after(&last.key));
    Ok((page.entries, behind))
}

async fn renew(
    store: &dyn Store,
    ring: &KeyRing,
    part: &Sealed,
    mut entry: Entry,
) -> Result<(String, Seen), store::Error> {
    // Each lost race means that another writer has won one, with the active key.
    loop {
        // Held until the store has answered: the key that seals this lives as long.
        let sealing = ring.sealing();
        let record = match (part.renew)(&sealing, &entry) {
            None => return Ok((entry.key, Seen::Nothing)),
            Some(Renewal::Current) => return Ok((entry.key, Seen::Current(sealing.active()))),
            Some(Renewal::Unreadable(keys)) => return Ok((entry.key, Seen::Unreadable(keys))),
            Some(Renewal::Renewed { record, .. }) => record,
        };
        match store.commit(Batch::try_from(Op::replace(&entry, record))?).await {
            Ok(_) => return Ok((entry.key, Seen::Renewed(sealing.active()))),
            Err(error) if error.kind() == ErrorKind::Conflict => match store.get(&entry.key).await? {
                Some(now) => entry = now,
                None => return Ok((entry.key, Seen::Nothing)),
            },
            Err(error) => return Err(error),
        }
    }
}
