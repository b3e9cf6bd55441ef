//! The sealing keys, as the ledger knows them: they seal its checkpoint, and what becomes of them is in it.

use seal::KeyId;
use tokio::sync::oneshot;

use super::{Entry, Kind, Ledger, LedgerError, writer::Command};

/// What becomes of the sealing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    /// This key seals from here on.
    Rotated(KeyId),
    /// Somebody wants the old keys to end.
    Retiring {
        /// Also those that records need which do not open.
        forget_unreadable: bool,
    },
    /// This key opens nothing any more, and is gone.
    Retired(KeyId),
}

impl KeyEvent {
    fn entry(self, by: &str) -> Entry {
        let entry = |kind| Entry::new(kind).text("by", by);
        match self {
            Self::Rotated(key) => entry(Kind::Rotated).text("key", &key.to_string()),
            Self::Retiring { forget_unreadable } => {
                entry(Kind::Retiring).text("unreadable", if forget_unreadable { "FORGET" } else { "" })
            }
            Self::Retired(key) => entry(Kind::Retired).text("key", &key.to_string()),
        }
    }
}

impl Ledger {
    /// Writes down what becomes of the keys, and who wants it; empty where nobody asked this process for it. On return it is
    /// durable.
    ///
    /// # Errors
    /// When it is not.
    pub async fn record_keys(&self, by: &str, events: &[KeyEvent]) -> Result<(), LedgerError> {
        match events {
            [] => Ok(()),
            _ => self.record(events.iter().map(|event| event.entry(by)).collect()).await.map(drop),
        }
    }

    /// Seals the checkpoint anew, with the active key of now. On return no other key is needed to open it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn renew_checkpoint(&self) -> Result<(), LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Command::Renew(reply)).map_err(|_| LedgerError::ended())?;
        answer.await.unwrap_or_else(|_| Err(LedgerError::ended()))
    }
}
