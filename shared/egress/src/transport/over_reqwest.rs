//! The first transport: reqwest, with rustls on ring.

use std::{error, fmt, io, sync::Arc};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use http::{HeaderValue, Method, StatusCode, header::CONTENT_LENGTH};
use reqwest::Client;

use super::{
    ClientCertificate, Payload, Reply, Transport, TransportError, TransportErrorKind, Vetted,
    client::Settings, clients::Clients, pins::Pin,
};
use crate::{EgressPolicy, Error, Proxy, Resolver};

/// The pooled clients of one policy, which can resolve nothing but what the guard has vetted.
pub(crate) struct ReqwestTransport {
    clients: Clients,
    proxied: Option<Proxy>,
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its clients hold private keys, and the proxy's credentials.
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

impl ReqwestTransport {
    /// Clients for the policy: the system's certificate authorities, and those of the policy's files. The resolver is
    /// asked for the proxy's own name, and for no other.
    pub(crate) fn new(policy: &EgressPolicy, resolver: &Arc<dyn Resolver>) -> Result<Self, Error> {
        let clients = Clients::new(Settings::new(policy, resolver)?);
        Ok(Self { clients, proxied: policy.proxy.clone() })
    }

    /// The client whose connections may serve the request.
    fn client(
        &self,
        tenant: &str,
        certificate: Option<&ClientCertificate>,
    ) -> Result<Client, TransportError> {
        if certificate.is_some() && self.proxied.as_ref().is_some_and(Proxy::speaks_tls) {
            // The library would show it to the proxy as well.
            let why = "a client certificate is not shown through a proxy that is reached over TLS";
            return Err(TransportError::new(TransportErrorKind::Certificate, why));
        }
        self.clients.client(tenant, certificate)
    }

    /// Whether it is the proxy that answers, and not the counterpart: it wants credentials (RFC 9110, 15.5.8). What
    /// it says of a tunnel is an error of connecting.
    fn is_of_proxy(&self, response: &reqwest::Response) -> bool {
        self.proxied.is_some() && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError> {
        let pin = Pin::new(request.url.host_str().unwrap_or_default(), Arc::clone(&request.addresses));
        // RFC 9110, 8.6: a method that anticipates content says that there is none; some servers insist on it.
        let says_length = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
        let plain = request.url.scheme() == "http";
        let mut outbound = reqwest::Request::new(request.method, request.url);
        *outbound.headers_mut() = request.headers;
        match request.body {
            Payload::Stream(chunks) => {
                let chunks = chunks.map_err(UploadError);
                *outbound.body_mut() = Some(reqwest::Body::wrap_stream(chunks));
            }
            Payload::Whole(body) if !body.is_empty() => *outbound.body_mut() = Some(body.into()),
            Payload::Whole(_) if says_length => {
                outbound.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Payload::Whole(_) => {}
        }
        let client = self.client(&request.tenant, request.client_certificate.as_ref())?;
        // A connection is begun while the request waits for it, so within its pin.
        let response = pin.during(client.execute(outbound)).await.map_err(|error| failure(error, plain))?;
        if response.status().is_informational() {
            let what = "it switched to a protocol that nobody asked for";
            return Err(TransportError::new(TransportErrorKind::BrokeOff, what));
        }
        if plain && self.is_of_proxy(&response) {
            return Err(TransportError::new(
                TransportErrorKind::Connect,
                "the proxy wants other credentials",
            ));
        }
        Ok(Reply {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes_stream().map_err(move |error| failure(error, plain)).boxed(),
        })
    }
}

/// The error that a request's own body ended with, told apart from those of the connection.
#[derive(Debug)]
struct UploadError(Box<dyn error::Error + Send + Sync>);

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request's own body ended with an error")
    }
}

impl error::Error for UploadError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// A failure without the URL, which may hold a secret. `plain` says that the counterpart was spoken to without TLS.
fn failure(error: reqwest::Error, plain: bool) -> TransportError {
    let error = error.without_url();
    let kind = if causes(&error).any(|cause| cause.is::<UploadError>()) {
        TransportErrorKind::Upload
    } else if caused_by_tls(&error, plain) {
        TransportErrorKind::Tls
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if causes(&error).any(is_head_too_large) {
        TransportErrorKind::HeadTooLarge
    } else {
        TransportErrorKind::BrokeOff
    };
    TransportError::new(kind, error)
}

/// TLS that failed before it was agreed on: by a fault in it, or as the counterpart hung up in the handshake. Once it is
/// agreed on, a fault in it is a broken connection like any other; and where there was none to agree on, so is a hang-up.
fn caused_by_tls(error: &reqwest::Error, plain: bool) -> bool {
    error.is_connect()
        && causes(error).any(|cause| cause.is::<rustls::Error>() || (!plain && is_hang_up(cause)))
}

/// A connection that was there and was ended by the other side.
fn is_hang_up(cause: &(dyn error::Error + 'static)) -> bool {
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(
        kind,
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
    )
}

fn is_head_too_large(cause: &(dyn error::Error + 'static)) -> bool {
    cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse_too_large)
}

/// The error and everything below it.
fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn error::Error + 'static)> {
    let first: Option<&(dyn error::Error + 'static)> = Some(error);
    std::iter::successors(first, |cause| {
        // `io::Error` names as its source not what it wraps, but the source of that.
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn error::Error + 'static)),
            None => cause.source(),
        }
    })
}
