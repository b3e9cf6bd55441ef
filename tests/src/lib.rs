//! The suite from outside: the real binary, real counterparts, and nothing of its inside but the contracts.
//!
//! Every test starts what it needs on loopback and stops it; none shares a process, a folder or a port with another.
//! The crate uses no service and none of the shared crates, so that nothing here can pass because two sides of the
//! suite agree on a mistake. `tests/run` builds the binary, installs what else is needed, and runs everything.

#[cfg(test)]
mod harness;

#[cfg(test)]
mod adapters;
#[cfg(test)]
mod anonymous;
#[cfg(test)]
mod arrows;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod authentication;
#[cfg(test)]
mod authorisation;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod cores;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod door;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod hearing;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod listeners;
#[cfg(test)]
mod names;
#[cfg(test)]
mod one_door;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod reasons;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod saving;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod security_page;
#[cfg(test)]
mod shredding;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod single_flight;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod traces;
