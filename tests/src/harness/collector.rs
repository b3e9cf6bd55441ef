//! A collector of telemetry: OTLP over gRPC. Whatever is exported to it, of whichever signal, is a sink of the oracle.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span as WireSpan,
};
use prost::Message;
use tokio::{net::TcpListener, sync::Notify, task::AbortHandle, time::timeout};

use oracle::{ORACLE, Oracle, Sink};

use super::tap::RUNTIME;

/// How long spans may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// Where traces are sent to.
const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// What stands before a message (the gRPC protocol over HTTP/2).
const FRAME: usize = 5;

/// A span, as far as tests look at it.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) parent_span_id: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The levels of what happened within it.
    pub(crate) levels: BTreeSet<String>,
}

/// Receives telemetry and keeps the spans of it. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Collector {
    address: SocketAddr,
    kept: Arc<Kept>,
    serving: AbortHandle,
}

#[derive(Debug)]
struct Kept {
    sink: Sink,
    spans: Mutex<Vec<Span>>,
    arrived: Notify,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::heard_by(&ORACLE)
    }

    /// The same with another oracle.
    pub(crate) fn heard_by(oracle: &'static Oracle) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a socket may be");
        let address = listener.local_addr().expect("it is bound");
        let kept =
            Kept { sink: oracle.sink("exported telemetry"), spans: Mutex::default(), arrived: Notify::new() };
        let kept = Arc::new(kept);
        let _on = RUNTIME.enter();
        let listener = TcpListener::from_std(listener).expect("it is a socket that does not block");
        let serving = RUNTIME.spawn(serve(listener, kept.clone())).abort_handle();
        Self { address, kept, serving }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the spans that arrived are enough, and gives them.
    pub(crate) async fn wait_for(&self, enough: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        let wait = async {
            loop {
                let arrived = self.kept.arrived.notified();
                let spans = self.spans();
                if enough(&spans) {
                    return spans;
                }
                arrived.await;
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("too few spans arrived: {:#?}", self.spans()))
    }

    fn spans(&self) -> Vec<Span> {
        self.kept.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, kept: Arc<Kept>) {
    while let Ok((stream, _)) = listener.accept().await {
        let kept = kept.clone();
        let service = service_fn(move |request| receive(request, kept.clone()));
        let connection =
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

/// Takes what is exported, of any signal, and answers an empty message.
async fn receive(request: Request<Incoming>, kept: Arc<Kept>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    kept.sink.write(&body);
    if head.uri.path() == TRACES {
        let request = ExportTraceServiceRequest::decode(&body[FRAME.min(body.len())..]).unwrap_or_default();
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans).map(Span::from);
        kept.spans.lock().unwrap_or_else(PoisonError::into_inner).extend(spans);
        kept.arrived.notify_waiters();
    }
    let empty = Full::new(Bytes::from_static(&[0; FRAME]));
    let answer = Response::builder().header("content-type", "application/grpc").header("grpc-status", "0");
    Ok(answer.body(empty).expect("an answer of a test is well-formed"))
}

impl From<WireSpan> for Span {
    fn from(span: WireSpan) -> Self {
        Self {
            name: span.name,
            trace_id: HEXLOWER.encode(&span.trace_id),
            span_id: HEXLOWER.encode(&span.span_id),
            parent_span_id: HEXLOWER.encode(&span.parent_span_id),
            attributes: span.attributes.into_iter().map(attribute).collect(),
            levels: span
                .events
                .into_iter()
                .flat_map(|event| event.attributes)
                .map(attribute)
                .filter_map(|(name, value)| (name == "level").then_some(value))
                .collect(),
        }
    }
}

fn attribute(pair: KeyValue) -> (String, String) {
    let text = match pair.value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    (pair.key, text)
}
