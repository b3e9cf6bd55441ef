//! A request on its way out, its secrets still holes.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use mapping::Template;

use crate::Endpoint;

/// A rendered request, and what it may do.
pub struct Outbound {
    /// The HTTP method, in any case. `CONNECT` and `TRACE` are refused.
    pub method: String,
    /// The whole URL, its query already percent-encoded. Holes may stand in path segments and in the query; before the
    /// path they are refused.
    pub url: Template,
    /// The headers that the caller or the adapter asked for. A name may be there several times.
    pub headers: Vec<(String, Template)>,
    /// Headers that the integration injects. They replace every header of the same name.
    pub credentials: Vec<(String, Template)>,
    /// Query parameters that the integration injects, not encoded yet. They replace every parameter of the same name.
    pub query_credentials: Vec<(String, Template)>,
    /// `traceparent` and its like, for counterparts that are to see them. They replace the caller's.
    pub trace_headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// What is listed: the URL must be covered by one of them. None listed, nothing leaves.
    pub endpoints: Arc<[Endpoint]>,
    /// How long everything together may take: resolving, opening secrets, connecting, sending, reading.
    pub timeout: Duration,
    /// The most bytes that the body of the answer may have.
    pub response_bytes: usize,
}

/// The body of a request.
pub enum Body {
    /// There is none.
    None,
    /// Bytes that hold no secret.
    Bytes(Bytes),
    /// Text with holes, each encoded for its place.
    Template(Template),
}
