//! From the contract's message to a definition, with the field named in every refusal.

use std::{sync::Arc, time::Duration};

use egress::Endpoint;
use mapping::Value;
use proto::integrations::v1 as api;
use runtime::{Refusal, names::Name};

use super::{DEFAULT_RESPONSE_BYTES, DEFAULT_TIMEOUT, Definition, Quota, Route, auth, bounds};

impl Definition {
    /// Checks and compiles a definition.
    ///
    /// # Errors
    /// FIELD_INVALID, the field under `integration`.
    pub(crate) fn parse(name: Name, message: &api::Integration) -> Result<Self, Refusal> {
        display_name(&message.display_name)?;
        let limits = message.limits.unwrap_or_default();
        let route = Route {
            integration: name.id.to_string(),
            endpoints: endpoints(&message.endpoints)?,
            credential: auth::credential(message.auth.as_ref())?,
            timeout: timeout(limits.timeout)?,
            response_bytes: response_bytes(limits.response_bytes)?,
            attempts: attempts(message.retry.unwrap_or_default())?,
            redirects: redirects(limits.redirects)?,
            client_certificate: auth::client_certificate(message.client_certificate.as_ref())?,
            trace: trace(message.trace_context)?,
        };
        Ok(Self {
            name,
            etag: message.etag.clone(),
            anonymous: anonymous(message.anonymous_access)?,
            constants: constants(&message.constants)?,
            quota: Quota { rate_per_second: limits.rate_per_second, concurrency: limits.concurrency },
            route,
        })
    }
}

fn display_name(text: &str) -> Result<(), Refusal> {
    const FIELD: &str = "integration.display_name";
    if text.chars().count() > bounds::DISPLAY_NAME {
        return Err(Refusal::field(FIELD, format!("is longer than {} characters", bounds::DISPLAY_NAME)));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::field(FIELD, "holds a control character; write it on one line"));
    }
    Ok(())
}

fn endpoints(messages: &[api::Endpoint]) -> Result<Arc<[Endpoint]>, Refusal> {
    const FIELD: &str = "integration.endpoints";
    if messages.is_empty() {
        return Err(Refusal::field(
            FIELD,
            "lists nothing, so nothing could be called; list at least one URL",
        ));
    }
    if messages.len() > bounds::ENDPOINTS {
        return Err(Refusal::field(FIELD, format!("lists more than {} endpoints", bounds::ENDPOINTS)));
    }
    messages.iter().enumerate().map(|(index, message)| endpoint(index, message)).collect()
}

fn endpoint(index: usize, message: &api::Endpoint) -> Result<Endpoint, Refusal> {
    let field = |part: &str| format!("integration.endpoints[{index}].{part}");
    if message.url.len() > bounds::TEXT {
        return Err(Refusal::field(field("url"), format!("is longer than {} bytes", bounds::TEXT)));
    }
    if message.methods.len() > bounds::METHODS || message.methods.iter().any(|method| method.len() > 32) {
        let text = format!("holds more than {} methods, or one of more than 32 bytes", bounds::METHODS);
        return Err(Refusal::field(field("methods"), text));
    }
    Endpoint::parse(&message.url, &message.methods).map_err(|error| {
        // An endpoint without its methods parses or not by its URL alone, which tells the two fields apart.
        let part = if Endpoint::parse(&message.url, &[]).is_ok() { "methods" } else { "url" };
        Refusal::field(field(part), error)
    })
}

fn constants(json: &[u8]) -> Result<Value, Refusal> {
    const FIELD: &str = "integration.constants";
    if json.is_empty() {
        return Ok(Value::object());
    }
    if json.len() > bounds::CONSTANTS {
        return Err(Refusal::field(FIELD, format!("is larger than {} KiB", bounds::CONSTANTS >> 10)));
    }
    match Value::from_json(json) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(other) => Err(Refusal::field(FIELD, format!("is {}; write a JSON object", other.kind()))),
        Err(error) => Err(Refusal::field(FIELD, format!("is no JSON: {error}"))),
    }
}

fn timeout(duration: Option<prost_types::Duration>) -> Result<Duration, Refusal> {
    const FIELD: &str = "integration.limits.timeout";
    let Some(duration) = duration else { return Ok(DEFAULT_TIMEOUT) };
    match Duration::try_from(duration) {
        Ok(timeout) if (Duration::from_millis(1)..=bounds::TIMEOUT).contains(&timeout) => Ok(timeout),
        _ => Err(Refusal::field(FIELD, "must be from 1 ms to 10 minutes")),
    }
}

fn response_bytes(bytes: u64) -> Result<usize, Refusal> {
    match bytes {
        0 => Ok(DEFAULT_RESPONSE_BYTES),
        1..=bounds::RESPONSE_BYTES => Ok(usize::try_from(bytes).unwrap_or(DEFAULT_RESPONSE_BYTES)),
        _ => Err(Refusal::field("integration.limits.response_bytes", "is more than 64 MiB")),
    }
}

fn redirects(count: u32) -> Result<u8, Refusal> {
    u8::try_from(count).ok().filter(|count| *count <= bounds::REDIRECTS).ok_or_else(|| {
        Refusal::field("integration.limits.redirects", format!("is more than {}", bounds::REDIRECTS))
    })
}

fn attempts(retry: api::Retry) -> Result<u32, Refusal> {
    match retry.attempts {
        0 | 1 => Ok(1),
        attempts if attempts <= bounds::ATTEMPTS => Ok(attempts),
        _ => Err(Refusal::field("integration.retry.attempts", format!("is more than {}", bounds::ATTEMPTS))),
    }
}

fn anonymous(value: i32) -> Result<bool, Refusal> {
    match api::AnonymousAccess::try_from(value) {
        Ok(api::AnonymousAccess::Allowed) => Ok(true),
        Ok(api::AnonymousAccess::Refused | api::AnonymousAccess::Unspecified) => Ok(false),
        Err(_) => Err(unknown("integration.anonymous_access")),
    }
}

fn trace(value: i32) -> Result<bool, Refusal> {
    match api::TraceContext::try_from(value) {
        Ok(api::TraceContext::Sent) => Ok(true),
        Ok(api::TraceContext::Withheld | api::TraceContext::Unspecified) => Ok(false),
        Err(_) => Err(unknown("integration.trace_context")),
    }
}

/// A value of an enum that this version does not know is refused: guessing could open what should be shut.
pub(super) fn unknown(field: &str) -> Refusal {
    Refusal::field(field, "is a value this version does not know")
}
