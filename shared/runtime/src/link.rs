//! How one service of the suite calls another: always by its protobuf contract, within one process without a socket,
//! between processes over HTTP/2.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use tonic::{
    body::Body,
    service::Routes,
    transport::{self, Certificate, ClientTlsConfig, Endpoint},
};
use tower::{Layer, Service, ServiceExt, util::BoxCloneSyncService};

use crate::{Caller, server::deadline, telemetry};

/// Anything that can go wrong under a generated client.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How long a connection to another process may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest frame that a peer may send, in bytes: fewer and larger ones are cheaper for bodies that pass through.
const MAX_FRAME: u32 = 256 * 1024;
/// How often a quiet connection is asked whether its peer lives: without it a cut network is never noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long the peer may take to say so.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The transport under a generated client, such as `RegisterServiceClient<Link>`. Cheap to clone.
///
/// It passes on the trace context and the remaining time of the call that it is used in.
#[derive(Clone)]
pub struct Link(BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>);

/// What a link to another process shows, and whom it trusts.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The token that the other process knows this one by.
    pub token: Option<&'a [u8]>,
    /// A client certificate and its key, in PEM.
    pub certificate: Option<(&'a [u8], &'a [u8])>,
    /// The one certificate authority to trust, in PEM; without it, the system's.
    pub ca: Option<&'a [u8]>,
}

/// Why a link to another process cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The address is none, or the token cannot be sent.
    #[error(
        "{address}: is no address of a service; expected `https://host:port` or, on this machine, `http://127.0.0.1:port`"
    )]
    Address {
        /// Where the other process was said to be.
        address: String,
        /// What is wrong.
        source: Option<transport::Error>,
    },
    /// The certificate authority, or the client certificate with its key, cannot be used.
    #[error(
        "{address}: certificate authority, client certificate and its key must be PEM, and the latter two a pair"
    )]
    Certificates {
        /// Where the other process is.
        address: String,
        /// What is wrong.
        source: transport::Error,
    },
}

impl Link {
    /// Calls services of this process, as `caller`.
    pub fn in_process(routes: Routes, caller: Caller) -> Self {
        let routes = telemetry::TraceLayer.layer(routes);
        Self(BoxCloneSyncService::new(
            tower::service_fn(move |mut request: Request<Body>| {
                request.extensions_mut().insert(caller.clone());
                routes.clone().oneshot(request)
            })
            .map_err(BoxError::from),
        ))
    }

    /// Calls services of another process. The connection is made at the first call and remade whenever it breaks.
    ///
    /// # Errors
    /// When the address or a certificate cannot be used.
    pub fn remote(address: &str, credentials: Credentials<'_>) -> Result<Self, LinkError> {
        let Credentials { token, certificate, ca } = credentials;
        let error = |source| LinkError::Address { address: address.to_owned(), source: Some(source) };
        let mut endpoint = Endpoint::from_shared(address.to_owned())
            .map_err(error)?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .max_frame_size(MAX_FRAME)
            .tcp_nodelay(true);
        if address.starts_with("https://") {
            let tls = match ca {
                Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
                None => ClientTlsConfig::new().with_native_roots(),
            };
            let tls = match certificate {
                Some((certificate, key)) => tls.identity(transport::Identity::from_pem(certificate, key)),
                None => tls,
            };
            endpoint = endpoint
                .tls_config(tls)
                .map_err(|source| LinkError::Certificates { address: address.to_owned(), source })?;
        }
        let authorization = match token {
            None => None,
            Some(token) => {
                let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat())
                    .map_err(|_| LinkError::Address { address: address.to_owned(), source: None })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let channel = endpoint.connect_lazy();
        Ok(Self(BoxCloneSyncService::new(
            tower::service_fn(move |mut request: Request<Body>| {
                if let Some(value) = &authorization {
                    request.headers_mut().insert(AUTHORIZATION, value.clone());
                }
                channel.clone().oneshot(request)
            })
            .map_err(BoxError::from),
        )))
    }
}

impl Service<Request<Body>> for Link {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        telemetry::inject(request.headers_mut());
        deadline::pass_on(request.headers_mut());
        Box::pin(self.0.call(request))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}
