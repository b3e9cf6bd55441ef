//! Everybody that a listener knows, and how they prove who they are.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use http::{HeaderMap, header::AUTHORIZATION};
use proto::errors::v1::Reason;
use ring::digest;

use super::{
    Binding, Caller, Identity, Issuer, Peer, USER_HEADER, USER_TOKEN_HEADER,
    binding::granted,
    caller::{EndUser, unauthenticated},
    issuer::{Stands, Verified},
    jwt::{MAX_TOKEN, Problem},
};
use crate::{Refusal, quota::Meter};

/// The longest name of an end user that a caller vouches for, in bytes; as long as a `sub` may be (OpenID Connect Core, 2).
const MAX_USER: usize = 255;

/// The identities that a listener knows: by tokens of its own, by tokens that issuers signed, and by client certificates.
/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Identities(Arc<Known>);

#[derive(Default)]
struct Known {
    /// By the SHA-256 of their tokens: the tokens themselves are not kept.
    by_digest: RwLock<HashMap<[u8; 32], Identity>>,
    issuers: Vec<Arc<Issuer>>,
    bindings: Vec<Binding>,
    meter: Option<Arc<Meter>>,
}

impl Identities {
    /// Takes tokens and whom they stand for.
    pub fn new(tokens: impl IntoIterator<Item = (Vec<u8>, Identity)>) -> Self {
        let identities = Self::default();
        identities.replace(tokens);
        identities
    }

    /// Those who show a token of one of these issuers, or a client certificate, and are bound to roles, beside those who have
    /// tokens; `meter` counts their calls for the quotas of tenants.
    #[must_use]
    pub fn and(self, issuers: Vec<Arc<Issuer>>, bindings: Vec<Binding>, meter: Option<Arc<Meter>>) -> Self {
        let by_digest = RwLock::new(self.0.read().clone());
        Self(Arc::new(Known { by_digest, issuers, bindings, meter }))
    }

    /// Takes other tokens in place of those that were known.
    pub fn replace(&self, tokens: impl IntoIterator<Item = (Vec<u8>, Identity)>) {
        let by_digest = tokens.into_iter().map(|(token, identity)| (sha256(&token), identity)).collect();
        *self.0.by_digest.write().unwrap_or_else(PoisonError::into_inner) = by_digest;
    }

    /// The issuers, whose keys somebody has to fetch.
    pub fn issuers(&self) -> &[Arc<Issuer>] {
        &self.0.issuers
    }

    /// The caller behind a request: by `authorization: Bearer …`, else by the client certificate of its connection, which
    /// TLS has verified. Beside it there may be an end user's token or name.
    ///
    /// A token decides who calls also where a certificate is shown; one that is not good is refused whatever the
    /// certificate.
    ///
    /// # Errors
    /// UNAUTHENTICATED, with what to do about it. The token is not in the text.
    pub async fn authenticate(&self, headers: &HeaderMap, peer: Option<&Peer>) -> Result<Caller, Refusal> {
        let identity = match (headers.get(AUTHORIZATION), peer) {
            (Some(value), _) => {
                let token = bearer(value.as_bytes()).ok_or_else(unauthenticated)?;
                self.by_token(token, "the token", Stands::ForCallers).await?
            }
            (None, Some(peer)) => self.by_certificate(peer)?,
            (None, None) => return Err(unauthenticated()),
        };
        if identity.is_end_user() {
            return Err(refused(
                "an end user's token calls nothing by itself; send it as `outgate-user-token`, beside the caller's own",
            ));
        }
        let caller = Caller::known(identity).acting_for(self.user(headers).await?);
        Ok(match &self.0.meter {
            Some(meter) => caller.counted(meter.turn()),
            None => caller,
        })
    }

    async fn user(&self, headers: &HeaderMap) -> Result<Option<EndUser>, Refusal> {
        match (headers.get(USER_TOKEN_HEADER), headers.get(USER_HEADER)) {
            (Some(token), _) => {
                let user = self.by_token(token.as_bytes(), "the end user's token", Stands::ForUsers).await?;
                Ok(Some(EndUser { subject: user.name.clone(), verified: Some(user) }))
            }
            (None, Some(subject)) => {
                let subject = subject.to_str().ok().filter(|s| (1..=MAX_USER).contains(&s.len()));
                let subject = subject.ok_or_else(|| {
                    Refusal::field(USER_HEADER, format!("holds no 1 to {MAX_USER} visible ASCII characters"))
                })?;
                Ok(Some(EndUser { subject: subject.into(), verified: None }))
            }
            (None, None) => Ok(None),
        }
    }

    /// Whom a token stands for. A look-up compares digests, so its timing says nothing about tokens.
    async fn by_token(&self, token: &[u8], what: &str, stands: Stands) -> Result<Identity, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(refused(format!("{what} {}", Problem::TooLong)));
        }
        let known = self.0.read().get(&sha256(token)).cloned();
        if let Some(identity) = known {
            return Ok(identity);
        }
        if self.0.issuers.is_empty() {
            return Err(unknown(what, stands));
        }
        let verified = Issuer::verify(&self.0.issuers, token, stands, SystemTime::now()).await;
        let verified = verified.map_err(|problem| match problem {
            Problem::NoJwt => unknown(what, stands),
            problem => refused(format!("{what} {problem}")),
        })?;
        let Verified { name, .. } = &verified;
        let grants = granted(&self.0.bindings, |matches| matches.token(&verified));
        if grants.is_empty() {
            return Err(refused(format!(
                "{what} is good, and `{name}` is bound to no role here; an operator can do so under [[identity.bindings]]"
            )));
        }
        Ok(Identity::new(name.as_str(), grants))
    }

    /// Whom a verified client certificate stands for.
    fn by_certificate(&self, peer: &Peer) -> Result<Identity, Refusal> {
        let bound = self.0.bindings.iter().find_map(|binding| binding.matches.certificate(peer));
        let Some(name) = bound else {
            return Err(refused(
                "no token came with the call, and the client certificate is bound to no role here; send a token, or have an \
                 operator bind a name of the certificate under [[identity.bindings]]",
            ));
        };
        let grants = granted(&self.0.bindings, |matches| matches.certificate(peer).is_some());
        let identity = Identity::new(name, grants);
        let of_the_suite =
            |binding: &Binding| binding.of_the_suite && binding.matches.certificate(peer).is_some();
        Ok(if self.0.bindings.iter().any(of_the_suite) { identity.of_the_suite() } else { identity })
    }
}

impl Known {
    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<[u8; 32], Identity>> {
        self.by_digest.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.read().values().map(Identity::name)).finish()
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

fn unknown(what: &str, stands: Stands) -> Refusal {
    match stands {
        Stands::ForCallers => unauthenticated(),
        Stands::ForUsers => refused(format!("{what} is not known here; let them sign in again")),
    }
}

fn refused(text: impl Into<String>) -> Refusal {
    Refusal::new(Reason::Unauthenticated, text)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}
