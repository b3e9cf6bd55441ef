//! Checks an adapter, kept or not, as it would be compiled for a run, and besides against what a run would meet: the
//! operator's policy, the integration it names, the secrets in it.
//!
//! Compiling for a run asks for none of that: the door decides then, by what holds then.

mod known;

use std::{collections::BTreeSet, sync::Arc};

use egress::Policies;
use mapping::{Diagnostic, Policy, Register, Scripts};
use proto::{
    errors::v1::Reason,
    secrets::v1::{DescribeSecretsRequest, secret_release_service_client::SecretReleaseServiceClient},
};
use runtime::{
    Caller, Link, Refusal, Role,
    grants::Grants,
    names::{Id, Name, Parent},
};

use self::known::{Asked, Knowing, Known, Operator};
use crate::{
    adapters::{self, Around},
    definitions::Definitions,
    registers::Tenant,
    runs::{self, Runs},
};

/// The most secrets that are asked for at once, and the most names of others for proposals.
const SECRETS: usize = 1000;
/// The most registers that are missing in memory and asked for.
const REGISTERS: usize = 100;
/// The most integrations for proposals.
const INTEGRATIONS: usize = 1000;

/// Checks adapters.
pub(crate) struct Checker {
    policies: Policies,
    grants: Grants,
    secrets: SecretReleaseServiceClient<Link>,
}

/// What a check found.
pub(crate) struct Checked {
    /// The text that was checked.
    pub(crate) text: Arc<str>,
    /// What was found, in the order of places.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// What is checked, and what is in memory around it.
struct Subject {
    tenant: Arc<Tenant>,
    name: Name,
    register: Register,
    scripts: Option<Arc<dyn Scripts>>,
    policy: Policy,
    grants: Grants,
}

impl Subject {
    /// What is found by what is known, and what the text names.
    fn compile(&self, knowing: &Knowing) -> (Vec<Diagnostic>, Asked) {
        let Self { tenant, name, register, scripts, policy, grants } = self;
        let snapshot = tenant.view().snapshot();
        let around = Around::new(&snapshot, name.parent.unit.as_ref(), &name.id, scripts.as_deref());
        let operator = Operator { policy, grants, tenant: &name.parent.tenant };
        let known = Known::new(around, operator, knowing);
        let found = match adapters::compile(&known, &name.id, register) {
            Ok(adapter) => adapter.warnings().to_vec(),
            Err(unsound) => unsound.diagnostics,
        };
        (found, known.asked())
    }
}

impl Checker {
    /// Checks against what the operator lets out and grants, and the secrets at the end of a link on which this process is
    /// a releaser.
    pub(crate) fn new(policies: Policies, grants: Grants, secrets: Link) -> Self {
        Self { policies, grants, secrets: SecretReleaseServiceClient::new(secrets) }
    }

    /// Checks `text`, or the kept one where none is given, among the registers that the adapter would see.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND where nothing is kept and no text is given; SERVICE_UNAVAILABLE and STORE_UNAVAILABLE where
    /// what is around the adapter cannot be asked for.
    pub(crate) async fn check(
        &self,
        runs: &Runs,
        caller: &Caller,
        name: &Name,
        text: Option<Arc<str>>,
    ) -> Result<Checked, Refusal> {
        let tenant = runs.registers.of(&name.parent.tenant).await?;
        let register = match text {
            Some(text) => Register::authored(text),
            None => runs.find(&tenant, name).await?.register().clone(),
        };
        let text = register.text.clone();
        let policy = self.policies.of(name.parent.tenant.as_str());
        let policy = Policy { ports: policy.ports.clone(), http: policy.allow_http };
        let subject = Arc::new(Subject {
            tenant: Arc::clone(&tenant),
            name: name.clone(),
            register,
            scripts: runs.scripts.clone(),
            policy,
            grants: self.grants.clone(),
        });
        let compile = async |knowing: Knowing| {
            let subject = Arc::clone(&subject);
            runs.threads.run(move || subject.compile(&knowing)).await
        };
        // The first time shows what the text names; only that is asked for.
        let (mut found, mut asked) = compile(Knowing::default()).await?;
        if self.catch_up(runs, &tenant, name, &asked.missing).await? {
            (found, asked) = compile(Knowing::default()).await?;
        }
        let mut knowing = Knowing::default();
        if let Some(integration) = &asked.integration {
            self.ask_integration(&runs.definitions, name, integration, &mut knowing).await?;
        }
        // Who may not list secrets is not told of them here either.
        if caller.require(Role::Configurator, &name.parent.tenant).is_ok() {
            self.ask_secrets(&name.parent, &asked.secrets, &mut knowing).await?;
        }
        let diagnostics = if knowing.is_empty() { found } else { compile(knowing).await?.0 };
        Ok(Checked { text, diagnostics })
    }

    /// Waits until memory shows the registers that are there, though memory did not know of them: they may have been
    /// written a moment ago. Whether there was one.
    async fn catch_up(
        &self,
        runs: &Runs,
        tenant: &Tenant,
        adapter: &Name,
        missing: &BTreeSet<String>,
    ) -> Result<bool, Refusal> {
        let mut there = false;
        for key in missing.iter().take(REGISTERS) {
            let Ok(id) = Id::parse("register", key) else { continue };
            match runs.registers.confirm(tenant, &Name { parent: adapter.parent.clone(), id }).await {
                Ok(()) => there = true,
                Err(refusal) if refusal.reason() == Reason::RegisterNotFound => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(there)
    }

    async fn ask_integration(
        &self,
        definitions: &Definitions,
        adapter: &Name,
        id: &str,
        knowing: &mut Knowing,
    ) -> Result<(), Refusal> {
        let definition = match runs::integration(adapter, id) {
            Ok(name) => definitions.find(&name).await,
            Err(refusal) => Err(refusal),
        };
        match definition {
            Ok(definition) => knowing.integration = Some((id.to_owned(), Some(definition))),
            Err(refusal) if refusal.reason() == Reason::IntegrationNotFound => {
                knowing.integration = Some((id.to_owned(), None));
                let listed = definitions.list(&adapter.parent.tenant, INTEGRATIONS, None).await?;
                let id = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
                knowing.integrations = listed.integrations.iter().map(|each| id(&each.name)).collect();
            }
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    async fn ask_secrets(
        &self,
        owner: &Parent,
        names: &BTreeSet<String>,
        knowing: &mut Knowing,
    ) -> Result<(), Refusal> {
        knowing.asked = names.clone();
        // What is no id names nothing.
        let ids: Vec<_> = names.iter().filter(|name| Id::parse("secret", name).is_ok()).cloned().collect();
        for ids in ids.chunks(SECRETS) {
            let request = DescribeSecretsRequest { parent: owner.to_string(), secret_ids: ids.to_vec() };
            let answer = self.secrets.clone().describe_secrets(request).await;
            let answer = answer.map_err(|status| Refusal::from_peer("secrets", &status))?.into_inner();
            knowing.secrets.extend(answer.secrets.into_iter().map(|each| (each.secret_id, each.scope)));
            knowing.other_secrets.extend(answer.others);
        }
        Ok(())
    }
}
