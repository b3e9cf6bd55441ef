//! The key that a grant is kept under.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use runtime::names::Id;

use super::{Authentication, Grant};

/// A tenant and a grant, as one key: the SHA-256 of all fields, each with its length before it. Two grants that differ
/// in anything have different keys. It holds no secret: a grant names its secret and does not contain it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GrantKey {
    tenant: Id,
    digest: Box<str>,
}

impl GrantKey {
    pub(crate) fn new(tenant: &Id, grant: &Grant) -> Self {
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
            ["outgate.tokens 1", tenant.as_str(), "client_credentials", &grant.token_url, &grant.client_id]
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
        Self { tenant: tenant.clone(), digest: HEXLOWER.encode(hash.finish().as_ref()).into() }
    }

    pub(crate) fn tenant(&self) -> &Id {
        &self.tenant
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
