//! What the tests of the language and of its guide know around an adapter.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::{Environment, Knowledge, Limits, Policy, Register, Scripts, Secret};

/// Registers, and what else a test says there is.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) registers: HashMap<String, Register>,
    pub(crate) secrets: Option<BTreeMap<String, Option<String>>>,
    pub(crate) policy: Option<Policy>,
    /// What the URLs of each integration start with.
    pub(crate) integrations: Option<BTreeMap<String, Vec<String>>>,
    pub(crate) scripts: Option<Arc<dyn Scripts>>,
    pub(crate) limits: Option<Limits>,
}

impl Environment for Known {
    fn register(&self, key: &str) -> Option<Register> {
        self.registers.get(key).cloned()
    }

    fn limits(&self) -> Limits {
        self.limits.unwrap_or(Limits::AUTHORED)
    }

    fn scripts(&self) -> Option<&dyn Scripts> {
        self.scripts.as_deref()
    }

    fn register_keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.registers.keys().cloned().collect();
        keys.sort();
        keys
    }

    fn secret(&self, name: &str) -> Knowledge<Secret> {
        let Some(secrets) = &self.secrets else { return Knowledge::Unknown };
        secrets
            .get(name)
            .map_or(Knowledge::Absent, |origin| Knowledge::Present(Secret { origin: origin.clone() }))
    }

    fn secret_names(&self) -> Vec<String> {
        self.secrets.iter().flat_map(BTreeMap::keys).cloned().collect()
    }

    fn policy(&self) -> Option<Policy> {
        self.policy.clone()
    }

    fn integration(&self, name: &str) -> Knowledge<()> {
        match &self.integrations {
            None => Knowledge::Unknown,
            Some(integrations) if integrations.contains_key(name) => Knowledge::Present(()),
            Some(_) => Knowledge::Absent,
        }
    }

    fn integration_names(&self) -> Vec<String> {
        self.integrations.iter().flat_map(BTreeMap::keys).cloned().collect()
    }

    fn covers(&self, name: &str, method: Option<&str>, url: &str) -> Option<bool> {
        let starts = self.integrations.as_ref()?.get(name)?;
        Some(
            method.is_none_or(|method| method != "DELETE")
                && starts.iter().any(|start| url.starts_with(start)),
        )
    }

    fn saves(&self, integration: Option<&str>, sent: Option<&str>, url: &str) -> Result<(), String> {
        match sent {
            Some(sent) if integration.is_none() && !url.starts_with(sent) => {
                Err(format!("`{sent}` answers, and nothing grants that what it answers is for `{url}`"))
            }
            _ => Ok(()),
        }
    }
}

/// Lines `NAME [ORIGIN]`.
pub(crate) fn secrets(text: &str) -> BTreeMap<String, Option<String>> {
    let line = |line: &str| match line.split_once(' ') {
        Some((name, origin)) => (name.to_owned(), Some(origin.to_owned())),
        None => (line.to_owned(), None),
    };
    text.lines().map(line).collect()
}

/// Lines `http`, `PORT`, `FIRST-LAST`.
pub(crate) fn policy(text: &str) -> Policy {
    let mut policy = Policy { ports: Vec::new(), http: false };
    for line in text.lines() {
        if line == "http" {
            policy.http = true;
            continue;
        }
        let (first, last) = line.split_once('-').unwrap_or((line, line));
        policy.ports.push(first.parse().unwrap()..=last.parse().unwrap());
    }
    policy
}

/// Lines `NAME START-OF-URL`.
pub(crate) fn integrations(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut integrations: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, start) in text.lines().filter_map(|line| line.split_once(' ')) {
        integrations.entry(name.to_owned()).or_default().push(start.to_owned());
    }
    integrations
}
