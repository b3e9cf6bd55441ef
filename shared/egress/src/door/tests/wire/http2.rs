//! The same over HTTP/2, where names and framing are fields and frames of their own: what a real server takes each request
//! for, and every frame that came over its connection.

use std::{
    io,
    net::Ipv4Addr,
    path::PathBuf,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

use super::{BODY, MADE_BY_THE_DOOR, requests, send};
use crate::{
    Body, ErrorKind,
    door::tests::{
        HOST, Peer,
        authority::{Authority, params},
        door,
        vectors::read,
    },
};

/// The client's first bytes on a connection (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
/// What a client says of the connection and of windows: SETTINGS, PING, GOAWAY, WINDOW_UPDATE.
const HOUSEKEEPING: [u8; 4] = [4, 6, 7, 8];
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Fields that an intermediary acts on, which HTTP/2 has none of (RFC 9113, 8.2.2), and the host, which `:authority` is.
const NONE_OF_THESE: [&str; 9] = [
    "connection",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What came over one connection, to its end.
struct Seen {
    server_name: Option<String>,
    requests: Vec<(Parts, Bytes)>,
    bytes: Vec<u8>,
}

/// A counterpart that says goodbye with its first answer.
struct Server {
    port: u16,
    authority: Authority,
    accepting: JoinHandle<()>,
}

impl Server {
    async fn start() -> (Self, UnboundedReceiver<Seen>) {
        let authority = Authority::new();
        let config = authority.chain(&params()).server_http2();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ended, seen) = unbounded_channel();
        let accepting = tokio::spawn(accept(listener, config, ended));
        (Self { port, authority, accepting }, seen)
    }
}

impl Peer for Server {
    fn port(&self) -> u16 {
        self.port
    }

    fn origin(&self) -> String {
        format!("https://{HOST}:{}", self.port)
    }

    fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, config: Arc<ServerConfig>, ended: UnboundedSender<Seen>) {
    // Connections end with this task: the set aborts what is in it.
    let mut open = JoinSet::new();
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let (acceptor, ended) = (TlsAcceptor::from(Arc::clone(&config)), ended.clone());
        open.spawn(async move {
            let stream = acceptor.accept(socket).await.unwrap();
            let server_name = stream.get_ref().1.server_name().map(str::to_owned);
            let (requests, bytes) = serve(stream).await;
            ended.send(Seen { server_name, requests, bytes }).unwrap();
        });
    }
}

/// Serves until the client is gone; the requests that were taken, and all that came.
async fn serve(stream: TlsStream<TcpStream>) -> (Vec<(Parts, Bytes)>, Vec<u8>) {
    let (taken, bytes) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<u8>>>::default());
    let answered = Arc::new(Notify::new());
    let (requests, done) = (Arc::clone(&taken), Arc::clone(&answered));
    let service = service_fn(move |request: Request<Incoming>| {
        let (requests, done) = (Arc::clone(&requests), Arc::clone(&done));
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            requests.lock().unwrap().push((head, body));
            done.notify_one();
            Ok::<_, hyper::Error>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let tee = TokioIo::new(Tee { stream, read: Arc::clone(&bytes) });
    let mut connection = pin!(http2::Builder::new(TokioExecutor::new()).serve_connection(tee, service));
    tokio::select! {
        // What is no HTTP/2 ends it.
        _ = connection.as_mut() => {}
        () = answered.notified() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
    let (taken, bytes) = (std::mem::take(&mut *taken.lock().unwrap()), bytes.lock().unwrap().clone());
    (taken, bytes)
}

/// A stream that keeps what is read from it.
struct Tee {
    stream: TlsStream<TcpStream>,
    read: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Tee {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.read.lock().unwrap().extend_from_slice(&buffer.filled()[before..]);
        read
    }
}

impl AsyncWrite for Tee {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[tokio::test]
async fn every_accepted_header_leaves_in_one_request_over_http2_too_and_a_refused_one_sends_no_byte() {
    let (server, mut seen) = Server::start().await;
    let door = Arc::new(door(&server));
    let (mut accepted, mut refused) = (0, 0);
    for vector in read("header_vectors.jsonl") {
        for outbound in requests(&server, &vector) {
            let has_body = matches!(outbound.body, Body::Bytes(_));
            let sent = send(&door, outbound).await;
            if vector["expected"] == "allow" {
                sent.unwrap_or_else(|error| panic!("{vector}: {error}"));
                one_request(&seen.recv().await.unwrap(), &server, &vector, has_body);
                accepted += 1;
            } else {
                let error = sent.expect_err(&vector.to_string());
                assert!(matches!(error.kind(), ErrorKind::HeaderRefused { .. }), "{vector}: {error:?}");
                refused += 1;
            }
        }
    }
    // A connection of a refused one would have been seen in the place of an accepted one's.
    assert_eq!((accepted, refused, seen.is_empty()), (3 * 37, 3 * 77, true));
}

fn one_request(seen: &Seen, server: &Server, vector: &Value, has_body: bool) {
    let [(head, body)] = &seen.requests[..] else { panic!("{vector}: {} requests", seen.requests.len()) };
    let expected = if has_body { BODY } else { b"" };
    only_frames_of_one_request(&seen.bytes, expected.len(), vector);

    assert_eq!(seen.server_name.as_deref(), Some(HOST), "{vector}");
    assert_eq!(head.method, if has_body { "POST" } else { "GET" }, "{vector}");
    assert_eq!(
        head.uri.to_string(),
        format!("{}/v?x=1", server.origin()),
        ":scheme, :authority and :path of {vector}"
    );
    assert_eq!(body, expected, "{vector}");
    let all =
        |wanted: &str| -> Vec<&[u8]> { head.headers.get_all(wanted).iter().map(AsRef::as_ref).collect() };
    for name in NONE_OF_THESE {
        assert_eq!(all(name), Vec::<&[u8]>::new(), "{name} of {vector}");
    }
    let length = expected.len().to_string();
    assert_eq!(all("content-length"), if has_body { vec![length.as_bytes()] } else { vec![] }, "{vector}");

    let [name, value] = ["name", "value"].map(|field| vector[field].as_str().unwrap());
    if !MADE_BY_THE_DOOR.contains(&name.to_ascii_lowercase().as_str()) {
        assert_eq!(all(name), [value.trim().as_bytes()], "{vector}");
    }
}

/// The preface, one head on one stream, its body, and beside them only what is said of the connection.
fn only_frames_of_one_request(bytes: &[u8], body: usize, vector: &Value) {
    let mut rest = bytes.strip_prefix(PREFACE).expect("the preface");
    let (mut heads, mut ends, mut data) = (Vec::new(), 0, 0);
    while !rest.is_empty() {
        let [a, b, c, kind, flags, stream @ ..] = &rest[..9] else { unreachable!() };
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let stream = u32::from_be_bytes(stream.try_into().unwrap());
        match *kind {
            HEADERS | CONTINUATION => {
                heads.push((stream, *kind));
                assert_eq!(flags & END_HEADERS, END_HEADERS, "{vector}: such a head fits a frame");
            }
            DATA => {
                assert_eq!(stream, 1, "{vector}");
                data += length;
            }
            other => assert!(HOUSEKEEPING.contains(&other), "{vector}: a frame of type {other}"),
        }
        ends += usize::from(matches!(*kind, HEADERS | DATA) && flags & END_STREAM == END_STREAM);
        rest = &rest[9 + length..];
    }
    assert_eq!((heads, ends, data), (vec![(1, HEADERS)], 1, body), "{vector}");
}
