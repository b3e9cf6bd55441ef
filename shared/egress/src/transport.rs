//! The seam behind the door: one vetted request out, one answer back.

mod certificate;
mod client;
mod clients;
mod names;
mod over_reqwest;
mod pins;

use std::{error, fmt, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

pub use certificate::ClientCertificate;
pub(crate) use over_reqwest::ReqwestTransport;

/// A client that sends what the door has vetted.
///
/// Whoever implements it connects to one of the vetted addresses and to nothing else, verifies the certificate for the
/// URL's host, follows no redirect, uses no proxy but the policy's, and logs neither URL nor headers nor body. It may keep
/// connections and use one again for the same origin, tenant and client certificate: that was made to an address vetted
/// under the same policy.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends the request and returns as soon as the head of the answer is there. The body is read as it is polled.
    ///
    /// # Errors
    ///
    /// When no head of an answer came. A status of any kind is no error.
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError>;
}

/// A request that passed the guard, its holes filled. It has no `Debug`: URL, headers and body may hold secrets.
pub struct Vetted {
    /// Whose request it is.
    pub tenant: String,
    /// The method.
    pub method: Method,
    /// The URL, parsed once and for all.
    pub url: Url,
    /// The only addresses that may be connected to, with the URL's port. None where the policy's proxy looks names up.
    pub addresses: Arc<[SocketAddr]>,
    /// Every header to send, but `Host` and those of framing, which the transport makes itself.
    pub headers: HeaderMap,
    /// The body.
    pub body: Payload,
    /// What the counterpart is shown, should it ask for a client certificate.
    pub client_certificate: Option<ClientCertificate>,
}

/// The body of a request, its holes filled. It has no `Debug`: it may hold secrets.
pub enum Payload {
    /// The whole of it, empty where there is none.
    Whole(Bytes),
    /// Chunks as they come. Nothing is asked of it before there is room for it on the connection.
    Stream(BoxStream<'static, Result<Bytes, Box<dyn error::Error + Send + Sync>>>),
}

/// The head of an answer, and its body as a stream. It has no `Debug`: a counterpart may echo secrets.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, as they came.
    pub headers: HeaderMap,
    /// The body, without the framing of the transfer.
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection.
    Connect,
    /// None was tried: the client certificate cannot be used.
    Certificate,
    /// A connection, but no agreement on TLS.
    Tls,
    /// The body that was to be sent ended with an error of its own.
    Upload,
    /// The head of the answer passed the limit of the protocol's own.
    HeadTooLarge,
    /// Anything after that: the connection broke, or what came over it was not HTTP.
    BrokeOff,
}

/// A request that got no answer. Its text and source hold neither the URL nor anything of the request.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Box<dyn error::Error + Send + Sync>,
}

impl TransportError {
    /// An error with its cause, which must hold nothing of the request.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }

    /// How far the request came.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "no connection could be made",
            TransportErrorKind::Certificate => "the client certificate cannot be used",
            TransportErrorKind::Tls => {
                "no TLS connection could be agreed on; nothing of the request was sent"
            }
            TransportErrorKind::Upload => "the body that was to be sent broke off",
            TransportErrorKind::HeadTooLarge => "the head of the answer is too large",
            TransportErrorKind::BrokeOff => "the connection broke before the whole answer was there",
        })
    }
}

impl error::Error for TransportError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}
