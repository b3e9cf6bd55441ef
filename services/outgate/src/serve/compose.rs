//! The one place where services meet: which of them this process runs, and how they reach the others.

use std::{sync::Arc, time::Duration};

use runtime::{Caller, Link, config::Config, link::Credentials, names::Id};
use scripts::Workers;
use tokio_util::sync::CancellationToken;
use tonic::service::{Routes, RoutesBuilder};

use super::{
    ServeError, ServiceName, backup,
    keep::Keep,
    keys::{self, Sealed},
};

/// The services of this process, by listener.
#[derive(Default)]
pub(super) struct Composed {
    /// What the public listener answers.
    pub(super) public: Side,
    /// What the internal listener answers.
    pub(super) internal: Side,
    /// What has something to finish when all calls have ended.
    pub(super) finishing: Option<integrations::Service>,
}

/// What one listener answers.
#[derive(Default)]
pub(super) struct Side {
    pub(super) routes: RoutesBuilder,
    /// Full names of its services, for health and reflection.
    pub(super) names: Vec<&'static str>,
}

impl Composed {
    /// Builds the chosen services. Watches end at `drain`.
    pub(super) fn build(
        services: &[ServiceName],
        keep: &Keep,
        config: &Config,
        script_worker: Option<scripts::Command>,
        drain: &CancellationToken,
    ) -> Result<Self, ServeError> {
        let wiring = Wiring { services, keep, config, script_worker };
        let registers = wiring.registers(drain);
        let secrets = wiring.secrets();
        let tokens = wiring.tokens(secrets.as_ref())?;
        let integrations = wiring.integrations(registers.as_ref(), secrets.as_ref(), tokens.as_ref())?;

        let mut composed = Self::default();
        if let Some(keys) = &keep.keys {
            composed.public.add(|routes| keys::add(keys, routes));
        }
        if let Some(registers) = registers {
            composed.public.add(|routes| registers.public(routes));
        }
        if let Some(secrets) = secrets {
            composed.public.add(|routes| secrets.public(routes));
            composed.internal.add(|routes| secrets.internal(routes));
        }
        if let Some(tokens) = tokens {
            composed.internal.add(|routes| tokens.internal(routes));
        }
        if let Some(integrations) = integrations {
            composed.public.add(|routes| integrations.public(routes));
            composed.finishing = Some(integrations);
        }
        if let Some(keys) = &keep.keys {
            let (store, ledger) = (keep.store.clone(), keep.ledger.clone());
            composed.public.add(|routes| backup::public(store, keys.ring(), ledger, routes));
        }
        Ok(composed)
    }

    /// Every service of this process, for health.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.public.names.iter().chain(&self.internal.names).copied().collect()
    }
}

impl Side {
    fn add(&mut self, add: impl FnOnce(&mut RoutesBuilder) -> Vec<&'static str>) {
        self.names.extend(add(&mut self.routes));
    }
}

/// Builds each service, if this process runs it, and finds the others where they are.
struct Wiring<'a> {
    services: &'a [ServiceName],
    keep: &'a Keep,
    config: &'a Config,
    script_worker: Option<scripts::Command>,
}

