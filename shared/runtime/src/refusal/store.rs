//! What a store's errors mean to a caller.

use proto::errors::v1::Reason;
use store::ErrorKind;

use crate::Refusal;

impl From<store::Error> for Refusal {
    /// A lost precondition reads as ETAG_MISMATCH; a handler whose own precondition it was tries again instead.
    fn from(error: store::Error) -> Self {
        let refusal = match error.kind() {
            ErrorKind::Conflict => {
                return Self::new(
                    Reason::EtagMismatch,
                    "it changed since it was read; read it again and repeat the change",
                );
            }
            ErrorKind::Compacted => {
                return Self::new(
                    Reason::RevisionCompacted,
                    "changes that old are not kept; list again and watch from there",
                );
            }
            ErrorKind::TooLarge => return Self::field("value", error),
            ErrorKind::Corrupt => {
                Self::new(Reason::StoreUnavailable, "the store is damaged; its operator must look at it")
            }
            ErrorKind::Full => {
                Self::new(Reason::StoreUnavailable, "the store's disk is full; nothing was written")
            }
            _ => Self::new(
                Reason::StoreUnavailable,
                "the store cannot be used; try again when its operator has mended it",
            ),
        };
        refusal.because(error)
    }
}
