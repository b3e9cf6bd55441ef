//! A counterpart: an HTTPS server on loopback that writes down what it gets, without the credentials.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, Limited};
use runtime::server::{self, App, Limits, tls::Tls};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;

use crate::failure::Failure;

/// Ports that the default configuration lets out; the demo takes free ones of them.
const PORTS: std::ops::RangeInclusive<u16> = 44300..=44399;
/// The largest request that a counterpart reads, in bytes.
const MAX_BODY: usize = 1 << 20;

/// What a counterpart is asked.
#[derive(Debug)]
pub(super) struct Incoming {
    /// The method.
    pub(super) method: Method,
    /// The path.
    pub(super) path: String,
    /// The headers, credentials and all.
    pub(super) headers: HeaderMap,
    /// The body.
    pub(super) body: Bytes,
}

impl Incoming {
    /// A header as text; empty where it is absent.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What a counterpart answers.
#[derive(Debug)]
pub(super) struct Reply {
    /// The status.
    pub(super) status: StatusCode,
    /// The content type.
    pub(super) kind: &'static str,
    /// The body.
    pub(super) body: String,
}

/// What a counterpart does.
pub(super) trait Api: Send + Sync + 'static {
    /// The header that must hold a credential for this request, and whether it does.
    fn credential(&self, incoming: &Incoming) -> (&'static str, bool);

    /// The answer to a request with the right credential.
    fn answer(&self, incoming: &Incoming) -> Reply;
}

/// A request as it was written down: the credential is known to have been right or wrong, and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    /// Method and path.
    pub(super) line: String,
    /// The headers.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: String,
    /// Whether the credential was the right one.
    pub(super) authentic: bool,
}

/// What a counterpart got, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal(Arc<Mutex<Vec<Received>>>);

impl Journal {
    fn write(&self, received: Received) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(received);
    }

    /// Everything so far; the journal begins anew.
    pub(super) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A counterpart that is bound and does not answer yet: what it answers may depend on its address.
#[derive(Debug)]
pub(super) struct Bound(TcpListener, SocketAddr);

impl Bound {
    /// Takes a free port.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn new() -> Result<Self, Failure> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for port in PORTS.chain([0]) {
            match TcpListener::bind(("127.0.0.1", port))
                .await
                .and_then(|bound| Ok((bound.local_addr()?, bound)))
            {
                Ok((address, listener)) => return Ok(Self(listener, address)),
                Err(error) => last = error,
            }
        }
        Err(Failure::refused(
            "INTERNAL",
            format!("no port is free on 127.0.0.1 for the demo's counterparts: {last}"),
        ))
    }

    /// The port.
    pub(super) fn port(&self) -> u16 {
        self.1.port()
    }

    /// The origin that the suite calls.
    pub(super) fn origin(&self) -> String {
        format!("https://{}", self.1)
    }

    /// Answers until `stop`.
    pub(super) fn serve(self, api: impl Api, tls: Arc<Tls>, stop: CancellationToken) -> Counterpart {
        let (origin, journal) = (self.origin(), Journal::default());
        let app = app(Arc::new(api), journal.clone());
        let limits = Limits { drain: Duration::from_secs(2), ..Limits::default() };
        let served = tokio::spawn(async move {
            // A connection that does not end in time is cut off; nothing is lost by that here.
            let _ = server::serve(self.0, Some(tls), app, limits, stop).await;
        });
        Counterpart { origin, journal, served }
    }
}

/// A counterpart that answers.
#[derive(Debug)]
pub(super) struct Counterpart {
    /// `https://127.0.0.1:port`.
    pub(super) origin: String,
    /// What it got.
    pub(super) journal: Journal,
    served: JoinHandle<()>,
}

impl Counterpart {
    /// Waits for its end, after its token was cancelled.
    pub(super) async fn ended(self) {
        let _ = self.served.await;
    }
}

fn app<A: Api>(api: Arc<A>, journal: Journal) -> App {
    App::new(tower::service_fn(move |request: Request<Body>| {
        let (api, journal) = (api.clone(), journal.clone());
        async move {
            let (head, body) = request.into_parts();
            let body =
                Limited::new(body, MAX_BODY).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let path = head.uri.path().to_owned();
            let incoming = Incoming { method: head.method, path, headers: head.headers, body };
            let reply = handle(&*api, &incoming, &journal);
            Ok::<_, Infallible>(response(reply))
        }
    }))
}

fn handle(api: &impl Api, incoming: &Incoming, journal: &Journal) -> Reply {
    let (header, authentic) = api.credential(incoming);
    journal.write(received(incoming, header, authentic));
    if authentic {
        return api.answer(incoming);
    }
    let body = r#"{"error":"wrong credential"}"#.to_owned();
    Reply { status: StatusCode::UNAUTHORIZED, kind: "application/json", body }
}

fn received(incoming: &Incoming, credential: &str, authentic: bool) -> Received {
    let headers = incoming.headers.iter().map(|(name, value)| {
        let shown = match (name == credential, authentic) {
            (true, true) => "(the credential that this counterpart expects; not shown)".to_owned(),
            (true, false) => "(not the credential that this counterpart expects; not shown)".to_owned(),
            (false, _) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        (name.to_string(), shown)
    });
    Received {
        line: format!("{} {}", incoming.method, incoming.path),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&incoming.body).into_owned(),
        authentic,
    }
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(Bytes::from(reply.body))));
    *response.status_mut() = reply.status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(reply.kind));
    response
}
