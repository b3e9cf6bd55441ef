//! Why keys cannot be used or changed.

use std::path::PathBuf;

use proto::errors::v1::Reason;
use runtime::Refusal;
use seal::{KeyId, KeyRingError, ListError, SealError, SetError};

use super::transit::TransitError;

/// What is wrong with the keys. Each is one line that names the file or the address, and the next step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] KeyRingError),
    /// Its keys make no ring.
    #[error("the key file {} cannot be used: {source}", path.display())]
    Set { path: PathBuf, source: SetError },
    /// The list of keys cannot be changed so.
    #[error("the key file cannot be changed so: {0}")]
    List(#[from] ListError),
    /// The engine does not wrap or unwrap.
    #[error(transparent)]
    Transit(#[from] TransitError),
    /// The configuration of the engine does not fit.
    #[error("{key}: {text}")]
    Config { key: &'static str, text: String },
    /// A key in the clear where all are to be wrapped.
    #[error("the key file {} holds key {id} in the clear, and seal.transit is to wrap all of them; wrap it with `outgate keys file wrap`", path.display())]
    InTheClear { path: PathBuf, id: KeyId },
    /// A wrapped key, and nobody to unwrap it.
    #[error("the key file {} holds key {id} wrapped by a transit engine, and seal.transit.address names none", path.display())]
    IsWrapped { path: PathBuf, id: KeyId },
    /// The store is sealed with a key that the file does not have.
    #[error("the store is sealed with key {id}, which the key file {} does not hold; restore the file that does", path.display())]
    Absent { path: PathBuf, id: KeyId },
    /// The store is sealed with another key of this id.
    #[error("the store is sealed with another key {id} than the one in the key file {}; restore the right file", path.display())]
    Wrong { path: PathBuf, id: KeyId },
    /// A file that was replaced lacks what is still needed.
    #[error("the key file {} was replaced by one without key {id}, which {needed}; put one there that has it", path.display())]
    Needed { path: PathBuf, id: KeyId, needed: String },
    /// A file that was replaced lacks what may still be needed.
    #[error("the key file {} was replaced by one without key {id}, which calls that are under way may still seal with", path.display())]
    Busy { path: PathBuf, id: KeyId },
    /// A file that was replaced has another key of the same id.
    #[error("the key file {} was replaced by one with another key {id} than the one in use; give a new key a new id", path.display())]
    Differs { path: PathBuf, id: KeyId },
    /// The store cannot be asked.
    #[error("the store cannot be asked for its keys: {0}")]
    Store(#[from] store::Error),
    /// The audit ledger cannot be written.
    #[error("the keys stay as they are, since the audit ledger cannot be written: {0}")]
    Ledger(#[from] secrets::ledger::LedgerError),
    /// Nothing can be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A task of this process ended early.
    #[error("the key file was not written: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl KeysError {
    /// Whether it may be gone by itself, with the file as it is.
    pub(super) fn passes(&self) -> bool {
        matches!(
            self,
            Self::Transit(_)
                | Self::Store(_)
                | Self::Ledger(_)
                | Self::Task(_)
                | Self::Seal(_)
                | Self::Busy { .. }
        )
    }
}

impl From<KeysError> for Refusal {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Store(error) => error.into(),
            KeysError::File(KeyRingError::ReadOnly { path }) => Self::new(
                Reason::KeysReadOnly,
                format!(
                    "this process cannot change the key file {}; add a key to a copy of it with `outgate keys file add FILE \
                     --activate`, and replace the file where it comes from: it is taken over within seconds",
                    path.display()
                ),
            ),
            KeysError::Ledger(_) => Self::new(Reason::AuditUnavailable, error.to_string()).because(error),
            error => Self::new(Reason::KeysUnavailable, error.to_string()).because(error),
        }
    }
}
