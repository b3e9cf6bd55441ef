//! What a check knows of what is around an adapter.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use mapping::{Environment, Knowledge, Policy, Register, Scripts, Secret};
use runtime::{grants::Grants, names::Id};

use crate::{
    adapters::Around,
    definition::{Definition, Route},
    saving,
};

/// What was asked for, because the adapter's text names it.
#[derive(Default)]
pub(super) struct Knowing {
    /// The integration, and its definition if there is one.
    pub(super) integration: Option<(String, Option<Arc<Definition>>)>,
    /// The ids of integrations, for proposals.
    pub(super) integrations: Vec<String>,
    /// The secrets that were asked for.
    pub(super) asked: BTreeSet<String>,
    /// Those that are there, and their origins.
    pub(super) secrets: HashMap<String, String>,
    /// The ids of secrets, for proposals.
    pub(super) other_secrets: Vec<String>,
}

impl Knowing {
    /// Whether nothing was asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.integration.is_none() && self.asked.is_empty()
    }
}

/// What an adapter's text names.
#[derive(Default)]
pub(super) struct Asked {
    /// The integration.
    pub(super) integration: Option<String>,
    /// The secrets.
    pub(super) secrets: BTreeSet<String>,
    /// The registers that were not in memory.
    pub(super) missing: BTreeSet<String>,
}

/// What the operator's configuration says.
pub(super) struct Operator<'a> {
    pub(super) policy: &'a Policy,
    pub(super) grants: &'a Grants,
    /// Of this tenant.
    pub(super) tenant: &'a Id,
}

/// Registers, the operator's configuration, and what was asked for.
pub(super) struct Known<'a> {
    around: Around<'a>,
    operator: Operator<'a>,
    knowing: &'a Knowing,
    asked: RefCell<Asked>,
}

impl<'a> Known<'a> {
    /// What is around an adapter at one moment.
    pub(super) fn new(around: Around<'a>, operator: Operator<'a>, knowing: &'a Knowing) -> Self {
        Self { around, operator, knowing, asked: RefCell::default() }
    }

    /// The definition of an integration, where it was asked for and is there.
    fn definition(&self, name: &str) -> Option<&Definition> {
        let (known, definition) = self.knowing.integration.as_ref()?;
        definition.as_deref().filter(|_| known == name)
    }

    /// What the text that was compiled names.
    pub(super) fn asked(self) -> Asked {
        self.asked.into_inner()
    }
}

impl Environment for Known<'_> {
    fn register(&self, key: &str) -> Option<Register> {
        let register = self.around.register(key);
        if register.is_none() {
            self.asked.borrow_mut().missing.insert(key.to_owned());
        }
        register
    }

    fn register_keys(&self) -> Vec<String> {
        self.around.register_keys()
    }

    fn scripts(&self) -> Option<&dyn Scripts> {
        self.around.scripts()
    }

    fn secret(&self, name: &str) -> Knowledge<Secret> {
        self.asked.borrow_mut().secrets.insert(name.to_owned());
        match self.knowing.secrets.get(name) {
            Some(origin) => Knowledge::Present(Secret { origin: Some(origin.clone()) }),
            None if self.knowing.asked.contains(name) => Knowledge::Absent,
            None => Knowledge::Unknown,
        }
    }

    fn secret_names(&self) -> Vec<String> {
        self.knowing.other_secrets.clone()
    }

    fn policy(&self) -> Option<Policy> {
        Some(self.operator.policy.clone())
    }

    fn integration(&self, name: &str) -> Knowledge<()> {
        self.asked.borrow_mut().integration = Some(name.to_owned());
        match &self.knowing.integration {
            Some((known, definition)) if known == name => match definition {
                Some(_) => Knowledge::Present(()),
                None => Knowledge::Absent,
            },
            _ => Knowledge::Unknown,
        }
    }

    fn integration_names(&self) -> Vec<String> {
        self.knowing.integrations.clone()
    }

    fn saves(&self, integration: Option<&str>, sent: Option<&str>, url: &str) -> Result<(), String> {
        let Operator { grants, tenant, .. } = self.operator;
        match integration {
            None => saving::outlook(grants, tenant, &Route::anywhere(), sent, url),
            Some(name) => match self.definition(name) {
                Some(definition) => saving::outlook(grants, tenant, &definition.route, sent, url),
                None => Ok(()),
            },
        }
    }

    fn covers(&self, name: &str, method: Option<&str>, url: &str) -> Option<bool> {
        let definition = self.definition(name)?;
        let covers = definition.route.endpoints.iter().map(|endpoint| endpoint.would_cover(method, url));
        covers.collect::<Option<Vec<bool>>>().map(|covers| covers.contains(&true))
    }
}
