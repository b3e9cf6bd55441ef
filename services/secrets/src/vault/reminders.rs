//! A word ahead of time about secrets that are in use and end soon.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use runtime::names::Name;

use super::Vault;
use crate::{SECRETS, record::Record};

/// From so long before its end on, the use of a secret is worth a word.
const AHEAD: Duration = Duration::from_secs(14 * 24 * 3600);
/// And no more often than this.
const APART: Duration = Duration::from_secs(24 * 3600);

/// When each secret was last spoken of in this process.
#[derive(Default)]
pub(super) struct Reminders(Mutex<HashMap<Name, SystemTime>>);

impl Vault {
    /// Tells the log, at most once a day, that a secret which is in use ends soon.
    pub(super) fn remind(&self, name: &Name, record: &Record) {
        let now = self.clock.now();
        let Some(expires) = record.expires().filter(|end| *end <= now + AHEAD) else { return };
        // Nothing that could panic happens under the lock.
        let mut said = self.reminders.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|_, time| *time + APART > now);
        if said.contains_key(name) {
            return;
        }
        said.insert(name.clone(), now);
        drop(said);
        let secret = name.parent.child(SECRETS, &name.id);
        let expires = prost_types::Timestamp::from(expires);
        tracing::warn!(secret, %expires, "a secret that is in use ends soon; put its new value");
    }
}
