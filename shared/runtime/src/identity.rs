//! Who calls, and what they may do.

use std::{collections::HashMap, fmt, sync::Arc};

use proto::errors::v1::Reason;
use ring::digest;
use serde::Deserialize;
use tonic::Request;

use crate::{Refusal, names::Id};

pub use layer::AuthLayer;
pub use token::{TokenError, check_private, create_token, read_token};

mod layer;
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

/// Who a token stands for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name that logs and `updated_by` show.
    pub name: Arc<str>,
    /// Where its roles hold.
    pub tenants: Tenants,
    /// What it may do there.
    pub roles: Arc<[Role]>,
}

impl Identity {
    fn has(&self, role: Role, tenant: &Id) -> bool {
        let here = match &self.tenants {
            Tenants::All => true,
            Tenants::One(own) => own == tenant,
        };
        here && self.roles.contains(&role)
    }
}

/// The identity behind a call, and the end user it acts for. Every handler finds one in its request.
#[derive(Clone, Debug)]
pub struct Caller {
    identity: Identity,
    user: Option<EndUser>,
}

/// An end user that a call acts for.
#[derive(Clone, Debug)]
struct EndUser {
    subject: Arc<str>,
    /// The tenant the user was verified in; none where the caller vouches, and the voucher's own tenants count.
    verified: Option<Identity>,
}

impl Caller {
    /// One of the suite's own services, calling another in the same process.
    pub fn service(name: &str) -> Self {
        let roles = [Role::Caller, Role::Releaser].into();
        Self { identity: Identity { name: name.into(), tenants: Tenants::All, roles }, user: None }
    }

    /// The caller of a request, as the authentication layer or an in-process link left it there.
    ///
    /// # Errors
    /// UNAUTHENTICATED where nothing vouched for the request.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Refusal> {
        request.extensions().get::<Self>().cloned().ok_or_else(unauthenticated)
    }

    /// Insists on a role within a tenant. Called before anything is looked up.
    ///
    /// # Errors
    /// ROLE_MISSING.
    pub fn require(&self, role: Role, tenant: &Id) -> Result<(), Refusal> {
        if self.identity.has(role, tenant) { Ok(()) } else { Err(self.lacks(role, "this tenant")) }
    }

    /// Insists on a role within every tenant, for what belongs to none of them.
    ///
    /// # Errors
    /// ROLE_MISSING.
    pub fn require_everywhere(&self, role: Role) -> Result<(), Refusal> {
        let everywhere = self.identity.tenants == Tenants::All && self.identity.roles.contains(&role);
        if everywhere { Ok(()) } else { Err(self.lacks(role, "every tenant")) }
    }

    fn lacks(&self, role: Role, whose: &str) -> Refusal {
        Refusal::new(
            Reason::RoleMissing,
            format!(
                "`{}` lacks the role `{}` for {whose}; an operator can grant it",
                self.identity.name,
                role.as_str()
            ),
        )
        .with("role", role.as_str())
    }

    /// The name of the identity, for `updated_by` and logs.
    pub fn name(&self) -> &str {
        &self.identity.name
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

/// The identities that this process knows, by the SHA-256 of their tokens: the tokens themselves are not kept.
#[derive(Clone, Default)]
pub struct Identities {
    by_digest: Arc<HashMap<[u8; 32], Identity>>,
}

impl Identities {
    /// Takes tokens and whom they stand for.
    pub fn new(tokens: impl IntoIterator<Item = (Vec<u8>, Identity)>) -> Self {
        let by_digest = tokens.into_iter().map(|(token, identity)| (sha256(&token), identity)).collect();
        Self { by_digest: Arc::new(by_digest) }
    }

    /// The identity a token stands for. The look-up compares digests, so its timing says nothing about tokens.
    fn find(&self, token: &[u8]) -> Option<&Identity> {
        self.by_digest.get(&sha256(token))
    }

    /// The caller behind a request's headers: `authorization: Bearer …`, and beside it an end user's token or name.
    ///
    /// # Errors
    /// UNAUTHENTICATED when a token is missing or unknown.
    pub fn authenticate(&self, headers: &http::HeaderMap) -> Result<Caller, Refusal> {
        let identity = bearer(headers)
            .and_then(|token| self.find(token))
            .filter(|identity| *identity.roles != [Role::User])
            .cloned()
            .ok_or_else(unauthenticated)?;
        let user = match (headers.get(USER_TOKEN_HEADER), headers.get(USER_HEADER)) {
            (Some(token), _) => {
                let user = self.find(token.as_bytes()).cloned().ok_or_else(|| {
                    Refusal::new(
                        Reason::Unauthenticated,
                        "the end user's token is not known here; let them sign in again",
                    )
                })?;
                Some(EndUser { subject: user.name.clone(), verified: Some(user) })
            }
            (None, Some(subject)) => {
                let subject = subject
                    .to_str()
                    .ok()
                    .filter(|s| !s.is_empty())
                    .ok_or_else(|| Refusal::field(USER_HEADER, "holds no visible ASCII text"))?;
                Some(EndUser { subject: subject.into(), verified: None })
            }
            (None, None) => None,
        };
        Ok(Caller { identity, user })
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_digest.values().map(|identity| &identity.name)).finish()
    }
}

fn bearer(headers: &http::HeaderMap) -> Option<&[u8]> {
    let value = headers.get(http::header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

fn unauthenticated() -> Refusal {
    Refusal::new(
        Reason::Unauthenticated,
        "no known token came with the call; send `authorization: Bearer …` (commands: --token-file or --data)",
    )
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests;
