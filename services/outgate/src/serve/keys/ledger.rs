//! What the audit ledger has to do with the keys: they seal its checkpoint, and what becomes of them is in it.

use std::sync::Arc;

use seal::{KeyId, KeySet};
use secrets::ledger::{KeyEvent, Ledger};

use super::{Keys, KeysError};

impl Keys {
    /// Says which ledger is sealed with the keys, where this process has it. To be called before anybody can change them.
    pub(in crate::serve) fn seal_ledger(&self, ledger: Arc<Ledger>) {
        // Only the first one counts, and there is one.
        let _ = self.ledger.set(ledger);
    }

    /// Writes down what becomes of the keys, and who wants it. A process without a ledger leaves it to its log.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub(super) async fn tell(&self, by: &str, events: &[KeyEvent]) -> Result<(), KeysError> {
        match self.ledger.get() {
            Some(ledger) => Ok(ledger.record_keys(by, events).await?),
            None => Ok(()),
        }
    }

    /// Has the ledger's checkpoint sealed with the active key alone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) async fn renew_checkpoint(&self) -> Result<(), KeysError> {
        match self.ledger.get() {
            Some(ledger) => Ok(ledger.renew_checkpoint().await?),
            None => Ok(()),
        }
    }
}

/// What becomes of keys where others are put in their place.
pub(super) fn events(now: &KeySet, next: &KeySet, gone: &[KeyId]) -> Vec<KeyEvent> {
    let rotated = (next.active() != now.active()).then(|| KeyEvent::Rotated(next.active()));
    rotated.into_iter().chain(gone.iter().copied().map(KeyEvent::Retired)).collect()
}
