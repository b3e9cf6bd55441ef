use std::{net::SocketAddr, time::Instant};

use proto::secrets::v1::{
    CheckReleaseRequest, CheckReleaseResponse, CheckTokenUseRequest, CheckTokenUseResponse,
    DescribeSecretsRequest, DescribeSecretsResponse, Purpose, RecordUsesRequest, RecordUsesResponse,
    ReleaseSecretRequest, ReleaseSecretResponse, ReportUseRequest, ReportUseResponse, SaveSecretRequest,
    SaveSecretResponse,
    secret_release_service_client::SecretReleaseServiceClient,
    secret_release_service_server::{SecretReleaseService, SecretReleaseServiceServer},
};
use tokio::{sync::Notify, task::JoinHandle};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt;

use super::*;
use crate::identity::{Identity, Role, Tenants};

/// A service whose calls do what their `name` says.
#[derive(Default)]
struct Scripted {
    entered: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[tonic::async_trait]
impl SecretReleaseService for Scripted {
    async fn release_secret(
        &self,
        request: tonic::Request<ReleaseSecretRequest>,
    ) -> Result<tonic::Response<ReleaseSecretResponse>, Status> {
        self.entered.notify_one();
        match request.into_inner().name.as_str() {
            "wait" => self.go_on.notified().await,
            "panic" => panic!("canary in the panic's text"),
            _ => {}
        }
        Ok(tonic::Response::new(ReleaseSecretResponse::default()))
    }

    async fn check_release(
        &self,
        _: tonic::Request<CheckReleaseRequest>,
    ) -> Result<tonic::Response<CheckReleaseResponse>, Status> {
        Ok(tonic::Response::new(CheckReleaseResponse::default()))
    }

    async fn check_token_use(
        &self,
        _: tonic::Request<CheckTokenUseRequest>,
    ) -> Result<tonic::Response<CheckTokenUseResponse>, Status> {
        Ok(tonic::Response::new(CheckTokenUseResponse::default()))
    }

    async fn report_use(
        &self,
        _: tonic::Request<ReportUseRequest>,
    ) -> Result<tonic::Response<ReportUseResponse>, Status> {
        Ok(tonic::Response::new(ReportUseResponse::default()))
    }

    async fn record_uses(
        &self,
        _: tonic::Request<RecordUsesRequest>,
    ) -> Result<tonic::Response<RecordUsesResponse>, Status> {
        Ok(tonic::Response::new(RecordUsesResponse::default()))
    }

    async fn describe_secrets(
        &self,
        _: tonic::Request<DescribeSecretsRequest>,
    ) -> Result<tonic::Response<DescribeSecretsResponse>, Status> {
        Ok(tonic::Response::new(DescribeSecretsResponse::default()))
    }

