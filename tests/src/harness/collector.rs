//! A collector of traces: the OTLP service of OpenTelemetry's own contract.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use data_encoding::HEXLOWER;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span as WireSpan,
};
use prost::Message;
use tokio::{net::TcpListener, task::AbortHandle, time::timeout};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

/// How long spans may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A span, as far as tests look at it.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) parent_span_id: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// Receives spans and keeps them. It stops when it is dropped.
pub(crate) struct Collector {
    address: SocketAddr,
    kept: Arc<Kept>,
    serving: AbortHandle,
}

#[derive(Default)]
struct Kept {
    requests: Mutex<Vec<ExportTraceServiceRequest>>,
    arrived: tokio::sync::Notify,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let kept = Arc::new(Kept::default());
        let server = Server::builder()
            .add_service(TraceServiceServer::new(Receiver(kept.clone())))
            .serve_with_incoming(TcpListenerStream::new(listener));
        let serving = tokio::spawn(server).abort_handle();
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

    /// Everything that arrived, in the form in which it arrived.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.requests().iter().flat_map(Message::encode_to_vec).collect()
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.requests();
        let resources = requests.into_iter().flat_map(|request| request.resource_spans);
        resources
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .map(Span::from)
            .collect()
    }

    fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        self.kept.requests.lock().expect("nothing panics while it writes").clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Receiver(Arc<Kept>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.requests.lock().expect("nothing panics while it writes").push(request.into_inner());
        self.0.arrived.notify_waiters();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl From<WireSpan> for Span {
    fn from(span: WireSpan) -> Self {
        Self {
            name: span.name,
            trace_id: HEXLOWER.encode(&span.trace_id),
            span_id: HEXLOWER.encode(&span.span_id),
            parent_span_id: HEXLOWER.encode(&span.parent_span_id),
            attributes: span.attributes.into_iter().map(attribute).collect(),
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
