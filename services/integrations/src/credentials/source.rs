//! Where the guarded door gets the content of holes: from the services that keep it, for this one call.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use egress::{SecretSource, SourceError, SourceErrorKind};
use mapping::Content;
use proto::{
    errors::v1::Reason,
    secrets::v1::{
        CheckReleaseRequest, CheckTokenUseRequest, Purpose, ReleaseSecretRequest,
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

use super::Grant;

/// The services that hand out secrets and tokens.
#[derive(Clone)]
pub(crate) struct Sources {
    secrets: SecretReleaseServiceClient<Link>,
    tokens: TokenServiceClient<Link>,
}

impl Sources {
    /// By links on which this process is a releaser.
    pub(crate) fn new(secrets: Link, tokens: Link) -> Self {
        Self { secrets: SecretReleaseServiceClient::new(secrets), tokens: TokenServiceClient::new(tokens) }
    }

    /// The source of one call, made for a tenant or for a business unit, whose private copies come first.
    pub(crate) fn of<'a>(&'a self, owner: Parent, grant: Option<&'a Grant>) -> Source<'a> {
        Source { sources: self, owner, grant, sent: Mutex::default() }
    }
}

/// The content of one call's holes.
pub(crate) struct Source<'a> {
    sources: &'a Sources,
    owner: Parent,
    grant: Option<&'a Grant>,
    /// Which token went out last.
    sent: Mutex<Option<Sent>>,
}

/// What names a token to the service that got it.
struct Sent {
    generation: u64,
    secret: String,
    secret_version: u64,
}

impl Source<'_> {
    /// Tells the tokens service that the counterpart did not accept the token that went out. Answers whether another
    /// one can be had: false where no token went out, or where the service cannot be told.
    pub(crate) async fn rejected(&self) -> bool {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((grant, sent)) = self.grant.zip(sent) else { return false };
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
            let request = CheckReleaseRequest { names, destination_url, purpose };
            let checked = self.sources.secrets.clone().check_release(request).await;
            checked.map_err(|status| Refusal::from_peer("secrets", &status))?;
        }
        if contents.iter().any(|content| matches!(content, Content::Token(_))) {
            let (name, destination_url) = (self.name(&self.grant()?.secret)?, destination.to_string());
            let request = CheckTokenUseRequest { name, destination_url, version: 0 };
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
        let request = ReleaseSecretRequest {
            name: self.name(name)?,
            destination_url: destination.to_string(),
            purpose: Purpose::Call.into(),
            version: 0,
        };
        let released = self.sources.secrets.clone().release_secret(request).await;
        let released = released.map_err(|status| Refusal::from_peer("secrets", &status))?.into_inner();
        Ok(Plaintext::new(released.value.into()))
    }

    async fn token(&self, destination: &Url) -> Result<Plaintext, Refusal> {
        let request = GetTokenRequest {
            parent: self.owner.to_string(),
            grant: Some(self.grant()?.message.clone()),
            destination_url: destination.to_string(),
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
        let sent = Sent { generation, secret, secret_version };
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(sent);
        Ok(Plaintext::new(access_token.into()))
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
