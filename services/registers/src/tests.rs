//! The service through its generated client, over real stores, without sockets.

mod damaging;
mod durability;
mod history;
mod meddler;
mod patching;
mod reading;
mod refusals;
mod room;
mod tenants;
mod watching;
mod world;
mod writing;
