//! The two ways to the counterpart.

use std::{fs, time::Instant};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use proto::integrations::v1::{
    StreamIntegrationRequest, StreamIntegrationRequestHead,
    integration_service_client::IntegrationServiceClient, stream_integration_request as incoming,
    stream_integration_response::Part,
};
use rustls::crypto::ring;
use tonic::{
    Request,
    metadata::MetadataValue,
    transport::{Channel, Endpoint},
};

use crate::{Outcome, Way};

/// What is sent at once.
const PIECE: usize = 128 << 10;

/// What is kept of an answer, in bytes.
const SHORT: usize = 32;

/// What the server may send at once: each frame is a write of its own, so large ones cost less.
const FRAME: u32 = 256 << 10;

/// One copy by reqwest alone.
pub(crate) async fn direct(way: Way, bytes: u64, url: &str, ca: &str) -> Outcome<()> {
    let _ = ring::default_provider().install_default();
    let ca = reqwest::Certificate::from_pem(&fs::read(ca)?)?;
    #[expect(clippy::disallowed_methods, reason = "what the guarded door is measured against")]
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build()?;
    client.get(format!("{url}/0")).send().await?.bytes().await?;
    let began = Instant::now();
    let copied = match way {
        Way::Down => {
            let mut response = client.get(format!("{url}/{bytes}")).send().await?;
            let mut copied = 0;
            while let Some(chunk) = response.chunk().await? {
                copied += chunk.len() as u64;
            }
            copied
        }
        Way::Up => {
            let body = reqwest::Body::wrap_stream(pieces(bytes).map(Ok::<_, std::io::Error>));
            client.post(url).body(body).send().await?.text().await?.parse()?
        }
    };
    told(began, copied, bytes)
}

/// One copy through the suite.
pub(crate) async fn through(way: Way, bytes: u64, url: &str, server: &str, token: &str) -> Outcome<()> {
    let token: MetadataValue<_> = format!("Bearer {}", fs::read_to_string(token)?.trim()).parse()?;
    let channel =
        Endpoint::from_shared(server.to_owned())?.tcp_nodelay(true).max_frame_size(FRAME).connect().await?;
    let mut client = IntegrationServiceClient::new(channel);
    call(&mut client, &token, head("GET", format!("{url}/0")), stream::empty()).await?;
    let began = Instant::now();
    let copied = match way {
        Way::Down => {
            call(&mut client, &token, head("GET", format!("{url}/{bytes}")), stream::empty()).await?.0
        }
        Way::Up => {
            let body = pieces(bytes);
            let (_, answer) = call(&mut client, &token, head("POST", format!("{url}/up")), body).await?;
            std::str::from_utf8(&answer)?.parse()?
        }
    };
    told(began, copied, bytes)
}

/// How many bytes came, and the first of them, which are all of a short answer: where the search for a secret holds some
/// back, it comes in several chunks.
async fn call(
    client: &mut IntegrationServiceClient<Channel>,
    token: &MetadataValue<tonic::metadata::Ascii>,
    head: StreamIntegrationRequest,
    body: impl Stream<Item = Bytes> + Send + 'static,
) -> Outcome<(u64, Vec<u8>)> {
    let body = body.map(|chunk| StreamIntegrationRequest { part: Some(incoming::Part::Chunk(chunk)) });
    let mut request = Request::new(stream::iter([head]).chain(body));
    request.metadata_mut().insert("authorization", token.clone());
    let mut parts = client.stream_integration(request).await?.into_inner();
    let mut first = Vec::new();
    while let Some(message) = parts.message().await? {
        match message.part {
            Some(Part::Head(head)) if !head.ok => return Err(format!("status {}", head.status).into()),
            Some(Part::Chunk(chunk)) if first.len() < SHORT => first.extend_from_slice(&chunk),
            Some(Part::Trailer(trailer)) => return Ok((trailer.body_bytes, first)),
            _ => {}
        }
    }
    Err("the stream ended without a trailer".into())
}

fn head(method: &str, url: String) -> StreamIntegrationRequest {
    let head = StreamIntegrationRequestHead {
        name: "tenants/default/integrations/BENCH".to_owned(),
        method: method.to_owned(),
        url,
        ..Default::default()
    };
    StreamIntegrationRequest { part: Some(incoming::Part::Head(head)) }
}

fn pieces(bytes: u64) -> impl Stream<Item = Bytes> + Send + 'static {
    let piece = Bytes::from(vec![0xA5; PIECE]);
    stream::unfold(bytes, move |left| {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        let next = (size > 0).then(|| (piece.slice(..size), left - size as u64));
        async { next }
    })
}

fn told(began: Instant, copied: u64, expected: u64) -> Outcome<()> {
    if copied != expected {
        return Err(format!("{copied} bytes were copied instead of {expected}").into());
    }
    println!("{}", began.elapsed().as_secs_f64());
    Ok(())
}
