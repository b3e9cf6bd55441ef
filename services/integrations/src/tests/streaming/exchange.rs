//! One streamed call, message by message.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures::stream;
use proto::integrations::v1::{
    Header, StreamIntegrationRequest, StreamIntegrationRequestHead, StreamIntegrationResponse,
    StreamIntegrationResponseHead, StreamIntegrationResponseTrailer,
    integration_service_client::IntegrationServiceClient, stream_integration_request as outgoing,
    stream_integration_response::Part,
};
use runtime::{
    Link, Role,
    identity::{Identities, Identity, Tenants},
    link::Credentials,
    server::{self, Limits},
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status, Streaming};

use super::super::{
    counterpart::Counterpart,
    world::{CRM, World},
};

const TOKEN: &[u8] = b"token-of-the-caller";

/// The service behind a listener. It stops when it is dropped.
pub(super) struct Served {
    pub(super) world: World,
    pub(super) drain: CancellationToken,
    address: SocketAddr,
    pub(super) server: JoinHandle<std::io::Result<()>>,
}

impl Served {
    /// With the integration `CRM`: everything of the counterpart, open to all.
    pub(super) async fn new(counterpart: &Counterpart) -> Self {
        let world = World::new(counterpart).await;
        world.crm(counterpart, None).await;
        Self::over(world).await
    }

    pub(super) async fn over(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let drain = CancellationToken::new();
        let identity = Identity::with_roles("ada", Tenants::All, &[Role::Caller]);
        let identities = Identities::new([(TOKEN.to_vec(), identity)]);
        let app = server::app(world.routes(), &Limits::default(), Some(identities), drain.clone());
        let server = tokio::spawn(server::serve(listener, None, app, Limits::default(), drain.clone()));
        Self { world, drain, address, server }
    }

    /// A client on a connection of its own.
    pub(super) fn client(&self) -> IntegrationServiceClient<Link> {
        let credentials = Credentials { token: Some(TOKEN), ..Default::default() };
        let link = Link::remote(&format!("http://{}", self.address), credentials).unwrap();
        IntegrationServiceClient::new(link)
    }

    /// Opens a call whose messages are still to be sent.
    pub(super) fn open(&self, timeout: Option<Duration>) -> Call {
        let (parts, receiver) = mpsc::channel(1);
        let messages = stream::unfold(receiver, |mut receiver: mpsc::Receiver<_>| async {
            receiver.recv().await.map(|message| (message, receiver))
        });
        let mut request = Request::new(messages);
        if let Some(timeout) = timeout {
            request.set_timeout(timeout);
        }
        let mut client = self.client();
        let answer =
            tokio::spawn(
                async move { client.stream_integration(request).await.map(tonic::Response::into_inner) },
            );
        Call { parts: Some(parts), answer }
    }

    /// Sends a head and a whole body, and reads the whole answer.
    pub(super) async fn exchange(
        &self,
        head: StreamIntegrationRequestHead,
        body: impl IntoIterator<Item = Bytes>,
    ) -> Result<Whole, Status> {
        let messages = [message(head)].into_iter().chain(body.into_iter().map(chunk)).collect::<Vec<_>>();
        let answer = self.client().stream_integration(stream::iter(messages)).await?;
        whole(answer.into_inner()).await
    }

    /// An answer whose head has come, to a call without a body.
    pub(super) async fn begun(
        &self,
        head: StreamIntegrationRequestHead,
        timeout: Option<Duration>,
    ) -> Streaming<StreamIntegrationResponse> {
        let mut call = self.open(timeout);
        call.send(message(head)).await;
        call.close();
        let mut parts = call.answer().await.unwrap();
        first(&mut parts).await.unwrap();
        parts
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A call on its way.
pub(super) struct Call {
    parts: Option<mpsc::Sender<StreamIntegrationRequest>>,
    answer: JoinHandle<Result<Streaming<StreamIntegrationResponse>, Status>>,
}

impl Call {
    /// Sends a message, as soon as there is room for it. False when nobody takes it any more.
    pub(super) async fn send(&self, message: StreamIntegrationRequest) -> bool {
        self.parts.as_ref().unwrap().send(message).await.is_ok()
    }

    /// Says that the body is whole.
    pub(super) fn close(&mut self) {
        self.parts = None;
    }

    /// The answer, as soon as its head is there. The body may go on being sent by [`send`](Self::send).
    pub(super) async fn answer(&mut self) -> Result<Streaming<StreamIntegrationResponse>, Status> {
        (&mut self.answer).await.unwrap()
    }

    /// Goes away without a word.
    pub(super) fn abandon(self) {
        self.answer.abort();
    }
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) head: StreamIntegrationResponseHead,
    pub(super) body: Vec<u8>,
    pub(super) trailer: StreamIntegrationResponseTrailer,
}

/// Reads an answer to its end, and insists on the order of its parts.
pub(super) async fn whole(mut parts: Streaming<StreamIntegrationResponse>) -> Result<Whole, Status> {
    let head = first(&mut parts).await?;
    let mut body = Vec::new();
    loop {
        match parts.message().await?.expect("a trailer ends an answer").part.expect("a part") {
            Part::Chunk(chunk) => {
                assert!(!chunk.is_empty(), "a chunk holds something");
                body.extend_from_slice(&chunk);
            }
            Part::Trailer(trailer) => {
                assert!(parts.message().await?.is_none(), "nothing follows the trailer");
                assert_eq!(trailer.body_bytes, body.len() as u64);
                return Ok(Whole { head, body, trailer });
            }
            Part::Head(_) => panic!("a second head"),
        }
    }
}

/// The head of an answer.
pub(super) async fn first(
    parts: &mut Streaming<StreamIntegrationResponse>,
) -> Result<StreamIntegrationResponseHead, Status> {
    match parts.message().await?.expect("an answer has a head").part {
        Some(Part::Head(head)) => Ok(head),
        other => panic!("not a head: {other:?}"),
    }
}

/// The next chunk of an answer.
pub(super) async fn next(parts: &mut Streaming<StreamIntegrationResponse>) -> Result<Bytes, Status> {
    match parts.message().await?.expect("there is more").part {
        Some(Part::Chunk(chunk)) => Ok(chunk),
        other => panic!("not a chunk: {other:?}"),
    }
}

/// The head of a call through `CRM`.
pub(super) fn head(method: &str, url: String) -> StreamIntegrationRequestHead {
    StreamIntegrationRequestHead { name: CRM.into(), method: method.into(), url, ..Default::default() }
}

pub(super) fn message(head: StreamIntegrationRequestHead) -> StreamIntegrationRequest {
    StreamIntegrationRequest { part: Some(outgoing::Part::Head(head)) }
}

pub(super) fn chunk(bytes: impl Into<Bytes>) -> StreamIntegrationRequest {
    StreamIntegrationRequest { part: Some(outgoing::Part::Chunk(bytes.into())) }
}

/// The one value of a header of an answer.
pub(super) fn value<'a>(headers: &'a [Header], name: &str) -> &'a [u8] {
    &headers.iter().find(|header| header.name == name).expect("the header is there").value
}
