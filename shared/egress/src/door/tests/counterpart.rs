//! A real counterpart on loopback: a raw socket, with or without TLS, that keeps every byte it was sent.

use std::{
    convert::Infallible,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{HOST, Peer};

/// What the counterpart does with a request it has read.
pub(super) enum Reaction {
    /// Writes these bytes and closes.
    Write(Vec<u8>),
    /// Writes these bytes, and then nothing more, ever.
    Stall(Vec<u8>),
    /// Over HTTP/2: `200` with this body.
    Http2(String),
}

/// A whole answer with a body.
pub(super) fn answer(head: &str, body: &[u8]) -> Reaction {
    let length = body.len();
    Reaction::Write([format!("{head}Content-Length: {length}\r\n\r\n").as_bytes(), body].concat())
}

/// `200 OK` with a text.
pub(super) fn ok(body: &str) -> Reaction {
    answer("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n", body.as_bytes())
}

/// How the counterpart proves who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// It does not: plain http.
    Plain,
    /// By a certificate of the authority in [`Counterpart::ca_file`].
    Trusted,
    /// The same, and it speaks HTTP/2.
    TrustedHttp2,
    /// By one of its own.
    SelfSigned,
    /// By one of the authority, for another name.
    OtherName,
}

pub(super) struct Counterpart {
    identity: Identity,
    port: u16,
    folder: TempDir,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Counterpart {
    /// A trusted one that reacts to every request.
    pub(super) async fn start(react: impl Fn(&str) -> Reaction + Send + Sync + 'static) -> Self {
        Self::start_as(Identity::Trusted, react).await
    }

    pub(super) async fn start_as(
        identity: Identity,
        react: impl Fn(&str) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let acceptor = acceptor(identity, &folder);
        let (requests, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(AtomicUsize::new(0)));
        let (kept, counted) = (Arc::clone(&requests), Arc::clone(&connections));
        let react: Arc<dyn Fn(&str) -> Reaction + Send + Sync> = Arc::new(react);
        let accepting = tokio::spawn(async move {
            // Connections end with this task: the set aborts what is in it.
            let mut open = tokio::task::JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (acceptor, kept, react) = (acceptor.clone(), Arc::clone(&kept), Arc::clone(&react));
                open.spawn(async move {
                    match acceptor {
                        None => serve(socket, &kept, &*react).await,
                        Some(acceptor) => {
                            let Ok(stream) = acceptor.accept(socket).await else { return };
                            match identity {
                                Identity::TrustedHttp2 => serve_http2(stream, kept, react).await,
                                _ => serve(stream, &kept, &*react).await,
                            }
                        }
                    }
                });
            }
        });
        Self { identity, port, folder, requests, connections, accepting }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn origin(&self) -> String {
        let scheme = if self.identity == Identity::Plain { "http" } else { "https" };
        format!("{scheme}://{HOST}:{}", self.port)
    }

    pub(super) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Every request that was read, byte for byte.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The one request that was read.
    pub(super) fn request(&self) -> String {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "exactly one request: {requests:?}");
        requests.into_iter().next().unwrap()
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Peer for Counterpart {
    fn port(&self) -> u16 {
        self.port()
    }

    fn origin(&self) -> String {
        self.origin()
    }

    fn ca_file(&self) -> PathBuf {
        self.ca_file()
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    kept: &Mutex<Vec<String>>,
    react: &(dyn Fn(&str) -> Reaction + Send + Sync),
) {
    let Some(request) = read_request(&mut stream).await else { return };
    kept.lock().unwrap().push(request.clone());
    match react(&request) {
        Reaction::Write(bytes) => {
            // The client may have hung up already, for instance over a body that is too large.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reaction::Stall(bytes) => {
            stream.write_all(&bytes).await.unwrap();
            stream.flush().await.unwrap();
            std::future::pending::<()>().await;
        }
        Reaction::Http2(_) => panic!("this connection is HTTP/1.1"),
    }
}

/// HTTP/2, whose requests are kept in the form that HTTP/1.1 would give them.
async fn serve_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    kept: Arc<Mutex<Vec<String>>>,
    react: Arc<dyn Fn(&str) -> Reaction + Send + Sync>,
) {
    let answer = move |request: http::Request<hyper::body::Incoming>| {
        let mut text = format!("{} {} HTTP/2\r\n", request.method(), request.uri());
        for (name, value) in request.headers() {
            text += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        kept.lock().unwrap().push(text.clone());
        let Reaction::Http2(body) = react(&text) else { panic!("this connection is HTTP/2") };
        std::future::ready(Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(body)))))
    };
    // The connection ends when the client lets go of it.
    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer))
        .await;
}

/// Head and body of one request; `None` when the client hangs up before it is whole.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        if if chunked { body.ends_with("0\r\n\r\n") } else { body.len() >= length } {
            return Some(text);
        }
    }
}

/// TLS for the identity. The authority's certificate goes into the folder, used or not.
fn acceptor(identity: Identity, folder: &TempDir) -> Option<TlsAcceptor> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap();
    std::fs::write(folder.path().join("ca.pem"), root.pem()).unwrap();
    let issuer = Issuer::new(authority, authority_key);

    let name = if identity == Identity::OtherName { "other.example" } else { HOST };
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = match identity {
        Identity::Plain => return None,
        Identity::SelfSigned => params.self_signed(&key).unwrap(),
        _ => params.signed_by(&key, &issuer).unwrap(),
    };
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    if identity == Identity::TrustedHttp2 {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    Some(TlsAcceptor::from(Arc::new(config)))
}
