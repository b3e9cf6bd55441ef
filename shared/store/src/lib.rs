//! Where Outgate keeps its state: keys with values, one store-wide revision, atomic batches, watches, expiry.
//!
//! [`Store`] is the contract, in prose, for those who implement it; [`StoreExt`] is what users call beside it.
//! Two implementations are here: [`SledStore`], on disk and durable against power cuts, for one process; and
//! [`MemoryStore`], which keeps nothing beyond its own life. One suite, `conformance`, decides for every
//! implementation whether it keeps the contract.
//!
//! What this crate never does: it never acknowledges a write that a power cut could take back, nor the end of a value that is
//! to be shredded before nobody can read it any more; it never skips an event
//! of a watch in silence, never looks into a value, and never shows a type of the database below it.

mod batch;
mod clock;
mod contract;
mod engine;
mod entry;
mod error;
mod ext;
mod feed;
mod memory;
mod options;
mod range;
mod revision;
mod shred;
mod sled_store;
mod snapshot;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

#[cfg(test)]
mod tests;

pub use batch::{Batch, MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_OPS, Op, Precondition};
pub use clock::{Clock, ManualClock};
pub use contract::{MAX_PAGE_BYTES, MAX_PAGE_ENTRIES, Store};
pub use engine::Stats;
pub use entry::{Entry, Event, Page};
pub use error::{Error, ErrorKind};
pub use ext::{Listing, StoreExt};
pub use memory::MemoryStore;
pub use options::Options;
pub use range::Range;
pub use revision::Revision;
pub use sled_store::{Folder, Restore, SledStore, becomes_error};
pub use snapshot::Snapshot;
