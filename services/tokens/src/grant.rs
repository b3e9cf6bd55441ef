//! How a token is got, and the key that a grant is kept under.

mod key;

use egress::Endpoint;
use runtime::{Refusal, names::Id};

pub(crate) use key::GrantKey;

/// The longest text of one field, in bytes.
const MAX_TEXT: usize = 2048;
/// The most scopes, and the most resources.
const MAX_ITEMS: usize = 100;

/// OAuth 2.0 client credentials (RFC 6749, 4.4), parsed: everything in it can be sent as it is.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) token_url: String,
    /// Exactly the token URL, and nothing else.
    pub(crate) endpoint: Endpoint,
    /// The token URL's host, for errors.
    pub(crate) host: String,
    pub(crate) client_id: String,
    /// The name of the secret that holds the client's.
    pub(crate) secret: Id,
    pub(crate) authentication: Authentication,
    pub(crate) scope: Vec<String>,
    pub(crate) audience: Option<String>,
    pub(crate) resource: Vec<String>,
}

/// How the client proves itself (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// HTTP Basic.
    Basic,
    /// Parameters of the body.
    Body,
}

/// The fields of a grant as they came.
pub(crate) struct Parts {
    pub(crate) token_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) authentication: Authentication,
    pub(crate) scope: Vec<String>,
    pub(crate) audience: String,
    pub(crate) resource: Vec<String>,
}

impl Grant {
    /// Checks every field, so that a mistake is told by the field's name and not by a token endpoint.
    ///
    /// # Errors
    /// FIELD_INVALID. What may be a secret by mistake is not repeated.
    pub(crate) fn parse(parts: Parts) -> Result<Self, Refusal> {
        let Parts { token_url, client_id, client_secret, authentication, scope, audience, resource } = parts;
        let (token_url, endpoint, host) = parse_url(&token_url)?;
        check_text("client_id", &client_id)?;
        if client_id.is_empty() {
            return Err(field("client_id", "is missing"));
        }
        check_items(
            "scope",
            &scope,
            is_scope,
            "a scope: visible ASCII without space, `\"` and `\\`, one scope each",
        )?;
        check_text("audience", &audience)?;
        check_items("resource", &resource, is_resource, "an absolute URI without a fragment (RFC 8707, 2)")?;
        Ok(Self {
            token_url,
            endpoint,
            host,
            client_id,
            secret: parse_secret(&client_secret)?,
            authentication,
            scope,
            audience: Some(audience).filter(|audience| !audience.is_empty()),
            resource,
        })
    }
}

/// The URL as it will be sent, the endpoint that covers it and nothing else, and its host.
fn parse_url(text: &str) -> Result<(String, Endpoint, String), Refusal> {
    let refuse = |problem: &str| field("token_url", problem);
    if text.is_empty() {
        return Err(refuse("is missing"));
    }
    if text.len() > MAX_TEXT {
        return Err(refuse("is longer than 2048 bytes"));
    }
    let scheme = "https://";
    if !text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
        return Err(refuse("must begin with `https://`: a client's secret travels over TLS alone"));
    }
    if text.contains('#') {
        return Err(refuse("has a fragment; a token endpoint has none (RFC 6749, 3.2)"));
    }
    let place = text.split('?').next().unwrap_or_default();
    if place.contains('@') {
        return Err(refuse("holds a user or a password; put them into `client_id` and a secret"));
    }
    // To the guarded door a star is a pattern, and the endpoint of a grant is exactly one.
    if place.contains('*') {
        return Err(refuse("holds a `*`; it must be exactly one URL"));
    }
    let url = url::Url::parse(text).map_err(|error| refuse(&format!("is no URL: {error}")))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let rooted = if place[scheme.len()..].contains('/') { place.to_owned() } else { format!("{place}/") };
    let endpoint =
        Endpoint::parse(&rooted, &["POST".to_owned()]).map_err(|error| refuse(&error.to_string()))?;
    Ok((url.into(), endpoint, host))
}

/// The name in `{{secret:name}}`. Anything else may be the secret itself, so no error repeats it.
fn parse_secret(text: &str) -> Result<Id, Refusal> {
    let inside = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    let name = inside.and_then(|inside| inside.split_once(':')).filter(|(kind, _)| kind.trim() == "secret");
    name.and_then(|(_, name)| Id::parse("client_secret", name.trim()).ok()).ok_or_else(|| {
        field("client_secret", "must be exactly `{{secret:name}}`; put the secret first, and name it here")
    })
}

fn check_text(name: &str, text: &str) -> Result<(), Refusal> {
    if text.len() > MAX_TEXT {
        return Err(field(name, "is longer than 2048 bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err(field(name, "holds a control character"));
    }
    Ok(())
}

fn check_items(name: &str, items: &[String], fits: fn(&str) -> bool, what: &str) -> Result<(), Refusal> {
    if items.len() > MAX_ITEMS {
        return Err(field(name, "has more than 100 items"));
    }
    for (at, item) in items.iter().enumerate() {
        let place = format!("{name}[{at}]");
        check_text(&place, item)?;
        if !fits(item) {
            return Err(field(&place, &format!("is not {what}")));
        }
    }
    Ok(())
}

/// RFC 6749, 3.3: `scope-token`.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

fn is_resource(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.fragment().is_none())
}

fn field(name: &str, problem: &str) -> Refusal {
    Refusal::field(format!("grant.client_credentials.{name}"), problem)
}

#[cfg(test)]
pub(crate) mod tests;
