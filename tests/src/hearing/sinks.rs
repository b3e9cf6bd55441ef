//! What comes out of a suite over the network: what a client hears, what is exported.

use std::{convert::Infallible, net::SocketAddr};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, Request, Response};
use http_body_util::StreamBody;
use hyper::{
    body::{Frame, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, trace_service_client::TraceServiceClient},
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use proto::secrets::v1::{
    ListSecretsRequest, ListSecretsResponse, Secret, secret_service_client::SecretServiceClient,
};
use tokio::net::TcpListener;

use oracle::{Canary, Oracle};

use crate::harness::{Collector, Tap};

/// An oracle that no other test shares, and a canary that it knows.
fn oracle() -> (&'static Oracle, String) {
    let oracle: &'static Oracle = Box::leak(Box::default());
    // Known to everybody's oracle too: a test that fails must not be able to hide it.
    let canary = Canary::new().text().to_owned();
    oracle.note("the canary", canary.as_bytes());
    (oracle, canary)
}

/// What a server says too much of, and where.
#[derive(Clone, Default)]
struct Answer {
    headers: HeaderMap,
    message: Vec<u8>,
    trailers: HeaderMap,
}

/// A server that answers one call.
async fn answering(answer: Answer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client comes");
        let service = service_fn(move |_: Request<Incoming>| std::future::ready(respond(answer.clone())));
        http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
    });
    address
}

fn respond(
    answer: Answer,
) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>>, Infallible> {
    let length = u32::try_from(answer.message.len()).expect("short");
    let message = [&[0][..], &length.to_be_bytes(), &answer.message].concat();
    let mut trailers = answer.trailers;
    trailers.insert("grpc-status", "0".parse().expect("a value"));
    let frames = [Frame::data(Bytes::from(message)), Frame::trailers(trailers)].map(Ok);
    let mut response = Response::new(StreamBody::new(stream::iter(frames)));
    *response.headers_mut() = answer.headers;
    response.headers_mut().insert("content-type", "application/grpc".parse().expect("a value"));
    Ok(response)
}

/// The sinks with something in them, after a client called such a server.
async fn after_a_call(oracle: &'static Oracle, answer: Answer) -> Vec<String> {
    let address = answering(answer).await;
    let mut client = SecretServiceClient::new(Tap::heard_by(oracle, address));
    client.list_secrets(ListSecretsRequest::default()).await.expect("the server answers");
    oracle.leaks(&[]).into_iter().map(|leak| leak.sink).collect()
}

/// As `grpc-message` is written.
fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn one(name: &'static str, value: &[u8]) -> HeaderMap {
    HeaderMap::from_iter([(
        http::HeaderName::from_static(name),
        http::HeaderValue::from_bytes(value).expect("visible text"),
    )])
}

#[tokio::test]
async fn whatever_a_client_hears_is_searched() {
    let secret = |canary: &str| Secret { name: canary.to_owned(), ..Secret::default() };
    let list = |canary: &str| ListSecretsResponse { secrets: vec![secret(canary)], ..Default::default() };
    let details = |canary: &str| STANDARD.encode(list(canary).encode_to_vec()).into_bytes();
    for kind in ["nothing", "header", "trailer", "details", "message"] {
        let (oracle, canary) = oracle();
        let mut answer = Answer::default();
        match kind {
            "header" => answer.headers = one("x-told", canary.as_bytes()),
            "trailer" => answer.trailers = one("grpc-message", percent(&canary).as_bytes()),
            "details" => answer.trailers = one("grpc-status-details-bin", &details(&canary)),
            "message" => answer.message = list(&canary).encode_to_vec(),
            _ => {}
        }
        let expected: &[&str] = if kind == "nothing" {
            &[]
        } else {
            &["the answer of /outgate.secrets.v1.SecretService/ListSecrets"]
        };
        assert_eq!(after_a_call(oracle, answer).await, expected, "{kind}");
    }
}

#[tokio::test]
async fn whatever_is_exported_is_searched() {
    for leaks in [true, false] {
        let (oracle, canary) = oracle();
        let collector = Collector::heard_by(oracle);
        let value = Value::StringValue(if leaks { canary } else { "nothing".to_owned() });
        let attribute = KeyValue {
            key: "url.full".to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        };
        let span = Span { attributes: vec![attribute], ..Span::default() };
        let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
        let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
        let address = collector.endpoint().trim_start_matches("http://").parse().expect("an address");
        let mut client = TraceServiceClient::new(Tap::heard_by(oracle, address));
        client
            .export(ExportTraceServiceRequest { resource_spans: vec![resource] })
            .await
            .expect("it takes them");
        let found: Vec<_> = oracle.leaks(&[]).into_iter().map(|leak| leak.sink).collect();
        assert_eq!(found, if leaks { vec!["exported telemetry"] } else { vec![] });
    }
}
