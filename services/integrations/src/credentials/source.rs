//! Where the guarded door gets the content of holes: from the services that keep it, for this one call.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use egress::{SecretSource, SourceError, SourceErrorKind};
use mapping::Content;
use proto::{
    errors::v1::Reason,
    secrets::v1::{
        Cause, CheckReleaseRequest, CheckTokenUseRequest, Purpose, ReleaseSecretRequest,
        ReleaseSecretResponse, ReportUseRequest, Use,
        secret_release_service_client::SecretReleaseServiceClient,
    },
    tokens::v1::{GetTokenRequest, InvalidateTokenRequest, Token, token_service_client::TokenServiceClient},
};
use runtime::{
    Link, Refusal,
    names::{Id, Parent},
};
use seal::Plaintext;
use url::Url;

use super::{
    Grant,
    uses::{Strict, Uses},
};

/// The services that hand out secrets and tokens.
pub(crate) struct Sources {
    secrets: SecretReleaseServiceClient<Link>,
    tokens: TokenServiceClient<Link>,
    uses: Uses,
}

impl Sources {
    /// By links on which this process is a releaser. Called inside a tokio runtime.
    pub(crate) fn new(secrets: Link, tokens: Link, strict: Strict) -> Self {
        let secrets = SecretReleaseServiceClient::new(secrets);
        let uses = Uses::start(secrets.clone(), strict);
        Self { secrets, tokens: TokenServiceClient::new(tokens), uses }
    }

    /// The source of one call with all its tries, made for a tenant or for a business unit, whose private copies come first.
    pub(crate) fn of<'a>(&'a self, owner: Parent, grant: Option<&'a Grant>, cause: &'a Cause) -> Source<'a> {
        Source {
            sources: self,
            owner,
            grant,
            cause,
            opened: Mutex::default(),
            sent: Mutex::default(),
            overlaps: Mutex::default(),
        }
    }

    /// Returns when every use that was handed over is in the audit ledger, or cannot be written there in time.
    pub(crate) async fn finish(&self) {
        self.uses.finish().await;
    }
}

/// The content of one call's holes.
pub(crate) struct Source<'a> {
    sources: &'a Sources,
    owner: Parent,
    grant: Option<&'a Grant>,
    /// What the audit ledger is told of the call.
    cause: &'a Cause,
    /// What was opened for the request that is being made.
    opened: Mutex<Vec<Use>>,
    /// Which token went out last.
    sent: Mutex<Option<Sent>>,
    /// The secrets of which two values are in use.
    overlaps: Mutex<Vec<Overlap>>,
}

/// A secret with two values in use, of which one is tried at a time.
struct Overlap {
    /// Its name in the request.
    secret: String,
    /// Its whole name.
    name: String,
    newest: u64,
    previous: u64,
    /// Whether some counterpart needed the previous one lately.
    in_use: bool,
    /// Whether the previous one is tried.
    falls_back: bool,
}

/// What names a token to the service that got it.
struct Sent {
    generation: u64,
    secret: String,
    secret_version: u64,
}

