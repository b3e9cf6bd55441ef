//! A request on its way out, its secrets still holes.

use std::{
    error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use mapping::{Content, Template};

use crate::Endpoint;

type BoxError = Box<dyn error::Error + Send + Sync>;

/// A rendered request, and what it may do.
pub struct Outbound {
    /// Whose policy holds: the tenant that the request is sent for.
    pub tenant: String,
    /// Which integration it belongs to, for the log; empty where it belongs to none.
    pub integration: String,
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
    /// How many redirects may be followed, 0 to 5. With 0 a redirect is an answer like any other.
    pub redirects: u8,
    /// The client certificate to show: a [`Content::Secret`] whose plaintext is PEM, the certificate chain and the private
    /// key.
    pub client_certificate: Option<Content>,
    /// How long everything together may take: resolving, opening secrets, connecting, sending, reading. For
    /// [`Door::stream`](crate::Door::stream) it ends with the head of the answer, and from there it is the longest silence
    /// between two chunks of the body.
    pub timeout: Duration,
    /// The most bytes that the body of the answer may have, once decoded. A stream is not bound by it.
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
    /// Bytes as they come, of a length that nobody knows. They hold no secret, and can leave once.
    Stream(Upload),
}

impl Body {
    /// A body that is sent as it comes.
    pub fn stream(chunks: impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static) -> Self {
        Self::Stream(chunks.boxed().into())
    }
}

/// A request body on its way in. Whoever takes it has it: a request that it belongs to cannot be sent again.
pub struct Upload(Mutex<Option<BoxStream<'static, Result<Bytes, BoxError>>>>);

impl From<BoxStream<'static, Result<Bytes, BoxError>>> for Upload {
    fn from(chunks: BoxStream<'static, Result<Bytes, BoxError>>) -> Self {
        Self(Mutex::new(Some(chunks)))
    }
}

impl Upload {
    /// The chunks, for whoever asks first.
    pub(crate) fn take(&self) -> Option<BoxStream<'static, Result<Bytes, BoxError>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
