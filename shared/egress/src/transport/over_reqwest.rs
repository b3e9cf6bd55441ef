//! The first transport: reqwest, with rustls on ring.

use std::{error, fs, io, sync::Arc};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use http::{HeaderValue, Method, header::CONTENT_LENGTH};
use reqwest::{Certificate, Client, redirect, retry, tls};

use super::{
    Reply, Transport, TransportError, TransportErrorKind, Vetted,
    pins::{PinnedResolver, Pins},
};
use crate::{EgressPolicy, Error, ErrorKind, header::MAX_HEAD};

/// A pooled client that can resolve nothing but what the guard has vetted.
#[derive(Debug)]
pub(crate) struct ReqwestTransport {
    client: Client,
    pins: Arc<Pins>,
}

impl ReqwestTransport {
    /// A client for the policy: the system's certificate authorities, and those of the policy's files.
    pub(crate) fn new(policy: &EgressPolicy) -> Result<Self, Error> {
        // Installed already by whoever came first; it is ring everywhere, as there is no other in the tree.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let pins = Arc::new(Pins::default());
        let head = u32::try_from(MAX_HEAD).unwrap_or(u32::MAX);

        #[expect(
            clippy::disallowed_methods,
            reason = "this is the guarded door's own client, the only one there is"
        )]
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .https_only(!policy.allow_http)
            .tls_version_min(tls::Version::TLS_1_2)
            .http2_max_header_list_size(head)
            .dns_resolver(PinnedResolver(Arc::clone(&pins)));
        let extra = authorities(policy)?;
        if !extra.is_empty() {
            builder = builder.tls_certs_merge(extra);
        }
        let client = builder.build().map_err(|source| {
            Error::new(
                ErrorKind::PolicyInvalid,
                "the HTTP client cannot be built; check the system's CA certificates",
            )
            .with_source(source.without_url())
        })?;
        Ok(Self { client, pins })
    }
}

fn authorities(policy: &EgressPolicy) -> Result<Vec<Certificate>, Error> {
    let mut all = Vec::new();
    for path in &policy.ca_files {
        let unusable = |what: &str| {
            let message = format!("the CA file {} {what}; check `egress.ca_files`", path.display());
            Error::new(ErrorKind::PolicyInvalid, message)
        };
        let pem = fs::read(path).map_err(|source| unusable("cannot be read").with_source(source))?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .map_err(|source| unusable("is not PEM").with_source(source.without_url()))?;
        if certificates.is_empty() {
            return Err(unusable("holds no certificate"));
        }
        all.extend(certificates);
    }
    Ok(all)
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError> {
        // Held until the head of the answer is there: by then the connection is made.
        let host = request.url.host_str().unwrap_or_default();
        let _pin = self.pins.hold(host, Arc::clone(&request.addresses));
        // RFC 9110, 8.6: a method that anticipates content says that there is none; some servers insist on it.
        let says_length = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
        let mut outbound = reqwest::Request::new(request.method, request.url);
        *outbound.headers_mut() = request.headers;
        if !request.body.is_empty() {
            *outbound.body_mut() = Some(request.body.into());
        } else if says_length {
            outbound.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let response = self.client.execute(outbound).await.map_err(failure)?;
        Ok(Reply {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes_stream().map_err(failure).boxed(),
        })
    }
}

/// A failure without the URL, which may hold a secret.
fn failure(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let kind = if caused_by_tls(&error) {
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

/// TLS that failed before it was agreed on. Once it is, a fault in it is a broken connection like any other.
fn caused_by_tls(error: &reqwest::Error) -> bool {
    error.is_connect() && causes(error).any(|cause| cause.is::<rustls::Error>())
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
