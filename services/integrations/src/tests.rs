//! The service through its generated clients, with real neighbours in the same process and real counterparts over TLS.

mod auditing;
mod calling;
mod checking;
mod connectors;
mod counterpart;
mod credentials;
mod damaging;
mod defining;
mod explaining;
mod failures;
mod following;
pub(crate) mod ledger_end;
mod limiting;
mod overlapping;
mod retrying;
mod running;
mod saving;
mod scoping;
mod streaming;
mod tokens;
mod tracing;
mod units;
mod users;
mod waiting;
mod world;
