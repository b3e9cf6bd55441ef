//! A real token endpoint on loopback, over TLS.

use std::{
    convert::Infallible,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use oracle::Canary;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::eventually;

/// The name of every counterpart; they differ in their ports.
const HOST: &str = "login.example.com";

/// Who signs the counterparts' certificates.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(super) fn new() -> Self {
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// What the counterpart does.
#[derive(Clone)]
pub(super) enum Reply {
    /// Answers.
    Answer { status: u16, headers: Vec<(String, String)>, body: Bytes },
    /// Answers so when the gate opens.
    Behind(watch::Receiver<bool>, Box<Reply>),
    /// Begins an answer and never ends it.
    Unending,
    /// Never answers.
    Silent,
}

impl Reply {
    pub(super) fn json(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self::Answer { status, headers, body: body.to_owned().into() }
    }

    /// A token of that life.
    pub(super) fn token(value: &str, expires_in: u64) -> Self {
        let value = given_out(value);
        let body = format!(r#"{{"access_token":"{value}","token_type":"Bearer","expires_in":{expires_in}}}"#);
        Self::json(200, &body)
    }

    /// The value of the n-th token of [`Counterpart::tokens`].
    pub(super) fn nth(n: usize) -> String {
        given_out(&format!("token-canary-{n}-9a4e"))
    }
}

/// A token, which may come out where it is asked for and nowhere else.
fn given_out(token: &str) -> String {
    let asked_for = "the answer of /outgate.tokens.v1.TokenService/GetToken";
    Canary::known("a token", token).may_be_in(asked_for, "it is what is asked for there");
    token.to_owned()
}

pub(super) struct Counterpart {
    port: u16,
    seen: watch::Receiver<Vec<Seen>>,
    accepting: JoinHandle<()>,
}

impl Counterpart {
    /// Gives `token-canary-1-…` with the first answer, and so on, each for an hour.
    pub(super) async fn tokens(authority: &Authority) -> Self {
        Self::start(authority, |n, _| Reply::token(&Reply::nth(n), 3600)).await
    }

    /// Reacts to each request by its number, from 1, and what is in it.
    pub(super) async fn start(
        authority: &Authority,
        react: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = authority.acceptor();
        let (tell, seen) = watch::channel(Vec::new());
        let desk = Arc::new(Desk { react: Box::new(react), number: AtomicUsize::new(0), tell });
        let accepting = tokio::spawn(async move {
            // Connections end with this task: the set aborts what is in it.
            let mut open = tokio::task::JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (acceptor, desk) = (acceptor.clone(), desk.clone());
                open.spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    let service = service_fn(move |request| desk.clone().serve(request));
                    // The client may hang up, for instance over a body that is too large.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { port, seen, accepting }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.port)
    }

    /// How many requests there were.
    pub(super) fn count(&self) -> usize {
        self.seen.borrow().len()
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Waits until there were so many requests.
    pub(super) async fn reached(&self, count: usize) {
        eventually("the requests arrive", || self.count() >= count).await;
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

type React = Box<dyn Fn(usize, &Seen) -> Reply + Send + Sync>;

struct Desk {
    react: React,
    number: AtomicUsize,
    tell: watch::Sender<Vec<Seen>>,
}

impl Desk {
    async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let seen = Seen {
            method: parts.method.to_string(),
            target: parts.uri.to_string(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        let number = self.number.fetch_add(1, Ordering::SeqCst) + 1;
        let mut reply = (self.react)(number, &seen);
        self.tell.send_modify(|all| all.push(seen));
        loop {
            reply = match reply {
                Reply::Behind(mut gate, then) => {
                    let _ = gate.wait_for(|open| *open).await;
                    *then
                }
                Reply::Silent => std::future::pending().await,
                Reply::Unending => {
                    let start =
                        stream::once(async { Ok(Frame::data(Bytes::from_static(b"{\"access_token\":"))) });
                    let body = StreamBody::new(start.chain(stream::pending()));
                    return Ok(Response::new(BoxBody::new(body)));
                }
                Reply::Answer { status, headers, body } => {
                    let mut response = Response::builder().status(status);
                    for (name, value) in headers {
                        response = response.header(name, value);
                    }
                    return Ok(response.body(BoxBody::new(Full::new(body))).unwrap());
                }
            };
        }
    }
}
