//! What a run would send, and what policy says to it: without the network, and without opening a secret.
//!
//! The request goes through the same guarded door as a real one, but one behind which there is nothing: no name is
//! looked up, no secret is handed out, no connection is made. So what is explained is what the door decides, and not a
//! second opinion.

use std::{io, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use egress::{
    Door, Error, ErrorKind, Policies, Reply, Resolver, SecretSource, SourceError, SourceErrorKind, Transport,
    TransportError, TransportErrorKind, Vetted,
};
use mapping::{Content, Encoder, Template, Value};
use runtime::{
    Caller, Refusal,
    names::{Id, Name},
};
use seal::Plaintext;
use url::Url;

use crate::{
    credentials::Credential,
    definition::Route,
    executor::{Call, Payload, admit, outbound},
    runs::{Prepared, Runs},
};

/// What a run would send.
pub(crate) struct Explained {
    /// The HTTP method.
    pub(crate) method: String,
    /// The URL, secrets as their names.
    pub(crate) url: String,
    /// The headers, those of the integration's authentication included.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
    /// The client certificate's name; empty without one.
    pub(crate) client_certificate: String,
    /// What policy says.
    pub(crate) decisions: Vec<Decision>,
}

/// What policy says to one side of a request.
pub(crate) struct Decision {
    /// What was looked at.
    pub(crate) subject: &'static str,
    /// Whether it may leave.
    pub(crate) allowed: bool,
    /// Why, for people.
    pub(crate) detail: String,
}

/// What the door looks at, in its order.
const SUBJECTS: [&str; 6] = ["method", "url", "endpoint", "scheme", "port", "headers"];

/// A door behind which there is nothing.
pub(crate) struct Explainer(Door);

impl Explainer {
    /// An explainer for what an operator lets out.
    pub(crate) fn new(policies: Policies) -> Self {
        Self(Door::with_transport(policies, Arc::new(Nothing), Arc::new(Nothing)))
    }

    /// Builds an adapter's request and asks what would become of it.
    ///
    /// # Errors
    /// Those of building the request.
    pub(crate) async fn run(
        &self,
        runs: &Runs,
        caller: &Caller,
        name: &Name,
        input: Value,
    ) -> Result<Explained, Refusal> {
        let tenant = runs.registers.of(&name.parent.tenant).await?;
        let adapter = runs.compiled(&tenant, name).await?;
        let Prepared { definition, call, .. } = runs.prepare(&tenant, name, adapter, input).await?;
        let route = definition.as_ref().map_or_else(Route::anywhere, |definition| definition.route.clone());
        let mut decisions = self.decide(&name.parent.tenant, &route, &call).await;
        if let Some(definition) = &definition {
            let admitted = admit(definition, caller);
            decisions.insert(0, decision("user", admitted.map_err(|refusal| refusal.message().to_owned())));
        }
        Ok(Explained {
            url: url(&call.url, &route.credential),
            headers: headers(&call.headers, &route.credential),
            body: body(&call.body),
            client_certificate: client_certificate(&route),
            method: call.method,
            decisions,
        })
    }

    /// What the door says, up to the first thing that it refuses.
    async fn decide(&self, tenant: &Id, route: &Route, call: &Call) -> Vec<Decision> {
        let Err(error) = self.0.send(outbound(tenant, route, call, route.timeout), &Nothing).await else {
            return Vec::new();
        };
        let (passed, refused) = match refused_at(&error) {
            Some(subject) => (SUBJECTS.iter().position(|known| *known == subject), Some(subject)),
            None => (None, None),
        };
        let mut decisions: Vec<_> = SUBJECTS
            .iter()
            .take(passed.unwrap_or(SUBJECTS.len()))
            .map(|subject| decision(subject, Ok(())))
            .collect();
        decisions.extend(refused.map(|subject| decision(subject, Err(error.to_string()))));
        decisions
    }
}

/// What the door refused; none where it would have let the request out, as far as can be told without a look-up.
fn refused_at(error: &Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::MethodInvalid => Some("method"),
        ErrorKind::UrlInvalid => Some("url"),
        ErrorKind::EndpointNotListed => Some("endpoint"),
        ErrorKind::SchemeRefused => Some("scheme"),
        ErrorKind::PortRefused { .. } => Some("port"),
        ErrorKind::HeaderRefused { .. } => Some("headers"),
        ErrorKind::AddressRefused => Some("address"),
        _ => None,
    }
}

fn decision(subject: &'static str, decided: Result<(), String>) -> Decision {
    match decided {
        Ok(()) => Decision { subject, allowed: true, detail: String::new() },
        Err(detail) => Decision { subject, allowed: false, detail },
    }
}

/// The URL with the injected parameters in place of those of the same name.
fn url(template: &Template, credential: &Credential) -> String {
    let injected = credential.query();
    let url = template.masked();
    if injected.is_empty() {
        return url;
    }
    let (base, query) = url.split_once('?').unwrap_or((&url, ""));
    let kept = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter(|pair| injected.iter().all(|(name, _)| pair.split('=').next() != Some(name)))
        .map(str::to_owned);
    let pairs: Vec<_> =
        kept.chain(injected.iter().map(|(name, value)| format!("{name}={}", value.masked()))).collect();
    format!("{base}?{}", pairs.join("&"))
}

fn headers(asked: &[(String, Template)], credential: &Credential) -> Vec<(String, String)> {
    let injected = credential.headers();
    // As the door has it: some servers take `_` for `-`.
    let plain = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let replaced = |name: &str| injected.iter().any(|(known, _)| plain(known) == plain(name));
    let kept = asked.iter().filter(|(name, _)| !replaced(name));
    kept.chain(&injected).map(|(name, value)| (name.clone(), value.masked())).collect()
}

fn body(payload: &Payload) -> String {
    match payload {
        Payload::None => String::new(),
        Payload::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Payload::Template(template) => template.masked(),
    }
}

fn client_certificate(route: &Route) -> String {
    let shown = |content: &Content| Template::hole(content.clone(), Encoder::Raw).masked();
    route.client_certificate.as_ref().map(shown).unwrap_or_default()
}

/// What is behind the explainer's door.
#[derive(Debug)]
struct Nothing;

#[async_trait]
impl Resolver for Nothing {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[async_trait]
impl Transport for Nothing {
    async fn send(&self, _: Vetted) -> Result<Reply, TransportError> {
        Err(TransportError::new(TransportErrorKind::Connect, "nothing is sent to explain a request"))
    }
}

#[async_trait]
impl SecretSource for Nothing {
    /// What secrets are for is the check's to say, to those who may know.
    async fn admits(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        Ok(())
    }

    async fn open(&self, content: &Content, _: &Url) -> Result<Plaintext, SourceError> {
        let name = match content {
            Content::Secret(name) | Content::Token(name) => name.as_str(),
            Content::Template(_) | Content::Digest(_) => "",
        };
        Err(SourceError::new(SourceErrorKind::Unavailable, name, "nothing is opened to explain a request"))
    }

    async fn leaving(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        Err(SourceError::new(SourceErrorKind::Unavailable, "", "nothing is sent to explain a request"))
    }
}
