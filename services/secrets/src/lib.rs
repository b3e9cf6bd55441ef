//! Secrets: written, used, never read.
//!
//! A secret is sealed the moment it arrives, bound to its owner (a tenant, or a business unit of one), its name, its version,
//! its *scope*: the origin of the URL it was made for, to the origins that tokens may go to which are got with it, and to
//! the time it ends. A new value may overlap the one before it for a while, which keeps the terms it was sealed with.
//! [`Service::public`] is the write side (put, patch, verify, list, delete), and none of its messages can
//! hold a value on the way out. [`Service::internal`] is the release: for the suite's own services alone, one secret at
//! a time, and only for a destination in its scope. They also bring what a run saves of an answer, which is sealed for the
//! origin that answered or for one that the operator grants. They ask first whether several may be released for a destination, so
//! that nothing is looked up for a request that would not get them, and which secrets are there and for which origin, so
//! that an adapter can be checked before it runs.
//!
//! What is released, refused, used, put and deleted stands in the audit [`ledger`], durable before it is answered. Where that
//! cannot be written, nothing is released, put or deleted. A write to the store comes before its entry: where the ledger fails in
//! between, the caller is told AUDIT_UNAVAILABLE of a write that was made, as after a connection that broke.
//!
//! What this crate never does: write a plaintext, its length or anything computed from it to the store, a log or an
//! error; open a secret before its destination was checked; let a version number come back, also not after a delete;
//! tell a caller of one tenant whether something exists in another.

mod audit;
mod grpc;
pub mod ledger;
mod record;
mod scope;
pub mod sealed;
mod vault;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use proto::{
    audit::v1::audit_service_server::AuditServiceServer,
    secrets::v1::{
        secret_release_service_server::{SecretReleaseService, SecretReleaseServiceServer},
        secret_service_server::SecretServiceServer,
    },
};
use runtime::{grants::Grants, quota::Quotas};
use seal::KeyRing;
use store::{Clock, Store};
use tonic::service::RoutesBuilder;

use audit::Audit;
use ledger::Ledger;
use vault::Vault;

/// The collection that secrets are in.
const SECRETS: &str = "secrets";

/// The shortest and the longest value, in bytes.
const VALUE_BYTES: std::ops::RangeInclusive<usize> = 1..=64 * 1024;

/// The most origins that tokens may go to which are got with one secret.
const TOKEN_ORIGINS: usize = 100;

/// The longest time that a value stays in use beside its successor.
const LONGEST_OVERLAP: Duration = Duration::from_secs(90 * 24 * 3600);

/// The settings of the secrets service. What may be stored and who may ask is laid down in the contract.
#[derive(Clone, Debug)]
pub struct Config {
    /// The largest request and the largest answer, in bytes. It must leave room for a page of 1,000 secrets.
    pub message_bytes: usize,
    /// The time by which secrets end. Default: the machine's.
    pub clock: Clock,
    /// What each tenant may have. Default: no bounds.
    pub quotas: Quotas,
    /// What answers of other origins may become secrets for. Default: nothing.
    pub grants: Grants,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            message_bytes: 4 << 20,
            clock: Clock::system(),
            quotas: Quotas::default(),
            grants: Grants::default(),
        }
    }
}

impl Config {
    /// The service over a store, sealing with `ring`, and writing down what it does in `ledger`.
    #[must_use]
    pub fn build(self, store: Arc<dyn Store>, ring: Arc<KeyRing>, ledger: Arc<Ledger>) -> Service {
        let Self { message_bytes, clock, quotas, grants } = self;
        let vault = Arc::new(Vault::new(store, ring, clock.clone(), quotas));
        Service { vault, audit: Arc::new(Audit::new(ledger)), clock, grants, message_bytes }
    }
}

/// The secrets service. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    vault: Arc<Vault>,
    audit: Arc<Audit>,
    clock: Clock,
    grants: Grants,
    message_bytes: usize,
}

impl Service {
    /// Adds the write side and the reading of the ledger, for the public listener. Answers the names of what it added, for health.
    pub fn public(&self, routes: &mut RoutesBuilder) -> Vec<&'static str> {
        let (vault, audit, clock) = (self.vault.clone(), self.audit.clone(), self.clock.clone());
        let server = SecretServiceServer::new(grpc::Writing { vault, audit, clock })
            .max_decoding_message_size(self.message_bytes)
            .max_encoding_message_size(self.message_bytes);
        routes.add_service(server);
        routes.add_service(AuditServiceServer::new(grpc::Auditing(self.audit.clone())));
        vec![
            proto::secrets::v1::secret_service_server::SERVICE_NAME,
            proto::audit::v1::audit_service_server::SERVICE_NAME,
        ]
    }

    /// The release itself, without a server around it.
    #[must_use]
    pub fn release(&self) -> impl SecretReleaseService {
        grpc::Release { vault: self.vault.clone(), audit: self.audit.clone(), grants: self.grants.clone() }
    }

    /// Adds the release, for the internal listener. Answers the names of what it added, for health.
    pub fn internal(&self, routes: &mut RoutesBuilder) -> Vec<&'static str> {
        let server = SecretReleaseServiceServer::new(self.release())
            .max_decoding_message_size(self.message_bytes)
            .max_encoding_message_size(self.message_bytes);
        routes.add_service(server);
        vec![proto::secrets::v1::secret_release_service_server::SERVICE_NAME]
    }
}
