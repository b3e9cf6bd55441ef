//! Which verified tokens and certificates are given which roles.

use std::sync::Arc;

use serde_json::Value;

use super::{Grant, Peer, issuer::Verified};

/// Roles for whoever is matched.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Who.
    pub matches: Match,
    /// What they may do, and where.
    pub grants: Arc<[Grant]>,
    /// Whether they are the suite's own services.
    pub of_the_suite: bool,
}

/// Who a binding is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Subjects of an issuer, by its name in the configuration.
    Subject {
        /// The issuer's name.
        issuer: Arc<str>,
        /// Which of its subjects.
        subjects: Subjects,
    },
    /// Tokens of an issuer that hold a claim.
    Claim {
        /// The issuer's name.
        issuer: Arc<str>,
        /// A member of the token; one that begins with `/` is a JSON pointer (RFC 6901).
        claim: String,
        /// What it must be, or what must be in it where it is an array.
        value: String,
    },
    /// A URI among the alternative names of a client certificate, such as a SPIFFE ID; compared as it is.
    CertificateUri(String),
    /// A DNS name among them; compared without regard to case.
    CertificateDns(String),
    /// The common name of a certificate's subject.
    CertificateCommonName(String),
}

/// Subjects of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subjects {
    /// Every one.
    All,
    /// The one whose `sub` is this.
    One(String),
}

impl Match {
    /// Whether a verified token is meant.
    pub(super) fn token(&self, verified: &Verified) -> bool {
        match self {
            Self::Subject { issuer, subjects } => {
                *issuer == verified.issuer
                    && match subjects {
                        Subjects::All => true,
                        Subjects::One(subject) => *subject == verified.subject,
                    }
            }
            Self::Claim { issuer, claim, value } => {
                let found = if claim.starts_with('/') {
                    verified.claims.pointer(claim)
                } else {
                    verified.claims.get(claim)
                };
                *issuer == verified.issuer && found.is_some_and(|found| holds(found, value))
            }
            Self::CertificateUri(_) | Self::CertificateDns(_) | Self::CertificateCommonName(_) => false,
        }
    }

    /// The name in a verified certificate that is meant.
    pub(super) fn certificate<'a>(&self, peer: &'a Peer) -> Option<&'a str> {
        match self {
            Self::CertificateUri(uri) => peer.uris().find(|presented| presented == uri),
            Self::CertificateDns(name) => {
                peer.dns_names().find(|presented| presented.eq_ignore_ascii_case(name))
            }
            Self::CertificateCommonName(name) => peer.common_name().filter(|presented| presented == name),
            Self::Subject { .. } | Self::Claim { .. } => None,
        }
    }
}

fn holds(found: &Value, wanted: &str) -> bool {
    match found {
        Value::String(text) => text == wanted,
        Value::Array(items) => items.iter().any(|item| item.as_str() == Some(wanted)),
        _ => false,
    }
}

/// What all bindings give together that `meets` finds.
pub(super) fn granted(bindings: &[Binding], meets: impl Fn(&Match) -> bool) -> Vec<Grant> {
    let met = bindings.iter().filter(|binding| meets(&binding.matches));
    met.flat_map(|binding| binding.grants.iter().cloned()).collect()
}
