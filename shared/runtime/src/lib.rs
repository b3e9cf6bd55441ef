//! What every service of the suite stands on: configuration, identity, refusals, names, links between services, the
//! server that owns its connections, health, and telemetry.
//!
//! It decides nothing about integrations, secrets, tokens or registers, and no service's types appear here.

pub mod config;
pub mod grants;
pub mod health;
pub mod identity;
pub mod link;
pub mod names;
pub mod page;
pub mod panics;
pub mod quota;
pub mod refusal;
pub mod server;
pub mod telemetry;
pub mod turns;

pub use identity::{Caller, Role};
pub use link::Link;
pub use refusal::Refusal;
