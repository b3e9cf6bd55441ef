//! A real counterpart on loopback, over TLS, that keeps what it was sent.

use std::{
    convert::Infallible,
    future::{Future, ready},
    io,
    net::Ipv4Addr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use oracle::Canary;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

/// The names that the counterpart's certificate is for; the tests' resolver finds it under each.
pub(super) const HOST: &str = "api.example.com";
pub(super) const OTHER_HOST: &str = "www.example.org";

/// What came in.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query, as they were sent.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Seen {
    /// The only value of a header; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} came twice: {:?}", self.headers);
        value
    }
}

/// What goes back.
pub(super) enum Reply {
    /// A whole answer.
    Answer(Response<Full<Bytes>>),
    /// Nothing: the connection breaks.
    Break,
    /// Nothing, as long as the test lasts.
    Hang,
}

/// An answer with a content type.
pub(super) fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Reply {
    let response = Response::builder().status(status).header("content-type", content_type);
    Reply::Answer(response.body(Full::new(body.into())).unwrap())
}

/// The same with JSON. An access token in it may not come out of the suite.
pub(super) fn json(status: u16, body: &str) -> Reply {
    let parsed: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(token) = parsed["access_token"].as_str() {
        Canary::known("a token", token);
    }
    answer(status, "application/json", body.to_owned())
}

pub(super) struct Counterpart {
    port: u16,
    folder: TempDir,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Counterpart {
    /// Answers every request as `react` says; the number counts the requests before it.
    pub(super) async fn start(react: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::speaking(&[b"http/1.1"], react).await
    }

    /// The same over HTTP/2, where many requests share a connection.
    pub(super) async fn http2(react: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::speaking(&[b"h2"], react).await
    }

    async fn speaking(
        protocols: &[&[u8]],
        react: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let handler = Handler { seen: seen.clone(), react: Arc::new(react) };
        Self::accepting(protocols, seen, move |stream| {
            let handler = handler.clone();
            async move {
                let server = auto::Builder::new(TokioExecutor::new());
                drop(server.serve_connection(TokioIo::new(stream), handler).await);
            }
        })
        .await
    }

    async fn accepting<F: Future<Output = ()> + Send + 'static>(
        protocols: &[&[u8]],
        seen: Arc<Mutex<Vec<Seen>>>,
        serve: impl Fn(TlsStream<TcpStream>) -> F + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let acceptor = acceptor(&folder, protocols);
        let serve = Arc::new(serve);
        let connections = Arc::<AtomicUsize>::default();
        let count = connections.clone();
        let accepting = tokio::spawn(async move {
            // Connections end with this task: the set aborts what is in it.
            let mut open = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let (acceptor, serve) = (acceptor.clone(), serve.clone());
                open.spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    serve(stream).await;
                });
            }
        });
        Self { port, folder, seen, connections, accepting }
    }

    /// Answers every request over HTTP/2 with chunks as they are asked for, depending on its path.
    pub(super) async fn flowing<S>(chunks: impl Fn(&str) -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        let chunks = Arc::new(chunks);
        Self::accepting(&[b"h2"], Arc::default(), move |stream| {
            let chunks = chunks.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let frames =
                    chunks(request.uri().path()).map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
                ready(Ok::<_, Infallible>(Response::new(StreamBody::new(frames))))
            });
            async move {
                let server = auto::Builder::new(TokioExecutor::new());
                drop(server.serve_connection(TokioIo::new(stream), service).await);
            }
        })
        .await
    }

    /// How many connections were made.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Speaks on each connection whatever `speak` says, byte for byte.
    pub(super) async fn raw<F: Future<Output = ()> + Send + 'static>(
        speak: impl Fn(TlsStream<TcpStream>) -> F + Send + Sync + 'static,
    ) -> Self {
        let speak = Arc::new(speak);
        Self::accepting(&[b"http/1.1"], Arc::default(), move |stream| speak(stream)).await
    }

    /// Answers everything with `{}`.
    pub(super) async fn quiet() -> Self {
        Self::start(|_, _| json(200, "{}")).await
    }

    pub(super) fn origin(&self) -> String {
        format!("https://{HOST}:{}", self.port)
    }

    /// The same server under another name: another origin.
    pub(super) fn other_origin(&self) -> String {
        format!("https://{OTHER_HOST}:{}", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn ca_file(&self) -> std::path::PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that came in.
    #[track_caller]
    pub(super) fn one(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "exactly one request: {seen:?}");
        seen.into_iter().next().unwrap()
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

type React = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

#[derive(Clone)]
struct Handler {
    seen: Arc<Mutex<Vec<Seen>>>,
    react: Arc<React>,
}

impl hyper::service::Service<Request<Incoming>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let handler = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            let seen = Seen {
                method: head.method.to_string(),
                target: head.uri.path_and_query().unwrap().to_string(),
                headers: head.headers,
                body,
            };
            let before = {
                let mut all = handler.seen.lock().unwrap();
                all.push(seen.clone());
                all.len() - 1
            };
            match (handler.react)(&seen, before) {
                Reply::Answer(response) => Ok(response),
                Reply::Break => Err(io::ErrorKind::ConnectionAborted.into()),
                Reply::Hang => match std::future::pending::<Infallible>().await {},
            }
        })
    }
}

fn acceptor(folder: &TempDir, protocols: &[&[u8]]) -> TlsAcceptor {
    drop(tokio_rustls::rustls::crypto::ring::default_provider().install_default());
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.self_signed(&authority_key).unwrap().pem())
        .unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![HOST.to_owned(), OTHER_HOST.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}
