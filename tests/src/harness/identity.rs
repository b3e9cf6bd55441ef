//! Identities that a test makes known to the suite.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use oracle::{Canary, random};

/// Somebody the suite knows by a token.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    name: &'static str,
    roles: &'static [&'static str],
    tenant: &'static str,
    token: String,
}

impl Known {
    /// Somebody with these roles in every tenant.
    pub(crate) fn new(name: &'static str, roles: &'static [&'static str]) -> Self {
        let token = format!("{name}-{:016x}{:016x}", random(), random());
        Canary::known(&format!("the token of {name}"), &token);
        Self { name, roles, tenant: "*", token }
    }

    /// The same in one tenant.
    pub(crate) fn of(self, tenant: &'static str) -> Self {
        Self { tenant, ..self }
    }

    /// The token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Leaves the token in a file for its owner alone.
    pub(crate) fn token_file(&self, folder: &Path) -> PathBuf {
        let path = folder.join(format!("{}.token", self.name));
        fs::write(&path, &self.token).expect("a temporary file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
        Canary::known(self.name, &self.token)
            .may_be_in(path.display().to_string(), "it is the file that the configuration names for it");
        path
    }

    /// The entry of the configuration that makes them known.
    pub(crate) fn entry(&self, folder: &Path) -> String {
        format!(
            "[[identity.tokens]]\nname = {:?}\ntoken_file = {:?}\ntenant = {:?}\nroles = {:?}\n",
            self.name,
            self.token_file(folder),
            self.tenant,
            self.roles,
        )
    }
}
