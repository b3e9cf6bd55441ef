//! The identity behind one call.

use std::sync::Arc;

use proto::errors::v1::Reason;
use tonic::Request;

use super::{Identity, Role, Tenants};
use crate::{Refusal, names::Id, quota::Turn};

/// The identity behind a call, and the end user it acts for. Every handler finds one in its request.
#[derive(Clone, Debug)]
pub struct Caller {
    identity: Identity,
    user: Option<EndUser>,
    turn: Option<Arc<Turn>>,
}

/// An end user that a call acts for.
#[derive(Clone, Debug)]
pub(super) struct EndUser {
    pub(super) subject: Arc<str>,
    /// Who was verified; none where the caller vouches, and the voucher's own tenants count.
    pub(super) verified: Option<Identity>,
}

impl Caller {
    /// Somebody whose identity is known already, acting for nobody else.
    pub fn known(identity: Identity) -> Self {
        Self { identity, user: None, turn: None }
    }

    /// One of the suite's own services, calling another in the same process.
    pub fn service(name: &str) -> Self {
        Self::known(Identity::with_roles(name, Tenants::All, &[Role::Caller, Role::Releaser]).of_the_suite())
    }

    pub(super) fn acting_for(self, user: Option<EndUser>) -> Self {
        Self { user, ..self }
    }

    /// The call takes its turn in the quota of the tenant that it is for.
    pub(super) fn counted(self, turn: Turn) -> Self {
        if self.identity.is_service { self } else { Self { turn: Some(Arc::new(turn)), ..self } }
    }

    /// The caller of a request, as the authentication layer or an in-process link left it there.
    ///
    /// # Errors
    /// UNAUTHENTICATED where nothing vouched for the request.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Refusal> {
        request.extensions().get::<Self>().cloned().ok_or_else(unauthenticated)
    }

    /// Insists on a role within a tenant. Called before anything is looked up; the first time within a call, it counts for
    /// the tenant's quota of requests.
    ///
    /// # Errors
    /// ROLE_MISSING; QUOTA_EXCEEDED.
    pub fn require(&self, role: Role, tenant: &Id) -> Result<(), Refusal> {
        if self.identity.has(role, tenant) {
            return self.turn.as_ref().map_or(Ok(()), |turn| turn.take(tenant));
        }
        Err(self.lacks(role, "this tenant"))
    }

    /// Insists on a role within every tenant, for what belongs to none of them.
    ///
    /// # Errors
    /// ROLE_MISSING.
    pub fn require_everywhere(&self, role: Role) -> Result<(), Refusal> {
        if self.identity.has_everywhere(role) { Ok(()) } else { Err(self.lacks(role, "every tenant")) }
    }

    fn lacks(&self, role: Role, whose: &str) -> Refusal {
        Refusal::new(
            Reason::RoleMissing,
            format!(
                "`{}` lacks the role `{}` for {whose}; an operator can grant it",
                self.identity.name(),
                role.as_str()
            ),
        )
        .with("role", role.as_str())
    }

    /// The name of the identity, for `updated_by` and logs.
    pub fn name(&self) -> &str {
        self.identity.name()
    }

    /// The end user this call acts for within `tenant`: one whose own token was verified for it, or one that a caller
    /// with [`Role::Voucher`] there vouches for.
    pub fn user(&self, tenant: &Id) -> Option<&str> {
        let user = self.user.as_ref()?;
        let stands = match &user.verified {
            Some(identity) => identity.has(Role::User, tenant),
            None => self.identity.has(Role::Voucher, tenant),
        };
        stands.then_some(&*user.subject)
    }
}

/// What somebody is told who shows nothing that is known here.
pub(super) fn unauthenticated() -> Refusal {
    Refusal::new(
        Reason::Unauthenticated,
        "no known token came with the call; send `authorization: Bearer …` (commands: --token-file or --data)",
    )
}