impl Source<'_> {
    /// Hears that the counterpart did not accept the credentials that went out. Answers whether others can be had: another
    /// token, or the value that a secret had before and that is still in use beside the newest. False where neither went
    /// out, or where the tokens service cannot be told.
    pub(crate) async fn rejected(&self) -> bool {
        let sent = lock(&self.sent).take();
        let Some((grant, sent)) = self.grant.zip(sent) else { return self.fall_back() };
        let Sent { generation, secret, secret_version } = sent;
        let request = InvalidateTokenRequest {
            parent: format!("tenants/{}", self.owner.tenant),
            grant: Some(grant.message.clone()),
            generation,
            secret,
            secret_version,
        };
        match self.sources.tokens.clone().invalidate_token(request).await {
            Ok(_) => true,
            Err(status) => {
                tracing::warn!(code = ?status.code(), "a token that was not accepted could not be invalidated");
                false
            }
        }
    }

    /// From now on the previous values of secrets are used. Answers whether there are any.
    fn fall_back(&self) -> bool {
        let mut overlaps = lock(&self.overlaps);
        overlaps.iter_mut().for_each(|overlap| overlap.falls_back = true);
        !overlaps.is_empty()
    }

    /// Hears that the counterpart accepted the credentials that went out. Where a secret has two values in use, the secrets
    /// service is told which one it was, if that is news. What cannot be told is logged: no call fails for it.
    pub(crate) async fn accepted(&self) {
        let overlaps = mem::take(&mut *lock(&self.overlaps));
        for Overlap { name, newest, previous, in_use, falls_back, .. } in overlaps {
            let version = if falls_back { previous } else { newest };
            if !falls_back && !in_use {
                continue;
            }
            let request = ReportUseRequest { name, version };
            if let Err(status) = self.sources.secrets.clone().report_use(request).await {
                tracing::warn!(code = ?status.code(), "the use of a secret could not be reported");
            }
        }
    }

    /// Whether the secrets and the token among these may be sent to a destination. Nothing is fetched for the token: where it
    /// may go is sealed in with the client's secret.
    async fn check(&self, contents: &[Content], destination: &Url) -> Result<(), Refusal> {
        let secrets = contents.iter().filter_map(|content| match content {
            Content::Secret(name) => Some(self.name(name)),
            Content::Token(_) | Content::Template(_) | Content::Digest(_) => None,
        });
        let names = secrets.collect::<Result<Vec<_>, _>>()?;
        if !names.is_empty() {
            let (destination_url, purpose) = (destination.to_string(), Purpose::Call.into());
            let cause = Some(self.cause.clone());
            let request = CheckReleaseRequest { names, destination_url, purpose, cause };
            let checked = self.sources.secrets.clone().check_release(request).await;
            checked.map_err(|status| Refusal::from_peer("secrets", &status))?;
        }
        if contents.iter().any(|content| matches!(content, Content::Token(_))) {
            let (name, destination_url) = (self.name(&self.grant()?.secret)?, destination.to_string());
            let cause = Some(self.cause.clone());
            let request = CheckTokenUseRequest { name, destination_url, version: 0, cause };
            let checked = self.sources.secrets.clone().check_token_use(request).await;
            checked.map_err(|status| Refusal::from_peer("secrets", &status))?;
        }
        Ok(())
    }

    fn grant(&self) -> Result<&Grant, Refusal> {
        let text = "a request asks for a token that its integration has no grant for";
        self.grant.ok_or_else(|| Refusal::new(Reason::Internal, text))
    }

    async fn secret(&self, name: &str, destination: &Url) -> Result<Plaintext, Refusal> {
        let version = {
            let overlaps = lock(&self.overlaps);
            let known = overlaps.iter().find(|overlap| overlap.falls_back && overlap.secret == name);
            known.map_or(0, |overlap| overlap.previous)
        };
        let request = ReleaseSecretRequest {
            name: self.name(name)?,
            destination_url: destination.to_string(),
            purpose: Purpose::Call.into(),
            version,
            cause: Some(self.cause.clone()),
        };
        let released = self.sources.secrets.clone().release_secret(request.clone()).await;
        let released = released.map_err(|status| Refusal::from_peer("secrets", &status))?.into_inner();
        let ReleaseSecretResponse { value, version, previous_version, name: whole, previous_in_use, release } =
            released;
        let ReleaseSecretRequest { name: _, destination_url, purpose, version: _, cause: _ } = request;
        self.note(Use { name: whole.clone(), release, version, destination_url, purpose, ..Use::default() });
        if previous_version > 0 {
            let overlap = Overlap {
                secret: name.to_owned(),
                name: whole,
                newest: version,
                previous: previous_version,
                in_use: previous_in_use,
                falls_back: false,
            };
            let mut overlaps = lock(&self.overlaps);
            overlaps.retain(|overlap| overlap.secret != name);
            overlaps.push(overlap);
        }
        Ok(Plaintext::new(value.into()))
    }

    async fn token(&self, destination: &Url) -> Result<Plaintext, Refusal> {
        let destination_url = destination.to_string();
        let request = GetTokenRequest {
            parent: self.owner.to_string(),
            grant: Some(self.grant()?.message.clone()),
            destination_url: destination_url.clone(),
        };
        let token = self.sources.tokens.clone().get_token(request).await;
        let token = token.map_err(|status| Refusal::from_peer("tokens", &status))?.into_inner();
        let Token { access_token, token_type, expire_time: _, generation, secret, secret_version } = token;
        // RFC 6749, 7.1: a token of a type that is not understood must not be used. Some servers spell the type
        // `BearerToken`.
        let kind = token_type.get(..6).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::new(
                Reason::TokenUnavailable,
                "the token endpoint gave a token that is no bearer token; ask its provider for bearer tokens",
            ));
        }
        self.note(Use {
            name: secret.clone(),
            version: secret_version,
            token_generation: generation,
            destination_url,
            purpose: Purpose::Call.into(),
            cause: Some(self.cause.clone()),
            ..Use::default()
        });
        let sent = Sent { generation, secret, secret_version };
        *lock(&self.sent) = Some(sent);
        Ok(Plaintext::new(access_token.into()))
    }

    fn note(&self, opened: Use) {
        lock(&self.opened).push(opened);
    }

    /// What was opened since the last time.
    fn opened(&self) -> Vec<Use> {
        mem::take(&mut *lock(&self.opened))
    }

    /// The whole name of one of the owner's secrets.
    fn name(&self, secret: &str) -> Result<String, Refusal> {
        let id = Id::parse("secret", secret).map_err(|_| {
            let shown = secret.escape_debug();
            Refusal::new(Reason::SecretNotFound, format!("`{shown}` is no name of a secret"))
                .with("secret", shown)
        })?;
        Ok(self.owner.child("secrets", &id))
    }
}

