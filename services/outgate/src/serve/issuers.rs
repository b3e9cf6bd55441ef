//! Issuers of tokens, and the way to their keys: each has a guarded door of its own, which lets out what it needs and nothing
//! else, and which no tenant can use.

use std::{collections::BTreeSet, error::Error, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use egress::{
    Body, Destination, Door, EgressPolicy, Endpoint, Outbound, Scheme, SecretSource, SourceError,
    SourceErrorKind, SystemResolver,
};
use mapping::{Content, Encoder, Template};
use runtime::{
    config::{self, Stands},
    identity::{Document, Documents, Issuer, Settings, check_private, read_token},
    names::Id,
};
use seal::Plaintext;
use url::Url;

use super::ServeError;

/// How long an issuer may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest document that is taken, in bytes.
const MOST: usize = 256 * 1024;
/// How far clocks may be said to differ, in seconds. Beyond it an expired token would be as good as any.
const MAX_LEEWAY: u64 = 300;

/// The issuers that the configuration names.
///
/// # Errors
/// Where a value cannot be used.
pub(super) fn read(
    issuers: &[config::Issuer],
    egress: &EgressPolicy,
    group_readable: bool,
) -> Result<Vec<Arc<Issuer>>, ServeError> {
    let (mut names, mut urls) = (BTreeSet::new(), BTreeSet::new());
    let mut read = Vec::new();
    for (at, issuer) in issuers.iter().enumerate() {
        let section = Section { key: format!("identity.issuers[{at}]"), issuer, egress, group_readable };
        if !names.insert(&issuer.name) {
            return Err(section.wrong("name", format!("`{}` is another issuer's already", issuer.name)));
        }
        if !urls.insert(&issuer.issuer) {
            return Err(section.wrong("issuer", format!("`{}` is configured already", issuer.issuer)));
        }
        read.push(section.read()?);
    }
    Ok(read)
}

/// One table of the configuration.
struct Section<'a> {
    key: String,
    issuer: &'a config::Issuer,
    egress: &'a EgressPolicy,
    group_readable: bool,
}

impl Section<'_> {
    fn read(&self) -> Result<Arc<Issuer>, ServeError> {
        let config::Issuer { name, issuer, audiences, algorithms, leeway_seconds, stands_for, .. } =
            self.issuer;
        Id::parse("name", name).map_err(|refusal| self.wrong("", refusal.to_string()))?;
        for (key, is_empty) in [
            ("issuer", issuer.is_empty()),
            ("audiences", audiences.is_empty()),
            ("algorithms", algorithms.is_empty()),
            ("stands_for", stands_for.is_empty()),
        ] {
            if is_empty {
                return Err(self.wrong(key, "is empty; name at least one"));
            }
        }
        if audiences.iter().any(String::is_empty) {
            return Err(self
                .wrong("audiences", "holds an empty audience; name what the issuer's tokens are made for"));
        }
        if *leeway_seconds > MAX_LEEWAY {
            return Err(
                self.wrong("leeway_seconds", format!("is more than {MAX_LEEWAY}; set the clocks instead"))
            );
        }
        let (key, at) = match &self.issuer.jwks_url {
            Some(url) => ("jwks_url", url),
            None => ("issuer", issuer),
        };
        let origin = Destination::parse(at).ok().filter(|url| url.scheme() == Scheme::Https);
        let origin =
            origin.ok_or_else(|| self.wrong(key, "is no https URL, and its keys are fetched there"))?;
        let settings = Settings {
            name: name.as_str().into(),
            issuer: issuer.clone(),
            audiences: audiences.clone(),
            algorithms: algorithms.clone(),
            leeway: Duration::from_secs(*leeway_seconds),
            jwks_url: self.issuer.jwks_url.clone(),
            callers: stands_for.contains(&Stands::Callers),
            users: stands_for.contains(&Stands::Users),
        };
        Ok(Issuer::new(settings, Box::new(self.documents(&origin)?)))
    }

    fn documents(&self, origin: &Destination) -> Result<Published, ServeError> {
        if let Some(file) = &self.issuer.token_file {
            check_private(file, self.group_readable)
                .map_err(|error| self.wrong("token_file", error.to_string()))?;
        }
        let token = ShownToken {
            file: self.issuer.token_file.clone(),
            group_readable: self.group_readable,
            origin: origin.origin(),
        };
        let networks = self.issuer.networks.iter().map(|text| {
            text.parse().map_err(|_| {
                self.wrong("networks", format!("`{text}` is no network; write one such as \"10.20.0.0/16\""))
            })
        });
        let mut policy = EgressPolicy {
            allow_http: false,
            refuse_echoes: false,
            networks: networks.collect::<Result<_, _>>()?,
            ..self.egress.clone()
        };
        policy.ports.push(origin.port()..=origin.port());
        policy.ca_files.extend(self.issuer.ca_file.clone());
        if self.issuer.direct {
            policy.proxy = None;
        }
        let door = Door::new(policy, Arc::new(SystemResolver))
            .map_err(|error| self.wrong("ca_file", error.to_string()))?;
        Ok(Published { door, token })
    }

    fn wrong(&self, name: &str, text: impl Into<String>) -> ServeError {
        let key = if name.is_empty() { self.key.clone() } else { format!("{}.{name}", self.key) };
        ServeError::Config { key, text: text.into() }
    }
}

