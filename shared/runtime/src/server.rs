//! The server: one function that owns its connections, from accepting them to their end.
//!
//! tonic's own server ends a deadline at the head of the response and waits forever for a silent client when it shuts
//! down; here a connection has a bounded number of streams, a bounded time to say something, and a bounded time to
//! end, and is written to once for each of its turns.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{body::Body, service::Routes};
use tower::{Layer, ServiceExt, util::BoxCloneSyncService};
use tower_http::catch_panic::CatchPanicLayer;

use self::{
    coalescing::{Coalescing, Turns},
    tls::Tls,
};
use crate::{
    identity::{AuthLayer, Identities, Peer},
    telemetry::TraceLayer,
};

pub mod admission;
mod coalescing;
pub mod deadline;
mod opening;
mod panic;
pub mod tls;

/// What a listener's connections may take. Each is a bound, not a promise.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Streams at once on one connection; each may hold 512 KiB that nobody reads.
    pub streams: u32,
    /// Calls at once over all connections; more are refused with OVERLOADED.
    pub calls: usize,
    /// How long a client may take to say its first bytes, or to complete its TLS handshake.
    pub handshake: Duration,
    /// How often a quiet connection is asked whether its client lives.
    pub keep_alive: Duration,
    /// How long the client may take to say so.
    pub keep_alive_timeout: Duration,
    /// The longest that a unary call may take, also where the caller sets no deadline.
    pub deadline: Duration,
    /// How long calls may go on after the server was told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            streams: 1024,
            calls: 16_384,
            handshake: Duration::from_secs(10),
            keep_alive: Duration::from_secs(20),
            keep_alive_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(600),
            drain: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// What a client may send on all streams of a connection before anybody reads it, in bytes.
    fn connection_window(&self) -> u32 {
        self.streams.saturating_mul(STREAM_WINDOW).clamp(STREAM_WINDOW, LARGEST_WINDOW)
    }
}

/// The largest set of request headers, in bytes.
const MAX_HEADERS: u32 = 32 * 1024;
/// The largest DATA frame that a client may send, in bytes. Each frame costs a turn through the connection whatever its
/// size; the protocol's own 16 KiB would make a body of many frames twice as dear. A frame is held whole.
const MAX_FRAME: u32 = 256 * 1024;
/// What a client may send on one stream before anybody reads it, in bytes: enough that it need not wait for the reader
/// of a large body (with half of it, an upload takes a fifth more system calls), little enough that a body which nobody
/// reads costs no more. A connection takes as much for each of its streams together, so that bodies which nobody reads
/// hold up no other call: 512 MiB where there may be 1024.
const STREAM_WINDOW: u32 = 512 * 1024;
/// The largest window there is (RFC 9113, 6.9.1).
const LARGEST_WINDOW: u32 = (1 << 31) - 1;
/// How long a broken accept (out of file descriptors, say) is given to mend.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A listener's services with everything that stands in front of them.
pub type App = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Puts in front of services what every listener has: traces, a bound on calls, deadlines, gRPC-Web, and, where
/// `identities` are given, authentication. Streams that wait for news end at `drain`.
pub fn app(routes: Routes, limits: &Limits, identities: Option<Identities>, drain: CancellationToken) -> App {
    let inner = CatchPanicLayer::custom(panic::answer).layer(routes.prepare());
    let inner =
        ServiceExt::<Request<Body>>::map_response(inner, |response: Response<_>| response.map(Body::new));
    let inner = match identities {
        Some(identities) => BoxCloneSyncService::new(AuthLayer::new(identities).layer(inner)),
        None => BoxCloneSyncService::new(inner),
    };
    let inner = deadline::DeadlineLayer::new(limits.deadline, drain).layer(inner);
    let inner = admission::AdmissionLayer::new(limits.calls).layer(inner);
    let inner = TraceLayer.layer(inner);
    BoxCloneSyncService::new(tonic_web::GrpcWebLayer::new().layer(inner))
}

/// Answers calls on a bound listener until `drain`, then lets the accepted calls finish.
///
/// After `drain` nothing new is accepted, every connection is told that its current calls are its last, and what
/// has not ended within `limits.drain` is cut off.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] when connections had to be cut off.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    app: App,
    limits: Limits,
    drain: CancellationToken,
) -> io::Result<()> {
    let cut = CancellationToken::new();
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    loop {
        let (stream, permit) = tokio::select! {
            () = drain.cancelled() => break,
            accepted = listen(&listener, &room) => accepted,
        };
        let connection = Connection { app: app.clone(), limits: limits.clone(), drain: drain.clone() };
        let (tls, cut) = (tls.clone(), cut.clone());
        connections.spawn(async move {
            let _permit = permit;
            tokio::select! {
                () = cut.cancelled() => {}
                () = connection.run(stream, tls) => {}
            }
        });
    }
    drop(listener);
    connections.close();
    if timeout(limits.drain, connections.wait()).await.is_ok() {
        return Ok(());
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("{left} connections did not end within {} s and were cut off", limits.drain.as_secs()),
    ))
}

/// The next connection, once there is room for it.
async fn listen(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed, so a permit always comes.
    let permit = room.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection and what it needs.
struct Connection {
    app: App,
    limits: Limits,
    drain: CancellationToken,
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<Arc<Tls>>) {
        // Answers are whole when they are written: waiting for more only delays them.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        match tls {
            None => self.serve_connection(stream, None).await,
            Some(tls) => {
                let accepted = tokio::select! {
                    () = self.drain.cancelled() => return,
                    accepted = timeout(self.limits.handshake, tls.acceptor().accept(stream)) => accepted,
                };
                if let Ok(Ok(stream)) = accepted {
                    let (_, session) = stream.get_ref();
                    let shown = session.peer_certificates().and_then(|chain| Peer::of(chain.first()?));
                    self.serve_connection(stream, shown.map(Arc::new)).await;
                }
            }
        }
    }

    /// `peer` is whom a verified client certificate names.
    async fn serve_connection(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Option<Arc<Peer>>,
    ) {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(MAX_HEADERS)
            .max_frame_size(MAX_FRAME)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(self.limits.connection_window())
            .keep_alive_interval(self.limits.keep_alive)
            .keep_alive_timeout(self.limits.keep_alive_timeout);
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.handshake);
        let service =
            TowerToHyperService::new(self.app.map_request(move |request: Request<hyper::body::Incoming>| {
                let mut request = request.map(Body::new);
                if let Some(peer) = &peer {
                    request.extensions_mut().insert(peer.clone());
                }
                request
            }));
        let stream = Coalescing::new(opening::Opening::new(stream, self.limits.handshake));
        let connection = builder.serve_connection(TokioIo::new(stream.clone()), service);
        let mut turns = Turns::new(connection, stream);
        let ended = tokio::select! {
            ended = &mut turns => ended,
            () = self.drain.cancelled() => {
                turns.connection().graceful_shutdown();
                turns.await
            }
        };
        // A client that goes away is no event.
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection ended early");
        }
    }
}

#[cfg(test)]
mod tests;
