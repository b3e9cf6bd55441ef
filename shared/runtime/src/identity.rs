//! Who calls, and what they may do.

use std::sync::Arc;

use serde::Deserialize;

use crate::names::Id;

pub use binding::{Binding, Match, Subjects};
pub use caller::Caller;
pub use identities::Identities;
pub use issuer::{Document, Documents, Issuer, Settings};
pub use jwt::Algorithm;
pub use layer::AuthLayer;
pub use peer::Peer;
pub use token::{TokenError, check_private, create_token, read_token};

mod binding;
mod caller;
mod identities;
mod issuer;
mod jwt;
mod layer;
mod peer;
mod token;

/// Metadata key of an end user's own token, verified by the suite.
pub const USER_TOKEN_HEADER: &str = "outgate-user-token";
/// Metadata key of an end user that the caller vouches for; wants [`Role::Voucher`].
pub const USER_HEADER: &str = "outgate-user";

/// What an identity may do within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Executes integrations and runs adapters; reads definitions.
    Caller,
    /// Writes definitions, registers and secrets.
    Configurator,
    /// Sees the state of the suite.
    Operator,
    /// Vouches for end users.
    Voucher,
    /// Is an end user: its token verifies somebody, and calls nothing by itself.
    User,
    /// Has secrets and tokens released to it: the suite's own services.
    Releaser,
}

impl Role {
    /// The role as configuration and errors write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Configurator => "configurator",
            Self::Operator => "operator",
            Self::Voucher => "voucher",
            Self::User => "user",
            Self::Releaser => "releaser",
        }
    }
}

/// The tenants an identity's roles are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenants {
    /// Every tenant.
    All,
    /// One tenant.
    One(Id),
}

impl Tenants {
    fn hold(&self, tenant: &Id) -> bool {
        match self {
            Self::All => true,
            Self::One(own) => own == tenant,
        }
    }
}

/// Roles, and where they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Where.
    pub tenants: Tenants,
    /// What may be done there.
    pub roles: Arc<[Role]>,
}

/// Somebody who was verified, and what was granted to them.
#[derive(Clone, Debug)]
pub struct Identity {
    name: Arc<str>,
    grants: Arc<[Grant]>,
    is_service: bool,
}

impl Identity {
    /// Somebody by the name that logs and `updated_by` show.
    pub fn new(name: impl Into<Arc<str>>, grants: impl IntoIterator<Item = Grant>) -> Self {
        Self { name: name.into(), grants: grants.into_iter().collect(), is_service: false }
    }

    /// Somebody with the same roles wherever they hold.
    pub fn with_roles(name: impl Into<Arc<str>>, tenants: Tenants, roles: &[Role]) -> Self {
        Self::new(name, [Grant { tenants, roles: roles.into() }])
    }

    /// One of the suite's own services: what it asks counts for no tenant's quota of requests, as the call that it works
    /// for did already.
    #[must_use]
    pub fn of_the_suite(self) -> Self {
        Self { is_service: true, ..self }
    }

    /// The same, with more roles or in more tenants.
    #[must_use]
    pub fn and(self, grants: impl IntoIterator<Item = Grant>) -> Self {
        let grants = self.grants.iter().cloned().chain(grants).collect();
        Self { grants, ..self }
    }

    /// The name that logs and `updated_by` show.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn has(&self, role: Role, tenant: &Id) -> bool {
        self.grants.iter().any(|grant| grant.tenants.hold(tenant) && grant.roles.contains(&role))
    }

    fn has_everywhere(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.tenants == Tenants::All && grant.roles.contains(&role))
    }

    /// Whether it is an end user and nothing else.
    fn is_end_user(&self) -> bool {
        let mut roles = self.grants.iter().flat_map(|grant| grant.roles.iter()).peekable();
        roles.peek().is_some() && roles.all(|role| *role == Role::User)
    }
}

#[cfg(test)]
mod tests;
