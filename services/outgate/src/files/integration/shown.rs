//! A kept integration in the words of a file, for the difference that `apply` shows.

use std::time::Duration;

use mapping::{Object, Value};
use proto::{
    integrations::v1::{AnonymousAccess, Auth, Integration, TraceContext, api_key::Place, auth::Kind},
    tokens::v1::{ClientAuthentication, ClientCredentials},
};

use crate::files::quantity::{size, time};

/// What holds where a definition says nothing (see `outgate.integrations.v1`).
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// See [`DEFAULT_TIMEOUT`].
const DEFAULT_RESPONSE: u64 = 10 << 20;

/// The definition with its defaults written out, so that two which mean the same look the same.
pub(crate) fn shown(integration: &Integration) -> Value {
    let mut out = Object::default();
    out.insert("displayName", integration.display_name.as_str());
    out.insert("anonymousAccess", integration.anonymous_access() == AnonymousAccess::Allowed);
    out.insert("endpoints", endpoints(integration));
    if !integration.constants.is_empty() {
        out.insert("constants", Value::from_json(&integration.constants).unwrap_or_default());
    }
    if let Some(kind) = integration.auth.as_ref().and_then(|Auth { kind }| kind.as_ref()) {
        out.insert("auth", auth(kind));
    }
    if let Some(certificate) = &integration.client_certificate {
        let identity = certificate.identity.as_str().into();
        out.insert("clientCertificate", Value::from([("identity", identity)]));
    }
    out.insert("limits", limits(integration));
    let attempts = integration.retry.as_ref().map_or(1, |retry| retry.attempts.max(1));
    out.insert("retry", Value::from([("attempts", u64::from(attempts).into())]));
    let sent = integration.trace_context() == TraceContext::Sent;
    out.insert("traceContext", if sent { "sent" } else { "withheld" });
    out.into()
}

fn endpoints(integration: &Integration) -> Value {
    let endpoints = integration.endpoints.iter().map(|endpoint| {
        let mut out = Object::default();
        out.insert("url", endpoint.url.as_str());
        if !endpoint.methods.is_empty() {
            out.insert("methods", texts(&endpoint.methods));
        }
        Value::from(out)
    });
    Value::Array(endpoints.collect())
}

fn limits(integration: &Integration) -> Value {
    let limits = integration.limits.unwrap_or_default();
    let timeout = limits
        .timeout
        .and_then(|timeout| Duration::try_from(timeout).ok())
        .filter(|timeout| !timeout.is_zero());
    let bytes = if limits.response_bytes == 0 { DEFAULT_RESPONSE } else { limits.response_bytes };
    Value::from([
        ("timeout", time(timeout.unwrap_or(DEFAULT_TIMEOUT)).into()),
        ("responseBytes", size(bytes).into()),
        ("ratePerSecond", u64::from(limits.rate_per_second).into()),
        ("concurrency", u64::from(limits.concurrency).into()),
        ("redirects", u64::from(limits.redirects).into()),
    ])
}

fn auth(kind: &Kind) -> Value {
    match kind {
        Kind::Bearer(bearer) => {
            Value::from([("bearer", Value::from([("token", bearer.token.as_str().into())]))])
        }
        Kind::Basic(basic) => Value::from([(
            "basic",
            Value::from([
                ("username", basic.username.as_str().into()),
                ("password", basic.password.as_str().into()),
            ]),
        )]),
        Kind::ApiKey(key) => {
            let (place, name) = match &key.place {
                Some(Place::Query(name)) => ("query", name.as_str()),
                Some(Place::Header(name)) => ("header", name.as_str()),
                None => ("header", ""),
            };
            Value::from([(
                "apiKey",
                Value::from([(place, name.into()), ("value", key.value.as_str().into())]),
            )])
        }
        Kind::ClientCredentials(grant) => Value::from([("clientCredentials", client_credentials(grant))]),
    }
}

fn client_credentials(grant: &ClientCredentials) -> Value {
    let body = grant.client_authentication() == ClientAuthentication::Body;
    let mut out = Object::default();
    out.insert("tokenUrl", grant.token_url.as_str());
    out.insert("clientId", grant.client_id.as_str());
    out.insert("clientSecret", grant.client_secret.as_str());
    out.insert("clientAuthentication", if body { "body" } else { "basic" });
    if !grant.scope.is_empty() {
        out.insert("scope", texts(&grant.scope));
    }
    if !grant.audience.is_empty() {
        out.insert("audience", grant.audience.as_str());
    }
    if !grant.resource.is_empty() {
        out.insert("resource", texts(&grant.resource));
    }
    out.into()
}

fn texts(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|text| Value::from(text.as_str())).collect())
}
