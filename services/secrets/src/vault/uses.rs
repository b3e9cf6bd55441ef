//! Which of two values that overlap is in use, as those who use them report it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use prost::Message;
use runtime::{Refusal, names::Name};
use store::{Batch, Op};

use super::{Vault, keys};
use crate::record::{Previous, Record};

/// The only format there is. What is of another one is not known.
const FORMAT: u32 = 1;
/// Uses within this time of each other are one to the store.
const GRAIN: Duration = Duration::from_secs(60);

/// What is known of the use of a secret's old value. It is for people: nothing is decided by it, and nothing sealed.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct Uses {
    #[prost(uint32, tag = "1")]
    format: u32,
    /// The newest version, which this is about.
    #[prost(uint64, tag = "2")]
    version: u64,
    /// When a counterpart last needed the version before it, in seconds since 1970; 0: never.
    #[prost(uint64, tag = "3")]
    needed: u64,
    /// Whether one needed it since a counterpart last took the newest.
    #[prost(bool, tag = "4")]
    pub(crate) in_use: bool,
}

impl Uses {
    /// When a counterpart last needed the version before the newest.
    pub(crate) fn needed(&self) -> Option<SystemTime> {
        (self.needed > 0).then(|| UNIX_EPOCH + Duration::from_secs(self.needed))
    }
}

impl Vault {
    /// What is known of the use of the value that a record overlaps with.
    pub(crate) async fn uses(&self, name: &Name, record: &Record) -> Result<Uses, store::Error> {
        let entry = self.store.get(&keys::uses(name)).await?;
        let known = entry.and_then(|entry| Uses::decode(entry.value).ok());
        let known = known.filter(|uses| uses.format == FORMAT && uses.version == record.version);
        Ok(known.unwrap_or(Uses { format: FORMAT, version: record.version, needed: 0, in_use: false }))
    }

    /// Takes note that a counterpart took a version of a secret, where that is one of two. Answers whether it is news.
    pub(crate) async fn report(&self, name: &Name, version: u64) -> Result<bool, Refusal> {
        let Some(entry) = self.store.get(&keys::record(name)).await? else { return Ok(false) };
        let Ok(record) = Record::read(&entry.value) else { return Ok(false) };
        let now = self.clock.now();
        let Some(previous) = record.previous().filter(|previous| previous.until > now) else {
            return Ok(false);
        };
        let before = self.uses(name, &record).await?;
        let after = if version == previous.version {
            Uses { needed: seconds(now), in_use: true, ..before }
        } else if version == record.version {
            Uses { in_use: false, ..before }
        } else {
            return Ok(false);
        };
        let soon = after.needed.saturating_sub(before.needed) < GRAIN.as_secs();
        if after.in_use == before.in_use && soon {
            return Ok(false);
        }
        tell(name, before, after, previous);
        let value = Bytes::from(after.encode_to_vec());
        self.store.commit(Batch::try_from(Op::put(keys::uses(name), value).until(previous.until))?).await?;
        Ok(true)
    }
}

/// The log hears of what changed.
fn tell(name: &Name, before: Uses, after: Uses, previous: Previous) {
    let secret = name.parent.child(crate::SECRETS, &name.id);
    let (version, until) = (previous.version, prost_types::Timestamp::from(previous.until));
    match (before.in_use, after.in_use) {
        (false, true) => {
            tracing::warn!(secret, version, %until, "a counterpart knows the old value of a secret alone");
        }
        (true, false) => tracing::info!(secret, version, "the old value of a secret is no longer used"),
        _ => {}
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
