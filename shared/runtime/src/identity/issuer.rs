//! Who signs tokens: its keys, fetched ahead of need, and what its tokens must say.

use std::{
    error::Error,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use serde_json::Value;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    Algorithm,
    jwt::{KeySet, Problem, Token},
};

/// How long keys are good when the issuer is silent about it, and at most: what it takes back ends within that time.
const FRESH: Duration = Duration::from_secs(300);
const FRESH_AT_LEAST: Duration = Duration::from_secs(30);
const FRESH_AT_MOST: Duration = Duration::from_secs(600);
/// How long keys count while the issuer cannot be reached.
const STALE_AT_MOST: Duration = Duration::from_secs(3600);
/// How soon a fetch that failed is tried again, first and at last.
const AGAIN: Duration = Duration::from_secs(5);
const AGAIN_AT_MOST: Duration = Duration::from_secs(60);
/// How often keys are fetched at most because a token names one that is not known.
const ASKED_AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// What is configured of an issuer.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// `iss` of its tokens, exactly.
    pub issuer: String,
    /// `aud` of its tokens: one of these must be in it.
    pub audiences: Vec<String>,
    /// What its tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// Where its keys are. None: its discovery document says.
    pub jwks_url: Option<String>,
    /// Whether its tokens may stand for callers.
    pub callers: bool,
    /// Whether its tokens may stand for end users.
    pub users: bool,
}

/// What a token is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    ForCallers,
    ForUsers,
}

/// A document that an issuer publishes.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How long it is good, where its issuer says so (`Cache-Control: max-age`).
    pub max_age: Option<Duration>,
}

/// The way to an issuer.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Fetches a document, bounded in time and size.
    ///
    /// # Errors
    /// When the issuer cannot be reached, or answers anything but the document.
    async fn get(&self, url: &str) -> Result<Document, Box<dyn Error + Send + Sync>>;
}

/// An issuer of tokens, and the keys that it is known to sign with.
pub struct Issuer {
    settings: Settings,
    documents: Box<dyn Documents>,
    held: RwLock<Option<Held>>,
    /// Held by the one who fetches; when somebody last did because of a token.
    asked: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Held {
    keys: Arc<KeySet>,
    since: Instant,
}

/// What a token proved.
pub(super) struct Verified {
    /// The name of its issuer in the configuration.
    pub(super) issuer: Arc<str>,
    /// `sub`.
    pub(super) subject: String,
    /// Everything it claims.
    pub(super) claims: Value,
    /// Issuer and subject, as logs show them.
    pub(super) name: String,
}

impl Issuer {
    /// An issuer whose keys are still to be fetched.
    pub fn new(settings: Settings, documents: Box<dyn Documents>) -> Arc<Self> {
        Arc::new(Self { settings, documents, held: RwLock::default(), asked: Mutex::default() })
    }

    /// What is configured of it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Finds the issuer of a token and has it checked.
    pub(super) async fn verify(
        issuers: &[Arc<Self>],
        token: &[u8],
        stands: Stands,
        now: SystemTime,
    ) -> Result<Verified, Problem> {
        let token = Token::parse(token)?;
        let of = token.issuer().ok_or(Problem::Issuer)?;
        let issuer = issuers.iter().find(|issuer| issuer.settings.issuer == of).ok_or(Problem::Issuer)?;
        issuer.check(token, stands, now).await
    }

    async fn check(
        self: &Arc<Self>,
        token: Token<'_>,
        stands: Stands,
        now: SystemTime,
    ) -> Result<Verified, Problem> {
        let Settings { name, audiences, algorithms, leeway, .. } = &self.settings;
        let may = match stands {
            Stands::ForCallers => self.settings.callers,
            Stands::ForUsers => self.settings.users,
        };
        if !may {
            return Err(Problem::Stands);
        }
        if !algorithms.contains(&token.algorithm) {
            return Err(Problem::Algorithm);
        }
        let checked = self.keys().map_or(Err(Problem::NoKeys), |keys| token.check_signature(&keys));
        match checked {
            Err(Problem::Key | Problem::NoKeys) => {
                self.fetch_for_a_token().await;
                self.keys().map_or(Err(Problem::NoKeys), |keys| token.check_signature(&keys))?;
            }
            checked => checked?,
        }
        let (subject, claims) = token.check_claims(audiences, *leeway, now)?;
        Ok(Verified { issuer: name.clone(), name: format!("{name}:{subject}"), subject, claims })
    }

    /// The keys, unless they are too old to be trusted.
    fn keys(&self) -> Option<Arc<KeySet>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|held| held.since.elapsed() < STALE_AT_MOST).map(|held| held.keys.clone())
    }

    /// Fetches the keys once, however many wait for it, and seldom: anybody can make up the name of a key.
    async fn fetch_for_a_token(self: &Arc<Self>) {
        let (me, before) = (self.clone(), Instant::now());
        // In a task of its own: whoever called and went away takes no fetch with them.
        let fetching = tokio::spawn(async move {
            let mut asked = me.asked.lock().await;
            let held = me.held.read().unwrap_or_else(PoisonError::into_inner).clone();
            let came = held.is_some_and(|held| held.since >= before);
            if came || asked.is_some_and(|at| at.elapsed() < ASKED_AT_MOST_EVERY) {
                return;
            }
            *asked = Some(Instant::now());
            me.fetch_and_log().await;
        });
        let _ = fetching.await;
    }

    /// Keeps the keys fresh until `end`.
    pub async fn follow(self: Arc<Self>, end: CancellationToken) {
        let mut again = AGAIN;
        loop {
            let fetched = tokio::select! {
                () = end.cancelled() => return,
                fetched = self.fetch_and_log() => fetched,
            };
            let pause = fetched.unwrap_or(again);
            again = if fetched.is_some() { AGAIN } else { (again * 2).min(AGAIN_AT_MOST) };
            tokio::select! {
                () = end.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    async fn fetch_and_log(&self) -> Option<Duration> {
        let issuer = &*self.settings.name;
        match self.fetch().await {
            Ok(fresh) => Some(fresh),
            Err(error) => {
                let error: &(dyn Error + 'static) = &*error;
                tracing::warn!(
                    issuer,
                    error,
                    "the keys of an issuer cannot be fetched; its tokens are refused once those at hand are an hour old"
                );
                None
            }
        }
    }

    /// Fetches the keys, and says how long they are fresh.
    async fn fetch(&self) -> Result<Duration, Box<dyn Error + Send + Sync>> {
        let at = match &self.settings.jwks_url {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let document = self.documents.get(&at).await?;
        let keys = KeySet::parse(&document.bytes).map_err(|error| format!("{at}: {error}"))?;
        let known = keys.len();
        let held = Held { keys: Arc::new(keys), since: Instant::now() };
        let first = self.held.write().unwrap_or_else(PoisonError::into_inner).replace(held).is_none();
        if first {
            tracing::info!(issuer = &*self.settings.name, keys = known, "the keys of an issuer came");
        }
        Ok(document.max_age.unwrap_or(FRESH).clamp(FRESH_AT_LEAST, FRESH_AT_MOST))
    }

    /// Where the keys are, by the issuer's own word (OpenID Connect Discovery 1.0, 4).
    async fn discover(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        let at = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let document = self.documents.get(&at).await?;
        let said: Value = serde_json::from_slice(&document.bytes).map_err(|_| format!("{at}: is no JSON"))?;
        if said["issuer"].as_str() != Some(&self.settings.issuer) {
            return Err(format!("{at}: is of another issuer; `issuer` must be the same to the letter").into());
        }
        said["jwks_uri"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("{at}: names no `jwks_uri`").into())
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
