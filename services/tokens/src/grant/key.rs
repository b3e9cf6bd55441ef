//! The key that a grant is kept under.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use runtime::names::Id;

use super::{Authentication, Grant};
use crate::release::SecretVersion;

/// A tenant, a grant and the one value of the client's secret that is used for it, as one key: the SHA-256 of all fields,
/// each with its length before it. Two grants that differ in anything have different keys. It holds no secret: a grant names
/// its secret and does not contain it.
///
/// A token that was got with one value is not had for another: where it may go was sealed in with that value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GrantKey {
    tenant: Id,
    digest: Box<str>,
    secret: SecretVersion,
}

impl GrantKey {
    pub(crate) fn new(tenant: &Id, grant: &Grant, secret: SecretVersion) -> Self {
        let mut hash = Context::new(&SHA256);
        let mut add = |text: &str| {
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        let authentication = match grant.authentication {
            Authentication::Basic => "basic",
            Authentication::Body => "body",
        };
        for text in
            ["outgate.tokens 2", tenant.as_str(), "client_credentials", &grant.token_url, &grant.client_id]
        {
            add(text);
        }
        for text in [grant.secret.as_str(), authentication, grant.audience.as_deref().unwrap_or_default()] {
            add(text);
        }
        for list in [&grant.scope, &grant.resource] {
            add(&list.len().to_string());
            list.iter().for_each(|text| add(text));
        }
        add(&secret.name);
        add(&secret.version.to_string());
        Self { tenant: tenant.clone(), digest: HEXLOWER.encode(hash.finish().as_ref()).into(), secret }
    }

    pub(crate) fn tenant(&self) -> &Id {
        &self.tenant
    }

    /// What the tokens are got with.
    pub(crate) fn secret(&self) -> &SecretVersion {
        &self.secret
    }

    /// The grant's own part, in hex.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

impl fmt::Display for GrantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.digest)
    }
}
