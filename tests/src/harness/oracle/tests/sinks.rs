//! Every kind of sink: what a client hears, what is exported, what lies in files.

use std::{convert::Infallible, net::SocketAddr};

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
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;
use crate::harness::{Collector, Tap};

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

/// A folder with one file, deep in it.
fn folder(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let deep = folder.path().join("data/store");
    fs::create_dir_all(&deep)
        .and_then(|()| fs::write(deep.join(name), bytes))
        .expect("a file can be written");
    let file = deep.join(name);
    (folder, file)
}

#[test]
fn every_file_of_a_folder_is_searched_but_for_what_may_be_in_it() {
    let (oracle, canary) = oracle();
    let (folder, file) = folder("blob", format!("\0\0{canary}\u{1}").as_bytes());
    let found = oracle.leaks(&[folder.path()]);
    assert_eq!((found.len(), found[0].sink.as_str()), (1, &*file.display().to_string()));

    oracle.permit(canary.as_bytes(), "another file");
    assert_eq!(oracle.leaks(&[folder.path()]).len(), 1);
    oracle.permit(canary.as_bytes(), &file.display().to_string());
    assert_eq!(oracle.leaks(&[folder.path()]), []);
    oracle.sink("elsewhere").write(canary.as_bytes());
    assert_eq!(oracle.leaks(&[folder.path()]).len(), 1, "there it may be and nowhere else");
}

#[test]
fn a_core_file_is_a_leak_whatever_it_holds() {
    let (oracle, _) = oracle();
    let (folder, file) = folder("core.4711", b"\x7fELF");
    let found: Vec<_> = oracle.leaks(&[folder.path()]).into_iter().map(|leak| leak.sink).collect();
    assert_eq!(found, [file.display().to_string()]);
}

#[test]
fn a_sink_that_is_too_large_to_be_kept_is_searched_as_it_comes() {
    let (oracle, canary) = oracle();
    let sink = oracle.sink("a large answer");
    sink.write(canary.as_bytes());
    for _ in 0..40 {
        sink.write(&[b'.'; 1 << 20]);
    }
    assert_eq!(oracle.leaks(&[]).len(), 1);
    assert_eq!(oracle.leaks(&[]).len(), 0, "it is told once");
}

#[test]
fn what_a_counterpart_writes_down_becomes_a_canary_when_it_is_written() {
    let (oracle, _) = oracle();
    let (_folder, file) = folder("tokens", b"");
    lock(&oracle.written).push(file.clone());
    let token = random().to_string().repeat(3);
    oracle.sink("an answer").write(token.as_bytes());
    assert_eq!(oracle.leaks(&[]), []);
    fs::write(&file, format!("{token}\n")).expect("a file can be written");
    assert_eq!(oracle.leaks(&[]).len(), 1);
}
