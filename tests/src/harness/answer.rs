//! What a counterpart gets and says.

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use http_body_util::Full;
use serde_json::Value;

use oracle::Canary;

/// A request as it arrived at a counterpart.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// A header's text; empty where it did not come.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("the header is text"))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// What a counterpart says.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    content_type: &'static str,
    body: Bytes,
    location: Option<String>,
}

impl Answer {
    /// A redirect.
    pub(crate) fn redirect(status: u16, location: String) -> Self {
        Self { status, content_type: "text/plain", body: Bytes::new(), location: Some(location) }
    }

    /// JSON. What it gives out as a token or a client's secret is a canary.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        note_given_out(body);
        Self { status, content_type: "application/json", body: body.to_string().into(), location: None }
    }

    /// XML, 200.
    pub(crate) fn xml(body: &'static str) -> Self {
        Self {
            status: 200,
            content_type: "application/xml; charset=utf-8",
            body: Bytes::from_static(body.as_bytes()),
            location: None,
        }
    }

    /// Bytes, 200.
    pub(crate) fn bytes(body: Bytes) -> Self {
        Self { status: 200, content_type: "application/octet-stream", body, location: None }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let answer = Response::builder().status(self.status).header("content-type", self.content_type);
        let location = self.location.into_iter();
        location
            .fold(answer, |answer, location| answer.header("location", location))
            .body(Full::new(self.body))
            .expect("an answer of a test is well-formed")
    }
}

/// Members by which OAuth 2.0 and OpenID Connect give something secret out.
const GIVEN_OUT: [&str; 4] = ["access_token", "refresh_token", "id_token", "client_secret"];

fn note_given_out(body: &Value) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if GIVEN_OUT.contains(&name.as_str()) => {
                        Canary::known(&format!("the {name} that a counterpart gave out"), text);
                    }
                    other => note_given_out(other),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(note_given_out),
        _ => {}
    }
}