impl Wiring<'_> {
    fn runs(&self, name: ServiceName) -> bool {
        self.services.contains(&name)
    }

    fn registers(&self, drain: &CancellationToken) -> Option<registers::Service> {
        let quotas = self.keep.quotas.clone();
        let config = registers::Config { drain: drain.clone(), quotas, ..Default::default() };
        self.runs(ServiceName::Registers).then(|| config.build(self.keep.store.clone()))
    }

    fn secrets(&self) -> Option<secrets::Service> {
        let Keep { store, keys, ledger, .. } = self.keep;
        let (keys, ledger) = keys.as_ref().zip(ledger.clone())?;
        keys.seals(Sealed { prefix: secrets::sealed::PREFIX, renew: secrets::sealed::renew });
        let (quotas, grants) = (self.keep.quotas.clone(), self.keep.grants.clone());
        let config = secrets::Config { quotas, grants, ..Default::default() };
        Some(config.build(store.clone(), keys.ring(), ledger))
    }

    fn tokens(&self, secrets: Option<&secrets::Service>) -> Result<Option<tokens::Service>, ServeError> {
        let Some(keys) = self.keep.keys.as_ref().filter(|_| self.runs(ServiceName::Tokens)) else {
            return Ok(None);
        };
        keys.seals(Sealed { prefix: tokens::sealed::PREFIX, renew: tokens::sealed::renew });
        let release = self.to_secrets("tokens", secrets)?;
        let keep = self.keep;
        Ok(Some(tokens::Config::default().build(keep.store.clone(), keys.ring(), keep.door.clone(), release)))
    }

    fn integrations(
        &self,
        registers: Option<&registers::Service>,
        secrets: Option<&secrets::Service>,
        tokens: Option<&tokens::Service>,
    ) -> Result<Option<integrations::Service>, ServeError> {
        if !self.runs(ServiceName::Integrations) {
            return Ok(None);
        }
        let me = "integrations";
        let links = integrations::Links {
            registers: match registers {
                Some(registers) => here(me, |routes| registers.public(routes)),
                None => self.there("links.registers", self.config.links.registers.as_deref())?,
            },
            secrets: self.to_secrets(me, secrets)?,
            tokens: match tokens {
                Some(tokens) => here(me, |routes| tokens.internal(routes)),
                None => self.there("links.tokens", self.config.links.tokens.as_deref())?,
            },
        };
        let (policies, scripts, strict) = (self.keep.policies.clone(), self.scripts()?, self.strict()?);
        let grants = self.keep.grants.clone();
        let config = integrations::Config { policies, scripts, strict, grants, ..Default::default() };
        Ok(Some(config.build(self.keep.store.clone(), self.keep.door.clone(), links)))
    }

    /// The tenants whose uses are durable before anything leaves.
    fn strict(&self) -> Result<integrations::Strict, ServeError> {
        let mut strict = integrations::Strict::default();
        for tenant in &self.config.audit.strict_tenants {
            match tenant.as_str() {
                "*" => strict.all = true,
                one => {
                    let id = Id::parse("tenant", one).map_err(|refusal| ServeError::Config {
                        key: "audit.strict_tenants".to_owned(),
                        text: refusal.to_string(),
                    })?;
                    strict.tenants.insert(id);
                }
            }
        }
        Ok(strict)
    }

    /// What runs scripts, where the operator wants it.
    fn scripts(&self) -> Result<Option<Arc<dyn mapping::Scripts>>, ServeError> {
        let Some(worker) = self.script_worker.clone().filter(|_| self.config.scripts.workers > 0) else {
            return Ok(None);
        };
        let config = scripts::Config {
            workers: self.config.scripts.workers,
            wait: Duration::from_millis(self.config.scripts.wait_ms),
            ..Default::default()
        };
        Ok(Some(Arc::new(Workers::start(config, worker)?)))
    }

    fn to_secrets(&self, caller: &str, secrets: Option<&secrets::Service>) -> Result<Link, ServeError> {
        match secrets {
            Some(secrets) => Ok(here(caller, |routes| secrets.internal(routes))),
            None => self.there("links.secrets", self.config.links.secrets.as_deref()),
        }
    }

    /// A link to a service of another process.
    fn there(&self, key: &'static str, address: Option<&str>) -> Result<Link, ServeError> {
        let wrong = |key: &str, text: &str| ServeError::Config { key: key.to_owned(), text: text.to_owned() };
        let address = address.ok_or_else(|| {
            wrong(key, "is empty, and this process does not run that service; name its address, or serve it here too")
        })?;
        let read = |path: &std::path::PathBuf| {
            std::fs::read(path).map_err(|source| ServeError::Data { path: path.clone(), source })
        };
        let certificate = match (&self.config.links.cert, &self.config.links.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
            _ => return Err(wrong("links.cert", "and links.key go together; name both or neither")),
        };
        let token = self.keep.link_token.as_deref();
        if token.is_none() && certificate.is_none() {
            let text = "is empty, and the service at the other end must know who calls (or links.cert and links.key show it)";
            return Err(wrong("links.token_file", text));
        }
        let ca = self.config.links.ca_file.as_ref().map(read).transpose()?;
        let certificate = certificate.as_ref().map(|(certificate, key)| (&certificate[..], &key[..]));
        Ok(Link::remote(address, Credentials { token, certificate, ca: ca.as_deref() })?)
    }
}

/// A link to services of this process.
fn here(caller: &str, add: impl FnOnce(&mut RoutesBuilder) -> Vec<&'static str>) -> Link {
    let mut routes = Routes::builder();
    add(&mut routes);
    Link::in_process(routes.routes(), Caller::service(caller))
}
