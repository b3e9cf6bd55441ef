//! The span around every call that a service answers.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument, Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::refusal;

/// Puts a span around every call; its parent is the caller's, where the call names one. Header values never enter it.
///
/// Names follow the OpenTelemetry semantic conventions for RPC (release candidate of 2026).
#[derive(Clone, Copy, Debug)]
pub struct TraceLayer;

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner }
    }
}

/// The service that [`TraceLayer`] makes.
#[derive(Clone, Debug)]
pub struct Trace<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Trace<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = request.uri().path().trim_start_matches('/');
        if method.starts_with("grpc.health.") {
            return Box::pin(self.inner.call(request));
        }
        let span = info_span!(
            "call",
            otel.name = method,
            otel.kind = "server",
            rpc.system.name = "grpc",
            rpc.method = method,
        );
        // Before the span is entered: afterwards its place in the trace is fixed. A call that carries no context is
        // a trace of its own.
        let _ = span.set_parent(super::extract(request.headers()));
        let answer = span.in_scope(|| self.inner.call(request));
        Box::pin(
            async move {
                let answer = answer.await?;
                record(&Span::current(), &answer);
                Ok(answer)
            }
            .instrument(span),
        )
    }
}

/// Notes how the call ended, for the trace alone: the log would write all that it knows of the span anew. Without a status in
/// the head the handler succeeded; a stream's later end is its own.
fn record(span: &Span, answer: &Response<Body>) {
    let code = Status::from_header_map(answer.headers()).map_or(Code::Ok, |status| status.code());
    span.set_attribute("rpc.response.status_code", refusal::code_name(code));
}
