//! A counterpart: an HTTPS server on loopback that writes down what it gets.

use std::{
    convert::Infallible,
    future::{Future, ready},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures::future::BoxFuture;
use http::Request;
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rustls::ServerConfig;
use tokio::{net::TcpListener, task::AbortHandle};
use tokio_rustls::TlsAcceptor;

use super::{Answer, Authority, Received};

type Handler = Arc<dyn Fn(Received) -> BoxFuture<'static, Answer> + Send + Sync>;

/// An HTTPS server that another company might run. It stops when it is dropped.
pub(crate) struct Counterpart {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    accepting: AbortHandle,
}

impl Counterpart {
    /// Starts one that answers at once.
    pub(crate) async fn start(
        authority: &Authority,
        answer: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_slow(authority, move |received| ready(answer(&received))).await
    }

    /// Starts one that speaks to nobody without a client certificate.
    pub(crate) async fn start_demanding(
        authority: &Authority,
        answer: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_as(authority.demanding_server(), move |received| ready(answer(&received))).await
    }

    /// Starts one that answers when it likes.
    pub(crate) async fn start_slow<F>(
        authority: &Authority,
        answer: impl Fn(Received) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self::start_as(authority.server(), answer).await
    }

    async fn start_as<F>(
        tls: Arc<ServerConfig>,
        answer: impl Fn(Received) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let received = Arc::new(Mutex::new(Vec::new()));
        let handler: Handler = Arc::new(move |received| Box::pin(answer(received)));
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(tls), handler, received.clone()));
        Self { address, received, accepting: accepting.abort_handle() }
    }

    /// The address of `path` here; the path begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Everything that arrived so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no counterpart panics while it writes").clone()
    }

    /// The one request that arrived.
    pub(crate) fn only(&self) -> Received {
        let mut received = self.received();
        assert_eq!(received.len(), 1, "one request was expected: {received:?}");
        received.remove(0)
    }

    /// The request that arrived last.
    pub(crate) fn last(&self) -> Received {
        self.received().pop().expect("a request arrived")
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, handler: Handler, log: Arc<Mutex<Vec<Received>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, handler, log) = (tls.clone(), handler.clone(), log.clone());
        tokio::spawn(async move {
            // A client that breaks off is its own business.
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| answer(request, handler.clone(), log.clone()));
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    handler: Handler,
    log: Arc<Mutex<Vec<Received>>>,
) -> Result<http::Response<http_body_util::Full<bytes::Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let received = Received {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.collect().await.map(|body| body.to_bytes()).unwrap_or_default(),
    };
    log.lock().expect("no counterpart panics while it writes").push(received.clone());
    Ok(handler(received).await.into_response())
}