    async fn save_secret(
        &self,
        _: tonic::Request<SaveSecretRequest>,
    ) -> Result<tonic::Response<SaveSecretResponse>, Status> {
        Ok(tonic::Response::new(SaveSecretResponse::default()))
    }
}

struct Server {
    address: SocketAddr,
    drain: CancellationToken,
    entered: Arc<Notify>,
    go_on: Arc<Notify>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    async fn start(limits: Limits, identities: Option<Identities>) -> Self {
        let service = Scripted::default();
        let (entered, go_on) = (service.entered.clone(), service.go_on.clone());
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_service_status("watched", tonic_health::ServingStatus::Serving).await;
        let mut routes = Routes::builder();
        routes.add_service(SecretReleaseServiceServer::new(service)).add_service(health);
        let drain = CancellationToken::new();
        let app = app(routes.routes(), &limits, identities, drain.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(serve(listener, None, app, limits, drain.clone()));
        Self { address, drain, entered, go_on, task }
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    /// A call, on its way in a task of its own.
    async fn call(&self, name: &str) -> JoinHandle<Result<(), Status>> {
        let mut client = SecretReleaseServiceClient::new(self.channel().await);
        let message = ReleaseSecretRequest {
            name: name.to_owned(),
            purpose: Purpose::Call.into(),
            ..Default::default()
        };
        tokio::spawn(async move { client.release_secret(message).await.map(drop) })
    }

    async fn end(self) -> io::Result<()> {
        self.drain.cancel();
        self.task.await.unwrap()
    }
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_call_that_was_accepted_finishes_after_the_server_was_told_to_stop() {
    let server = Server::start(Limits::default(), None).await;
    let call = server.call("wait").await;
    server.entered.notified().await;
    server.drain.cancel();
    server.go_on.notify_one();
    call.await.unwrap().unwrap();
    server.end().await.unwrap();
}

#[tokio::test]
async fn after_the_drain_nothing_new_is_accepted() {
    let server = Server::start(Limits::default(), None).await;
    let address = server.address;
    server.end().await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_end() {
    let server =
        Server::start(Limits { handshake: Duration::from_secs(600), ..Limits::default() }, None).await;
    let _silent = TcpStream::connect(server.address).await.unwrap();
    let half = TcpStream::connect(server.address).await.unwrap();
    half.writable().await.unwrap();
    half.try_write(b"PRI * HT").unwrap();
    // Accepted by the time a later connection is answered.
    server.call("").await.await.unwrap().unwrap();
    let began = Instant::now();
    server.end().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go() {
    let server =
        Server::start(Limits { handshake: Duration::from_millis(50), ..Limits::default() }, None).await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    silent.readable().await.unwrap();
    assert_eq!(silent.try_read(&mut [0; 1]).unwrap(), 0, "the server closed the connection");
}

#[tokio::test]
async fn what_does_not_end_is_cut_off_and_said_to_be() {
    let server = Server::start(Limits { drain: Duration::from_millis(50), ..Limits::default() }, None).await;
    let call = server.call("wait").await;
    server.entered.notified().await;
    assert_eq!(server.end().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    call.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn a_stream_that_waits_for_news_ends_at_the_drain() {
    let server = Server::start(Limits::default(), None).await;
    let mut client = HealthClient::new(server.channel().await);
    let mut stream =
        client.watch(HealthCheckRequest { service: "watched".to_owned() }).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    server.drain.cancel();
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
    server.end().await.unwrap();
}

#[tokio::test]
async fn a_call_and_a_stream_end_at_their_deadline() {
    // Without a channel in between, whose own clock would answer first.
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("watched", tonic_health::ServingStatus::Serving).await;
    let mut routes = Routes::builder();
    routes.add_service(SecretReleaseServiceServer::new(Scripted::default())).add_service(health);
    let app = app(routes.routes(), &Limits::default(), None, CancellationToken::new());

    let message = ReleaseSecretRequest { name: "wait".to_owned(), ..Default::default() };
    let mut request = tonic::Request::new(message);
    request.set_timeout(Duration::from_millis(50));
    let status = SecretReleaseServiceClient::new(app.clone()).release_secret(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));

    let mut request = tonic::Request::new(HealthCheckRequest { service: "watched".to_owned() });
    request.set_timeout(Duration::from_millis(50));
    let mut stream = HealthClient::new(app).watch(request).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test]
async fn a_caller_without_a_deadline_gets_the_servers() {
    let server =
        Server::start(Limits { deadline: Duration::from_millis(50), ..Limits::default() }, None).await;
    let status = server.call("wait").await.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn calls_over_the_bound_are_refused_with_advice() {
    let server = Server::start(Limits { calls: 1, ..Limits::default() }, None).await;
    let first = server.call("wait").await;
    server.entered.notified().await;
    let status = server.call("").await.await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    server.go_on.notify_one();
    first.await.unwrap().unwrap();
    server.call("").await.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_panic_is_answered_and_says_nothing() {
    let server = Server::start(Limits::default(), None).await;
    let status = server.call("panic").await.await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "INTERNAL"));
    assert!(!format!("{status:?}").contains("canary"));
    server.call("").await.await.unwrap().unwrap();
}

#[tokio::test]
async fn only_probes_may_call_without_a_token() {
    let identity = Identity::with_roles("x", Tenants::All, &[Role::Releaser]);
    let server =
        Server::start(Limits::default(), Some(Identities::new([(b"token".to_vec(), identity)]))).await;
    let status = server.call("").await.await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "UNAUTHENTICATED"));
    let mut health = HealthClient::new(server.channel().await);
    health.check(HealthCheckRequest { service: "watched".to_owned() }).await.unwrap();
    let mut client = SecretReleaseServiceClient::new(server.channel().await);
    let mut request = tonic::Request::new(ReleaseSecretRequest::default());
    request.metadata_mut().insert("authorization", "Bearer token".parse().unwrap());
    client.release_secret(request).await.unwrap();
}
