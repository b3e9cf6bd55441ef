//! The action `saveSecret`: what an answer brought goes to the secrets service, which decides and seals.
//!
//! A value is in a type that cannot be shown from the mapping on. What is refused here is refused there as well, by the copy
//! of the policy that counts; here it is known of all actions of a step before the first of them is carried out.

mod outlook;

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use egress::{Destination, Scheme, Taken};
use mapping::Tainted;
use proto::{
    errors::v1::Reason,
    secrets::v1::{Cause, SaveSecretRequest, secret_release_service_client::SecretReleaseServiceClient},
};
use runtime::{
    Link, Refusal,
    grants::Grants,
    names::{Id, Name},
    refusal,
};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tonic::Code;
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

pub(crate) use outlook::outlook;

/// The longest that the saving of one step takes with all its tries.
const LONGEST: Duration = Duration::from_secs(10);
/// The pause after the first try that failed, and how many follow.
const PAUSE: Duration = Duration::from_millis(100);
const AGAIN: usize = 4;

/// Hands values to the secrets service.
pub(crate) struct Saver {
    secrets: SecretReleaseServiceClient<Link>,
    grants: Grants,
    /// What goes on where nobody waits for it any more.
    begun: TaskTracker,
}

/// What a step saves.
pub(crate) struct Saves {
    /// The adapter.
    pub(crate) adapter: Name,
    /// The URL that answered; none where no answer came.
    pub(crate) answered: Option<Url>,
    /// The call that was answered.
    pub(crate) cause: Cause,
    /// In order.
    pub(crate) values: Vec<Save>,
}

/// One value.
pub(crate) struct Save {
    /// Its action's place in the adapter.
    pub(crate) index: usize,
    /// The secret's name, as the adapter made it.
    pub(crate) key: String,
    /// The URL whose origin it is for.
    pub(crate) url: String,
    /// The value.
    pub(crate) value: Tainted,
}

/// The request's own copy of a value, wiped once the request is gone.
struct Wiped(Tainted);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

impl Saver {
    /// By a link on which this process is a releaser.
    pub(crate) fn new(secrets: Link, grants: Grants) -> Self {
        Self { secrets: SecretReleaseServiceClient::new(secrets), grants, begun: TaskTracker::new() }
    }

    /// Saves what a step saves, in order, until one fails. It goes on where its caller goes away: the counterpart may have
    /// given a value away only once.
    ///
    /// # Errors
    /// ACTION_FAILED.
    pub(crate) async fn carry_out(&self, saves: Saves) -> Result<(), Refusal> {
        if saves.values.is_empty() {
            return Ok(());
        }
        let mut requests = Vec::with_capacity(saves.values.len());
        let Saves { adapter, answered, cause, values } = saves;
        for save in values {
            let index = save.index;
            let request = self.request(&adapter, answered.as_ref(), &cause, save);
            requests.push((index, request.map_err(|refusal| failed(&adapter, index, refusal))?));
        }
        let secrets = self.secrets.clone();
        let saving = async move {
            for (index, request) in requests {
                save(&secrets, request).await.map_err(|refusal| failed(&adapter, index, refusal))?;
            }
            Ok(())
        };
        match self.begun.spawn(saving.in_current_span()).await {
            Ok(saved) => saved,
            Err(error) => {
                Err(Refusal::new(Reason::Internal, "saving a secret failed inside the suite").because(error))
            }
        }
    }

    /// Returns when everything is saved that was begun, or cannot be in time.
    pub(crate) async fn finish(&self) {
        self.begun.close();
        if timeout(LONGEST, self.begun.wait()).await.is_err() {
            tracing::error!("secrets of answers could not be saved before the end");
        }
    }

    /// The request, if it is not known already that it would be refused.
    fn request(
        &self,
        adapter: &Name,
        answered: Option<&Url>,
        cause: &Cause,
        save: Save,
    ) -> Result<SaveSecretRequest, Refusal> {
        let Save { index: _, key, url, value } = save;
        let id = Id::parse("data.key", &key).map_err(|_| {
            Refusal::field("data.key", "is no name of a secret: 1 to 128 letters, digits, `.`, `_` and `-`")
        })?;
        let answered = answered.ok_or_else(|| {
            Refusal::field("data.value", "came with no answer, so nobody knows which origin it is of")
        })?;
        let origin = origin(&url).map_err(|problem| Refusal::field("data.url", problem))?;
        let tenant = &adapter.parent.tenant;
        if !self.grants.allow(tenant, &answered.origin().ascii_serialization(), &origin) {
            return Err(not_granted(&id, answered, &origin));
        }
        if value.len() < Taken::SHORTEST {
            let text = format!(
                "has less than {} bytes: so short a secret could not be kept out of anything",
                Taken::SHORTEST
            );
            return Err(Refusal::field("data.value", text));
        }
        Ok(SaveSecretRequest {
            name: adapter.parent.child("secrets", &id),
            value: Bytes::from_owner(Wiped(value)),
            url: origin,
            answered_url: answered.origin().ascii_serialization(),
            request_id: Uuid::new_v4().to_string(),
            cause: Some(cause.clone()),
        })
    }
}

/// The origin of a URL that a secret can be for.
fn origin(url: &str) -> Result<String, String> {
    let destination = Destination::parse(url).map_err(|problem| format!("is no URL: {problem}"))?;
    if destination.scheme() != Scheme::Https {
        return Err("must begin with `https://`: a secret travels over TLS alone".to_owned());
    }
    Ok(destination.origin().origin().ascii_serialization())
}

/// Tries as long as another try can help. Each is the same request: what one of them saved, no other saves again.
async fn save(secrets: &SecretReleaseServiceClient<Link>, request: SaveSecretRequest) -> Result<(), Refusal> {
    let once = || async {
        let saved = secrets.clone().save_secret(request.clone()).await;
        saved.map(drop).map_err(|status| Refusal::from_peer("secrets", &status))
    };
    let pauses = ExponentialBuilder::new()
        .with_min_delay(PAUSE)
        .with_max_times(AGAIN)
        .with_jitter()
        .with_jitter_seed(fastrand::u64(..));
    let tries = once.retry(pauses).when(|refusal| {
        let passes = refusal::code(refusal.reason()) == Code::Unavailable;
        passes || matches!(refusal.reason(), Reason::DeadlineExceeded | Reason::Overloaded)
    });
    let late = || Refusal::new(Reason::ServiceUnavailable, "the secrets service did not answer in time");
    timeout(LONGEST, tries).await.unwrap_or_else(|_| Err(late().with("service", "secrets")))
}

fn not_granted(id: &Id, answered: &Url, origin: &str) -> Refusal {
    let host = Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned));
    let answered = answered.origin().ascii_serialization();
    let text = format!(
        "`{answered}` answered, and nothing grants that what it answers is for `{origin}`; an operator can, under [save_secret]"
    );
    Refusal::new(Reason::ScopeNotGranted, text).with("secret", id).with("host", host.unwrap_or_default())
}

/// Names the action, and says why.
fn failed(adapter: &Name, index: usize, cause: Refusal) -> Refusal {
    let action = format!("onResponseActions[{index}]");
    let text = format!(
        "adapter `{}`: {action} (`saveSecret`) failed, after the call and the actions before it: {}",
        adapter.id,
        cause.message()
    );
    Refusal::new(Reason::ActionFailed, text)
        .with("name", crate::registers::shown(adapter))
        .with("action", action)
        .with("cause", refusal::name(cause.reason()))
        .because(cause)
}

#[cfg(test)]
mod tests;
