//! The outbound span, by the semantic conventions of OpenTelemetry for HTTP clients.

use http::Method;
use tracing::{Span, field};
use url::Url;

use crate::Error;

/// A span for one request, or for one hop of it: `resent` counts the redirects before. `url` is the one with its holes
/// unfilled; the values of its query are left out even so.
pub(crate) fn open(method: &Method, url: &Url, resent: u8) -> Span {
    tracing::info_span!(
        "http.client",
        otel.name = method.as_str(),
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.request.method = method.as_str(),
        http.request.resend_count = (resent > 0).then_some(resent),
        http.response.status_code = field::Empty,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        url.full = without_query_values(url).as_str(),
        error.type = field::Empty,
    )
}

/// Writes down how the request ended.
pub(crate) fn close(span: &Span, status: Result<u16, &Error>) {
    match status {
        Ok(status) => {
            span.record("http.response.status_code", status);
            if status >= 400 {
                span.record("error.type", status.to_string());
                span.record("otel.status_code", "ERROR");
            }
        }
        Err(error) => {
            span.record("error.type", error.kind().label());
            span.record("otel.status_code", "ERROR");
        }
    }
}

fn without_query_values(url: &Url) -> Url {
    let Some(query) = url.query() else { return url.clone() };
    let names: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) => format!("{name}=REDACTED"),
            // A parameter without a name is all value.
            None => "REDACTED".to_owned(),
        })
        .collect();
    let mut url = url.clone();
    url.set_query(Some(&names.join("&")));
    url
}
