//! What every listener has: health, reflection, and gRPC-Web; and what only one of them has.

use std::net::SocketAddr;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use prost::Message;
use proto::secrets::v1::{ListSecretsRequest, ListSecretsResponse};
use tokio::net::TcpStream;
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::harness::{Authority, Known, Setup, Suite, Tap, came_out, free_port};

const PUBLIC: [&str; 6] = [
    "outgate.backup.v1.BackupService",
    "outgate.integrations.v1.AdapterService",
    "outgate.integrations.v1.IntegrationService",
    "outgate.keys.v1.KeyService",
    "outgate.registers.v1.RegisterService",
    "outgate.secrets.v1.SecretService",
];
const INTERNAL: [&str; 2] = ["outgate.secrets.v1.SecretReleaseService", "outgate.tokens.v1.TokenService"];

/// A suite with all three listeners.
struct Scene {
    suite: Suite,
    internal: SocketAddr,
    health: SocketAddr,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (internal, health) = (loopback(free_port()), loopback(free_port()));
        let token_file = Known::new("link", &[]).token_file(folder.path());
        let suite = Setup::new(&Authority::new())
            .config(&format!(
                "[server]\ninternal_listen = \"{internal}\"\nhealth_listen = \"{health}\"\n\
                 [links]\ntoken_file = {token_file:?}\n"
            ))
            .start()
            .await;
        Self { suite, internal, health }
    }

    fn all(&self) -> [SocketAddr; 3] {
        [self.suite.address(), self.internal, self.health]
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[tokio::test]
async fn every_listener_says_whether_each_service_is_well() {
    let scene = Scene::new().await;
    for address in scene.all() {
        let mut health = HealthClient::new(Tap::to(address));
        for service in ["", "liveness", "readiness"].iter().chain(&PUBLIC).chain(&INTERNAL) {
            let request = HealthCheckRequest { service: (*service).to_owned() };
            let answer = health.check(request).await.expect("health knows the name").into_inner();
            assert_eq!(answer.status(), ServingStatus::Serving, "`{service}` on {address}");
        }
    }
}

#[tokio::test]
async fn reflection_shows_what_a_listener_serves_and_nothing_else() {
    let scene = Scene::new().await;
    let public = reflected(scene.suite.address()).await;
    let internal = reflected(scene.internal).await;
    for (here, there, services) in [(&public, &internal, &PUBLIC[..]), (&internal, &public, &INTERNAL[..])] {
        for service in services {
            assert!(here.iter().any(|name| name == service), "{service} is missing in {here:?}");
            assert!(there.iter().all(|name| name != service), "{service} is where it must not be: {there:?}");
        }
        assert!(here.iter().any(|name| name == "grpc.health.v1.Health"), "{here:?}");
    }
    let probes = reflected(scene.health).await;
    assert!(probes.iter().any(|name| name == "grpc.health.v1.Health"), "{probes:?}");
    assert!(probes.iter().all(|name| name.starts_with("grpc.")), "{probes:?}");
}

#[tokio::test]
async fn reflection_describes_a_service() {
    let scene = Scene::new().await;
    let symbol = "outgate.integrations.v1.IntegrationService".to_owned();
    let answer = reflect(scene.suite.address(), MessageRequest::FileContainingSymbol(symbol)).await;
    let MessageResponse::FileDescriptorResponse(files) = answer else { panic!("no file came: {answer:?}") };
    assert!(files.file_descriptor_proto.iter().any(|file| {
        let file = prost_types::FileDescriptorProto::decode(file.as_slice()).expect("a descriptor");
        file.service
            .iter()
            .any(|service| service.method.iter().any(|method| method.name() == "ExecuteIntegration"))
    }));
}

async fn reflected(address: SocketAddr) -> Vec<String> {
    let answer = reflect(address, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("no list came: {answer:?}") };
    list.service.into_iter().map(|service| service.name).collect()
}

async fn reflect(address: SocketAddr, request: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let mut client = ServerReflectionClient::new(Tap::to(address));
    let requests = futures::stream::iter([request]);
    let mut answers =
        client.server_reflection_info(requests).await.expect("reflection is served").into_inner();
    let answer = answers.next().await.expect("an answer comes").expect("it is no failure");
    answer.message_response.expect("it says something")
}

#[tokio::test]
async fn a_browser_can_call_every_listener_over_http_1_1() {
    let scene = Scene::new().await;
    for address in scene.all() {
        let request = HealthCheckRequest::default();
        let answer = grpc_web(address, "/grpc.health.v1.Health/Check", None, &request).await;
        assert_eq!(answer.status, "0", "{address}");
        let health = HealthCheckResponse::decode(answer.message).expect("the answer of a health check");
        assert_eq!(health.status(), ServingStatus::Serving);
    }
}

#[tokio::test]
async fn a_browser_needs_a_token_like_everybody() {
    let scene = Scene::new().await;
    let list = ListSecretsRequest { parent: "tenants/default".to_owned(), ..Default::default() };
    let path = "/outgate.secrets.v1.SecretService/ListSecrets";
    let address = scene.suite.address();

    let answer = grpc_web(address, path, Some(scene.suite.token()), &list).await;
    assert_eq!(answer.status, "0");
    assert_eq!(ListSecretsResponse::decode(answer.message).expect("a page"), ListSecretsResponse::default());

    let refused = grpc_web(address, path, None, &list).await;
    assert_eq!(refused.status, (tonic::Code::Unauthenticated as i32).to_string());
}

/// What came back over gRPC-Web.
struct WebAnswer {
    message: Bytes,
    status: String,
}

/// One call as a browser makes it: HTTP/1.1, the message framed in the body, the trailers framed behind it.
async fn grpc_web(address: SocketAddr, path: &str, token: Option<&str>, message: &impl Message) -> WebAnswer {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP/1.1");
    tokio::spawn(connection);
    let mut body = vec![0];
    body.extend(u32::try_from(message.encoded_len()).expect("short").to_be_bytes());
    body.extend(message.encode_to_vec());
    let mut request = Request::post(path)
        .header("host", address.to_string())
        .header("content-type", "application/grpc-web+proto")
        .header("x-grpc-web", "1");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Full::new(Bytes::from(body))).expect("a request");
    let response = sender.send_request(request).await.expect("an answer comes");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/grpc-web+proto");
    let refused =
        response.headers().get("grpc-status").map(|status| status.to_str().expect("text").to_owned());
    came_out(format!("the headers of {path} over gRPC-Web"), format!("{:?}", response.headers()).as_bytes());
    let mut body = response.into_body().collect().await.expect("the whole answer comes").to_bytes();
    came_out(format!("the answer of {path} over gRPC-Web"), &body);
    let mut answer = WebAnswer { message: Bytes::new(), status: refused.unwrap_or_default() };
    while body.has_remaining() {
        let kind = body.get_u8();
        let length = usize::try_from(body.get_u32()).expect("short");
        let frame = body.split_to(length);
        match kind {
            0 => answer.message = frame,
            0x80 => answer.status = trailer(&frame, "grpc-status").expect("the trailers tell the status"),
            other => panic!("a frame of kind {other}"),
        }
    }
    answer
}

fn trailer(frame: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(frame).expect("trailers are text");
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
}
