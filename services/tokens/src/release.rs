//! The client's secret, from the secrets service to the guarded door: nothing else of this crate touches it.

use async_trait::async_trait;
use egress::{SecretSource, SourceError, SourceErrorKind};
use mapping::Content;
use proto::{
    errors::v1::Reason,
    secrets::v1::{
        CheckReleaseRequest, Purpose, ReleaseSecretRequest,
        secret_release_service_client::SecretReleaseServiceClient,
    },
};
use runtime::{
    Link, Refusal,
    names::{Id, Parent},
};
use seal::Plaintext;
use url::Url;

/// The secrets of one tenant, for requests to token endpoints.
pub(crate) struct TenantSecrets<'a> {
    pub(crate) client: &'a SecretReleaseServiceClient<Link>,
    pub(crate) tenant: &'a Id,
}

impl TenantSecrets<'_> {
    /// The one kind of content that a token request has: its name, and its whole name.
    fn named<'a>(&self, content: &'a Content) -> Result<(&'a str, String), SourceError> {
        let Content::Secret(name) = content else {
            return Err(SourceError::new(
                SourceErrorKind::Unavailable,
                "",
                "a token request holds secrets alone",
            ));
        };
        let id = Id::parse("client_secret", name).map_err(|refusal| refused(name, refusal))?;
        let parent = Parent { tenant: self.tenant.clone(), unit: None };
        Ok((name, parent.child("secrets", &id)))
    }
}

#[async_trait]
impl SecretSource for TenantSecrets<'_> {
    async fn admits(&self, contents: &[Content], destination: &Url) -> Result<(), SourceError> {
        let names = contents.iter().map(|content| self.named(content).map(|(_, whole)| whole));
        let request = CheckReleaseRequest {
            names: names.collect::<Result<_, _>>()?,
            destination_url: destination.to_string(),
            purpose: Purpose::Token.into(),
        };
        let checked = self.client.clone().check_release(request).await;
        checked.map(drop).map_err(|status| {
            let refusal = Refusal::from_peer("secrets", &status);
            let name = refusal.metadata("secret").unwrap_or_default().to_owned();
            refused(&name, refusal)
        })
    }

    async fn open(&self, content: &Content, destination: &Url) -> Result<Plaintext, SourceError> {
        let (name, whole) = self.named(content)?;
        let request = ReleaseSecretRequest {
            name: whole,
            destination_url: destination.to_string(),
            purpose: Purpose::Token.into(),
            version: 0,
        };
        match self.client.clone().release_secret(request).await {
            // The message's bytes may be a view of the transport's buffer and cannot be wiped; this copy is.
            Ok(released) => Ok(Plaintext::new(released.into_inner().value.to_vec())),
            Err(status) => Err(refused(name, Refusal::from_peer("secrets", &status))),
        }
    }
}

/// The refusal itself travels on as the cause: the door's error turns back into it.
fn refused(name: &str, refusal: Refusal) -> SourceError {
    let kind = match refusal.reason() {
        Reason::SecretNotFound => SourceErrorKind::NotFound,
        Reason::SecretOutOfScope => SourceErrorKind::OutOfScope,
        Reason::SecretUnreadable => SourceErrorKind::Unreadable,
        _ => SourceErrorKind::Unavailable,
    };
    SourceError::new(kind, name, refusal.message()).with_source(refusal)
}
