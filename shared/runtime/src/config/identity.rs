//! `[identity]`: who may call, and how they prove who they are.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::optional;
use crate::identity::{Algorithm, Role};

/// `[identity]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The operator's token.
    #[serde(deserialize_with = "optional")]
    pub operator_token_file: Option<PathBuf>,
    /// Those who have a token in a file.
    pub tokens: Vec<Token>,
    /// Those who sign tokens.
    pub issuers: Vec<Issuer>,
    /// What is granted to whom they sign for, and to whom certificates name.
    pub bindings: Vec<Binding>,
}

/// `[[identity.tokens]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The identity's name.
    pub name: String,
    /// Where its token is.
    pub token_file: PathBuf,
    /// The tenant its roles are for; `*` for all.
    pub tenant: String,
    /// What it may do.
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<Role>,
}

/// `[[identity.issuers]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// What bindings and logs call it.
    pub name: String,
    /// `iss` of its tokens.
    pub issuer: String,
    /// `aud` of its tokens, one of them.
    pub audiences: Vec<String>,
    /// Where its keys are; none: by discovery.
    #[serde(default, deserialize_with = "optional")]
    pub jwks_url: Option<String>,
    /// What its tokens may be signed with.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// How far clocks may differ.
    #[serde(default = "leeway")]
    pub leeway_seconds: u64,
    /// What its tokens may stand for.
    #[serde(default = "callers")]
    pub stands_for: Vec<Stands>,
    /// A certificate authority beside the public ones, in PEM.
    #[serde(default, deserialize_with = "optional")]
    pub ca_file: Option<PathBuf>,
    /// The token to show it.
    #[serde(default, deserialize_with = "optional")]
    pub token_file: Option<PathBuf>,
    /// Addresses beyond the public ones where it may be.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Whether `egress.proxy` is left aside.
    #[serde(default)]
    pub direct: bool,
}

/// What tokens may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stands {
    /// Whoever calls.
    Callers,
    /// Whoever a call is made for.
    Users,
}

/// `[[identity.bindings]]`. One of `token`, `subject`, `claim` and the certificate's keys says who is meant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Which issuer's tokens, for `subject` and `claim`.
    #[serde(default, deserialize_with = "optional")]
    pub issuer: Option<String>,
    /// `sub`, or `*` for every one.
    #[serde(default, deserialize_with = "optional")]
    pub subject: Option<String>,
    /// A claim.
    #[serde(default, deserialize_with = "optional")]
    pub claim: Option<String>,
    /// What the claim must be, or must have in it.
    #[serde(default, deserialize_with = "optional")]
    pub value: Option<String>,
    /// A URI among the names of a client certificate.
    #[serde(default, deserialize_with = "optional")]
    pub certificate_uri: Option<String>,
    /// A DNS name among them.
    #[serde(default, deserialize_with = "optional")]
    pub certificate_dns: Option<String>,
    /// The common name of its subject.
    #[serde(default, deserialize_with = "optional")]
    pub certificate_cn: Option<String>,
    /// An identity of `identity.tokens`, by its name.
    #[serde(default, deserialize_with = "optional")]
    pub token: Option<String>,
    /// Where the roles hold; `*` for every tenant.
    pub tenants: Vec<String>,
    /// What may be done there.
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<Role>,
}

/// What OpenID providers and Kubernetes sign with by default, and the shorter one.
fn algorithms() -> Vec<Algorithm> {
    vec![Algorithm::RS256, Algorithm::ES256]
}

fn leeway() -> u64 {
    60
}

fn callers() -> Vec<Stands> {
    vec![Stands::Callers]
}

fn roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    let roles = Vec::<Role>::deserialize(deserializer)?;
    if roles.contains(&Role::Releaser) {
        return Err(D::Error::custom(
            "`releaser` is for the suite's own services; they prove themselves by links.token_file or links.peers",
        ));
    }
    Ok(roles)
}
