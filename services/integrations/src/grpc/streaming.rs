//! The messages of a streamed call: a head and chunks come in; a head, chunks and a trailer go out.

use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use proto::integrations::v1::{
    Header, StreamIntegrationRequest, StreamIntegrationRequestHead, StreamIntegrationResponse,
    StreamIntegrationResponseHead, StreamIntegrationResponseTrailer, stream_integration_request as incoming,
    stream_integration_response::Part as Outgoing,
};
use runtime::Refusal;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use crate::executor::{Chunks, Download, Part};

/// The largest chunk that is taken, in bytes, as the contract says.
const CHUNK_BYTES: usize = 4 << 20;
/// The largest message that is read: such a chunk, or a head with all headers that a request may have, and what stands
/// around it.
pub(super) const MESSAGE_BYTES: usize = CHUNK_BYTES + (256 << 10);
/// How long a caller may take from opening the stream to sending the head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// The first message, which is the head.
pub(super) async fn head(
    parts: &mut Streaming<StreamIntegrationRequest>,
) -> Result<StreamIntegrationRequestHead, Refusal> {
    let first = timeout(HEAD_WITHIN, parts.message()).await.map_err(|_| {
        Refusal::field("head", format!("did not come within {} s of the call", HEAD_WITHIN.as_secs()))
    })?;
    match first.map_err(|status| broken("head", &status))?.and_then(|message| message.part) {
        Some(incoming::Part::Head(head)) => Ok(head),
        Some(incoming::Part::Chunk(_)) => Err(Refusal::field("head", "is missing; send it before any chunk")),
        None => Err(Refusal::field("head", "is missing; send it as the first message")),
    }
}

/// The messages behind the head, which are the body.
pub(super) fn chunks(parts: Streaming<StreamIntegrationRequest>) -> Chunks {
    let chunk = |message: StreamIntegrationRequest| match message.part {
        Some(incoming::Part::Chunk(chunk)) if chunk.len() <= CHUNK_BYTES => Ok(chunk),
        Some(incoming::Part::Chunk(_)) => Err(too_large("chunk")),
        Some(incoming::Part::Head(_)) => {
            Err(Refusal::field("head", "came after the first message; send it once, before any chunk"))
        }
        None => Err(Refusal::field("part", "is missing; every message after the head holds a chunk")),
    };
    parts.map(move |message| message.map_err(|status| broken("chunk", &status)).and_then(chunk)).boxed()
}

/// The messages of an answer.
pub(super) fn answer(
    mut download: Download,
) -> impl Stream<Item = Result<StreamIntegrationResponse, Status>> + Send + 'static {
    let headers = std::mem::take(&mut download.headers);
    let head = StreamIntegrationResponseHead {
        status: download.status.into(),
        ok: (200..300).contains(&download.status),
        headers: headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
    };
    let rest = download.map(|part| match part {
        Ok(Part::Chunk(bytes)) => Ok(message(Outgoing::Chunk(bytes))),
        Ok(Part::End { echoed, bytes }) => Ok(message(Outgoing::Trailer(StreamIntegrationResponseTrailer {
            secret_echoed: echoed,
            body_bytes: bytes,
        }))),
        Err(refusal) => Err(refusal.into()),
    });
    stream::iter([Ok(message(Outgoing::Head(head)))]).chain(rest)
}

fn message(part: Outgoing) -> StreamIntegrationResponse {
    StreamIntegrationResponse { part: Some(part) }
}

/// A message that could not be read. tonic's own text for it stays here.
fn broken(field: &str, status: &Status) -> Refusal {
    match status.code() {
        Code::OutOfRange => too_large(field),
        _ => {
            Refusal::field(field, "cannot be read: the stream of the request broke off, or holds no message")
                .because(format!("reading a streamed request: {:?}", status.code()))
        }
    }
}

fn too_large(field: &str) -> Refusal {
    Refusal::field(field, format!("is larger than {CHUNK_BYTES} bytes; send the body in smaller chunks"))
}
