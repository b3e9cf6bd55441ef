#![doc = "Integrations: named ways to reach external systems, and the calls and adapters that go through them."]
//!
//! The executor keeps definitions, registers and compiled adapters in memory, true by watches, and sends every request
//! through the guarded door of `egress`. Secrets and tokens reach that door by links to the services that keep them;
//! everything before the door handles holes.
//!
//! What this crate never does: open a connection of its own, hold a secret outside the guarded send, decide whether a
//! secret may be used (the service that keeps it does), read a register anywhere but from the registers service, or
//! depend on the crate of another service.
//!
//! # Profiles
//! `${currentAgency:…}` is an object with the business unit's `id`, over what the register `PROFILE.UNIT` holds (the
//! unit's private copy first); without a business unit it is null. `${currentClan:…}` is the same for the tenant and
//! the shared register `PROFILE.TENANT`. A profile that is no object is left out.

mod adapters;
mod check;
mod credentials;
mod definition;
mod definitions;
mod executor;
mod explain;
mod grpc;
mod limits;
mod registers;
mod retry;
mod runs;
mod saving;
mod scripts;
mod threads;

use std::sync::Arc;

use egress::{Door, Policies};
use mapping::Scripts;
use runtime::{Link, grants::Grants};
use store::Store;
use tonic::service::RoutesBuilder;

pub use credentials::Strict;

use crate::{
    check::Checker, definitions::Definitions, executor::Executor, explain::Explainer, registers::Registers,
    runs::Runs, saving::Saver,
};

/// How the service is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many tenants' registers are held in memory at once; the one whose last run is longest ago gives way.
    pub tenants: usize,
    /// What the operator lets out, for explanations and checks. It must be what the door was made with.
    pub policies: Policies,
    /// What runs the scripts of adapters that are more than a simple expression; without it they are refused.
    pub scripts: Option<Arc<dyn Scripts>>,
    /// The tenants whose uses of secrets are in the audit ledger before anything leaves.
    pub strict: Strict,
    /// What answers of other origins may become secrets for. The secrets service decides by its own copy.
    pub grants: Grants,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tenants: 1024,
            policies: Policies::default(),
            scripts: None,
            strict: Strict::default(),
            grants: Grants::default(),
        }
    }
}

/// The services that this one calls.
#[derive(Clone, Debug)]
pub struct Links {
    /// To `outgate.registers.v1.RegisterService`, for every tenant.
    pub registers: Link,
    /// To `outgate.secrets.v1.SecretReleaseService`, as a releaser.
    pub secrets: Link,
    /// To `outgate.tokens.v1.TokenService`, as a releaser.
    pub tokens: Link,
}

impl Config {
    /// Puts the service together and starts following the definitions in `store`. Called inside a tokio runtime.
    pub fn build(self, store: Arc<dyn Store>, door: Arc<Door>, links: Links) -> Service {
        let Self { tenants, policies, scripts, strict, grants } = self;
        let Links { registers, secrets, tokens } = links;
        let definitions = Arc::new(Definitions::start(store));
        let checker = Arc::new(Checker::new(policies.clone(), grants.clone(), secrets.clone()));
        let saver = Saver::new(secrets.clone(), grants);
        let executor = Arc::new(Executor::new(door, credentials::Sources::new(secrets, tokens, strict)));
        let registers = Registers::new(registers, tenants);
        let scripts = scripts.map(scripts::off_the_loop);
        let runs = Arc::new(Runs::new(definitions.clone(), executor.clone(), registers, scripts, saver));
        Service { definitions, executor, runs, checker, explainer: Arc::new(Explainer::new(policies)) }
    }
}

/// The service. Cheap to clone; what it holds in memory ends with the last clone.
#[derive(Clone)]
pub struct Service {
    definitions: Arc<Definitions>,
    executor: Arc<Executor>,
    runs: Arc<Runs>,
    checker: Arc<Checker>,
    explainer: Arc<Explainer>,
}

impl Service {
    /// Adds what callers and configurators see, and answers the names for health.
    pub fn public(&self, routes: &mut RoutesBuilder) -> Vec<&'static str> {
        grpc::add(self, routes)
    }

    /// To be called when all calls have ended: returns when what they save is saved and their uses of secrets are in the audit
    /// ledger, or cannot be in time.
    pub async fn finish(&self) {
        self.runs.finish().await;
        self.executor.finish().await;
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("integrations::Service")
    }
}

#[cfg(test)]
mod tests;