#[async_trait]
impl SecretSource for Source<'_> {
    async fn admits(&self, contents: &[Content], destination: &Url) -> Result<(), SourceError> {
        // What was opened for a request that did not leave was not used.
        self.opened();
        self.sources.uses.ready().map_err(|refusal| refused("", refusal))?;
        self.check(contents, destination).await.map_err(|refusal| {
            let name = refusal.metadata("secret").unwrap_or_default().to_owned();
            refused(&name, refusal)
        })
    }

    async fn open(&self, content: &Content, destination: &Url) -> Result<Plaintext, SourceError> {
        let (name, opened) = match content {
            Content::Secret(name) => (name.as_str(), self.secret(name, destination).await),
            Content::Token(name) => (name.as_str(), self.token(destination).await),
            Content::Template(_) | Content::Digest(_) => {
                ("", Err(Refusal::new(Reason::Internal, "what is made of secrets is no content to open")))
            }
        };
        opened.map_err(|refusal| refused(name, refusal))
    }

    async fn leaving(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        let handed_over = self.sources.uses.leaving(&self.owner.tenant, self.opened()).await;
        handed_over.map_err(|refusal| refused("", refusal))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic leaves the content half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The refusal goes along: it is what the caller is told.
fn refused(name: &str, refusal: Refusal) -> SourceError {
    SourceError::new(kind(refusal.reason()), name, refusal.message()).with_source(refusal)
}

/// The door's own word for a refusal.
fn kind(reason: Reason) -> SourceErrorKind {
    match reason {
        Reason::SecretNotFound => SourceErrorKind::NotFound,
        Reason::SecretOutOfScope => SourceErrorKind::OutOfScope,
        Reason::SecretUnreadable => SourceErrorKind::Unreadable,
        Reason::TokenRefused => SourceErrorKind::TokenRefused,
        Reason::TokenUnavailable => SourceErrorKind::TokenUnavailable,
        _ => SourceErrorKind::Unavailable,
    }
}
