//! What came of a call, as mappings see it: `meta` and `response`.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use mapping::{Adapter, Answer, Object, Value};
use runtime::Refusal;

use crate::executor::Outcome;

/// How a call went.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    /// Whether the status was 400 or above, or the call failed.
    pub(crate) error: bool,
    /// Empty without an error; else the status text, or what failed.
    pub(crate) message: String,
    /// The counterpart's status; 0 where none came.
    pub(crate) status: u16,
    /// How often the request left.
    pub(crate) attempts: u32,
    /// How long the call took with all its tries.
    pub(crate) duration: Duration,
}

/// Reads an outcome as the adapter asks for it. A call without an answer has a response of null.
///
/// `meta` holds, besides what [`Meta`] has, `headers` (names in lower case; several of one name joined by a comma, as
/// RFC 9110, 5.2 has it) and, where the counterpart named it, `contentType`.
pub(super) fn read(outcome: Outcome, adapter: &Adapter) -> (Meta, Answer) {
    let Outcome { answer, attempts, duration, cause: _ } = outcome;
    match answer {
        Err(failure) => {
            let message = Refusal::from(failure).message().to_owned();
            let meta = Meta { error: true, message, status: 0, attempts, duration };
            let answer = Answer { meta: value(&meta, &[]), response: Value::Null };
            (meta, answer)
        }
        Ok(answer) => {
            let (response, broken) = response(adapter, answer.header("content-type"), &answer.body);
            let status = answer.status;
            let message = if status >= 400 { status_text(status) } else { broken.unwrap_or_default() };
            let meta =
                Meta { error: status >= 400 || !message.is_empty(), message, status, attempts, duration };
            let answer = Answer { meta: value(&meta, &answer.headers), response };
            (meta, answer)
        }
    }
}

/// The body as a value, and what is wrong with it where it is not what its content type says: then it is handed on as
/// text, since many servers send their errors so.
fn response(adapter: &Adapter, content_type: Option<&str>, body: &Bytes) -> (Value, Option<String>) {
    if body.is_empty() {
        return (Value::Null, None);
    }
    match adapter.read(content_type, body) {
        Ok(value) => (value, None),
        Err(error) => (String::from_utf8_lossy(body).into_owned().into(), Some(error.to_string())),
    }
}

/// `Internal Server Error`; for a status without a name of its own, the number.
fn status_text(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.map_or_else(|| format!("Status {status}"), str::to_owned)
}

fn value(meta: &Meta, headers: &[(String, Bytes)]) -> Value {
    let millis = u64::try_from(meta.duration.as_millis()).unwrap_or(u64::MAX);
    let mut object = Object::with_capacity(7);
    object.insert("error", meta.error);
    object.insert("message", meta.message.as_str());
    object.insert("status", u64::from(meta.status));
    object.insert("attempts", u64::from(meta.attempts));
    object.insert("durationMs", millis);
    if !headers.is_empty() {
        let headers = joined(headers);
        if let Some(content_type) = headers.get("content-type").cloned() {
            object.insert("contentType", content_type);
        }
        object.insert("headers", headers);
    }
    object.into()
}

fn joined(headers: &[(String, Bytes)]) -> Object {
    let mut joined = Object::with_capacity(headers.len());
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value);
        match joined.get_mut(name) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(&value);
            }
            _ => {
                joined.insert(name.as_str(), value.as_ref());
            }
        }
    }
    joined
}