/// What an issuer publishes, through its door.
struct Published {
    door: Door,
    token: ShownToken,
}

#[async_trait]
impl Documents for Published {
    async fn get(&self, url: &str) -> Result<Document, Box<dyn Error + Send + Sync>> {
        let origin = Destination::parse(url).map(|url| url.origin()).ok();
        // The token goes to the place that the operator named, and not to where that place sends us.
        let request = request(url, self.token.is_for(origin.as_ref()));
        let answer = self.door.send(request, &self.token).await?;
        if answer.status != 200 {
            return Err(format!("{url}: answers with status {}", answer.status).into());
        }
        let max_age = answer.header("cache-control").and_then(max_age);
        Ok(Document { bytes: answer.body.to_vec(), max_age })
    }
}

fn request(url: &str, with_token: bool) -> Outbound {
    let mut credentials = Vec::new();
    if with_token {
        let mut bearer = Template::text("Bearer ");
        bearer.push_hole(Content::Token(TOKEN.to_owned()), Encoder::Raw);
        credentials.push(("authorization".to_owned(), bearer));
    }
    Outbound {
        tenant: String::new(),
        integration: String::new(),
        method: "GET".to_owned(),
        url: Template::text(url),
        headers: vec![("accept".to_owned(), Template::text("application/json, application/jwk-set+json"))],
        credentials,
        query_credentials: Vec::new(),
        trace_headers: Vec::new(),
        body: Body::None,
        endpoints: [Endpoint::anywhere()].into(),
        redirects: 0,
        client_certificate: None,
        timeout: TIMEOUT,
        response_bytes: MOST,
    }
}

/// `max-age` of `Cache-Control` (RFC 9111, 5.2.2.1).
fn max_age(value: &str) -> Option<Duration> {
    let directives = value.split(',').filter_map(|directive| directive.trim().split_once('='));
    let mut ages = directives.filter(|(name, _)| name.eq_ignore_ascii_case("max-age"));
    ages.next()?.1.trim_matches('"').parse().ok().map(Duration::from_secs)
}

/// What the hole for the token is called.
const TOKEN: &str = "the token of identity.issuers";

/// The token that this process shows an issuer, if any. Its file is read for each request: it may be renewed at any time.
struct ShownToken {
    file: Option<PathBuf>,
    group_readable: bool,
    /// Where it may go.
    origin: Url,
}

impl ShownToken {
    fn is_for(&self, destination: Option<&Url>) -> bool {
        self.file.is_some() && destination == Some(&self.origin)
    }
}

#[async_trait]
impl SecretSource for ShownToken {
    async fn admits(&self, _: &[Content], destination: &Url) -> Result<(), SourceError> {
        if self.is_for(Some(destination)) {
            return Ok(());
        }
        Err(SourceError::new(SourceErrorKind::OutOfScope, TOKEN, "it is for the issuer alone"))
    }

    async fn open(&self, content: &Content, destination: &Url) -> Result<Plaintext, SourceError> {
        self.admits(std::slice::from_ref(content), destination).await?;
        let wrong = |text| SourceError::new(SourceErrorKind::Unavailable, TOKEN, text);
        let file = self.file.as_deref().ok_or_else(|| wrong("none is configured"))?;
        let token = read_token(file, self.group_readable);
        token.map(Plaintext::new).map_err(|error| wrong("its file cannot be used").with_source(error))
    }

    /// The ledger keeps the uses of tenants' secrets, and this is the operator's.
    async fn leaving(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
