//! The client's secret, from the secrets service to the guarded door: nothing else of this crate touches it.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use egress::{SecretSource, SourceError, SourceErrorKind};
use mapping::Content;
use proto::{
    errors::v1::Reason,
    secrets::v1::{
        CheckReleaseRequest, CheckTokenUseRequest, CheckTokenUseResponse, Purpose, RecordUsesRequest,
        ReleaseSecretRequest, ReleaseSecretResponse, ReportUseRequest, Use,
        secret_release_service_client::SecretReleaseServiceClient,
    },
};
use runtime::{
    Link, Refusal,
    names::{Id, Parent},
};
use seal::Plaintext;
use url::Url;

/// One value of a client's secret. A token that was got with it goes where that value's own terms allow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SecretVersion {
    /// The whole name: of a business unit's private copy, or of the tenant's secret.
    pub(crate) name: String,
    /// From 1.
    pub(crate) version: u64,
}

/// That a token may be sent to a destination.
pub(crate) struct Admitted {
    /// What it is got with.
    pub(crate) secret: SecretVersion,
    /// The version that is in use beside that one; 0 where there is none.
    pub(crate) previous: u64,
    /// Whether a token endpoint needed that version since one last took the newest.
    pub(crate) previous_in_use: bool,
}

/// The secrets service.
pub(crate) struct Secrets(SecretReleaseServiceClient<Link>);

impl Secrets {
    /// By a link on which this process is a releaser.
    pub(crate) fn new(link: Link) -> Self {
        Self(SecretReleaseServiceClient::new(link))
    }

    /// Whether a token that is got with a client's secret may be sent to a destination, and with which of its values it is
    /// got. Nothing is fetched for it. `version` is the newest, or the one that is in use beside it; 0 asks for the newest.
    ///
    /// # Errors
    /// What the secrets service has against it.
    pub(crate) async fn admit(
        &self,
        owner: &Parent,
        secret: &Id,
        destination_url: &str,
        version: u64,
    ) -> Result<Admitted, Refusal> {
        let name = owner.child("secrets", secret);
        let destination_url = destination_url.to_owned();
        let request = CheckTokenUseRequest { name, destination_url, version, cause: None };
        let admitted = self.0.clone().check_token_use(request).await;
        let admitted = admitted.map_err(|status| Refusal::from_peer("secrets", &status))?.into_inner();
        let CheckTokenUseResponse { name, version, previous_version, previous_in_use } = admitted;
        let secret = SecretVersion { name, version };
        Ok(Admitted { secret, previous: previous_version, previous_in_use })
    }

    /// Says that a token endpoint took one of two values that are in use beside each other. What cannot be said is told to
    /// the log: no token fails for it.
    pub(crate) async fn report(&self, secret: &SecretVersion) {
        let SecretVersion { name, version } = secret.clone();
        if let Err(status) = self.0.clone().report_use(ReportUseRequest { name, version }).await {
            tracing::warn!(code = ?status.code(), "the use of a secret could not be reported");
        }
    }

    /// The source of a request's one secret.
    pub(crate) fn source<'a>(&'a self, secret: &'a SecretVersion) -> ClientSecret<'a> {
        ClientSecret { secrets: self, secret, released: Mutex::default() }
    }
}

/// The client's secret, for a request to its token endpoint.
pub(crate) struct ClientSecret<'a> {
    secrets: &'a Secrets,
    secret: &'a SecretVersion,
    /// What was released for the request that is being made.
    released: Mutex<Vec<Use>>,
}

impl ClientSecret<'_> {
    fn take_released(&self) -> Vec<Use> {
        std::mem::take(&mut *self.released.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The one kind of content that a token request has.
fn named(content: &Content) -> Result<&str, SourceError> {
    let Content::Secret(name) = content else {
        return Err(SourceError::new(
            SourceErrorKind::Unavailable,
            "",
            "a token request holds secrets alone",
        ));
    };
    Ok(name)
}

#[async_trait]
impl SecretSource for ClientSecret<'_> {
    async fn admits(&self, contents: &[Content], destination: &Url) -> Result<(), SourceError> {
        // What was opened for a request that did not leave was not used.
        self.take_released();
        let names = contents.iter().map(|content| named(content).map(|_| self.secret.name.clone()));
        let request = CheckReleaseRequest {
            names: names.collect::<Result<_, _>>()?,
            destination_url: destination.to_string(),
            purpose: Purpose::Token.into(),
            cause: None,
        };
        let checked = self.secrets.0.clone().check_release(request).await;
        checked.map(drop).map_err(|status| {
            let refusal = Refusal::from_peer("secrets", &status);
            let name = refusal.metadata("secret").unwrap_or_default().to_owned();
            refused(&name, refusal)
        })
    }

    async fn open(&self, content: &Content, destination: &Url) -> Result<Plaintext, SourceError> {
        let shown = named(content)?;
        let SecretVersion { name, version } = self.secret;
        let request = ReleaseSecretRequest {
            name: name.clone(),
            destination_url: destination.to_string(),
            purpose: Purpose::Token.into(),
            version: *version,
            cause: None,
        };
        let released = self.secrets.0.clone().release_secret(request.clone()).await;
        let released = released.map_err(|status| refused(shown, Refusal::from_peer("secrets", &status)))?;
        let released = released.into_inner();
        // Where a private copy went away meanwhile, the tenant's would be had in its place, whose tokens go elsewhere.
        if (&released.name, released.version) != (name, *version) {
            let text = "the secret was replaced while a token was being got with it; try again";
            let refusal = Refusal::new(Reason::SecretNotFound, text).with("secret", shown);
            return Err(refused(shown, refusal));
        }
        let ReleaseSecretResponse { value, version, name, release, .. } = released;
        let ReleaseSecretRequest { destination_url, purpose, .. } = request;
        let used = Use { name, release, version, destination_url, purpose, ..Use::default() };
        self.released.lock().unwrap_or_else(PoisonError::into_inner).push(used);
        // The message's bytes may be a view of the transport's buffer and cannot be wiped; this copy is.
        Ok(Plaintext::new(value.to_vec()))
    }

    /// A token is fetched rarely: the use is always durable before the request leaves.
    async fn leaving(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        let request = RecordUsesRequest { uses: self.take_released() };
        let recorded = self.secrets.0.clone().record_uses(request).await;
        recorded.map(drop).map_err(|status| refused("", Refusal::from_peer("secrets", &status)))
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
