//! The transport under every client of a test: it hears all that the suite answers, and knows what is secret in what is
//! asked.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::LazyLock,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use prost::Message;
use proto::secrets::v1::PutSecretRequest;
use tokio::runtime::Runtime;
use tonic::{
    body::Body,
    codegen::Service,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity},
};

use super::authority::Shown;
use oracle::{Canary, ORACLE, Oracle};

/// What connections and collectors live on. A suite ends when a test drops it, and the test's own runtime stands still
/// then.
pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a process may have threads")
});
/// The call that makes a secret.
const PUT_SECRET: &str = "/outgate.secrets.v1.SecretService/PutSecret";
/// What stands before a message: whether it is compressed, and its length (the gRPC protocol over HTTP/2).
const FRAME: usize = 5;
/// The shortest token that no other text holds by chance.
const TOKEN: usize = 16;

/// Whom a connection over TLS trusts, and what it shows.
#[derive(Clone, Debug)]
pub(crate) struct OverTls {
    pub(crate) ca_file: PathBuf,
    pub(crate) shown: Option<Shown>,
}

/// A connection that is heard.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    channel: Channel,
    oracle: &'static Oracle,
}

impl Tap {
    /// A connection to something on loopback, over plain HTTP/2; it is made at the first call.
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self::heard_by(&ORACLE, address)
    }

    /// A connection over TLS.
    pub(crate) fn over(tls: &OverTls, address: SocketAddr) -> Self {
        let _on = RUNTIME.enter();
        let read = |path: &Path| fs::read(path).expect("a test's certificate is there");
        let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(&tls.ca_file)));
        if let Some(Shown { cert, key }) = &tls.shown {
            config = config.identity(Identity::from_pem(read(cert), read(key)));
        }
        let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("an address makes a URL");
        let endpoint = endpoint.tls_config(config).expect("certificates can be used");
        Self { channel: endpoint.connect_lazy(), oracle: &ORACLE }
    }

    /// The same with another oracle.
    pub(crate) fn heard_by(oracle: &'static Oracle, address: SocketAddr) -> Self {
        let _on = RUNTIME.enter();
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL");
        Self { channel: endpoint.connect_lazy(), oracle }
    }
}

impl Service<Request<Body>> for Tap {
    type Response = Response<Body>;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response<Body>, Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Service::poll_ready(&mut self.channel, context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // What is ready is this one; the clone may not be.
        let channel = self.channel.clone();
        let mut channel = std::mem::replace(&mut self.channel, channel);
        note_tokens(request.headers());
        let (oracle, path) = (self.oracle, request.uri().path().to_owned());
        Box::pin(async move {
            let response = channel.call(with_its_secret_noted(request).await).await?;
            Ok(oracle::heard(oracle, &path, response).map(Body::new))
        })
    }
}

/// Tokens that a caller shows are the caller's secrets.
fn note_tokens(headers: &HeaderMap) {
    for value in ["authorization", "outgate-user-token"].iter().filter_map(|name| headers.get(*name)) {
        let token = value.to_str().map(|text| text.trim_start_matches("Bearer ")).unwrap_or_default();
        if token.len() >= TOKEN {
            Canary::known("a caller's token", token);
        }
    }
}

/// Makes a canary of the secret that a request puts.
async fn with_its_secret_noted(request: Request<Body>) -> Request<Body> {
    if request.uri().path() != PUT_SECRET {
        return request;
    }
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.expect("a test's message is whole").to_bytes();
    let message = PutSecretRequest::decode(&bytes[FRAME.min(bytes.len())..]).unwrap_or_default();
    // Without a value it is refused.
    if !message.value.is_empty() {
        Canary::known(&format!("the secret {}", message.name), &message.value);
    }
    Request::from_parts(head, Body::new(Full::new(bytes)))
}
