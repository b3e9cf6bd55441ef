//! The answer, read under limits and scrubbed.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use url::Url;

use crate::{
    Answer, Error, ErrorKind,
    header::{self, MAX_HEAD},
    scrub::Scrubber,
    transport::Reply,
};

/// Reads the whole answer: at most [`MAX_HEAD`] bytes of headers and `limit` bytes of body.
pub(super) async fn read(
    reply: Reply,
    limit: usize,
    scrubber: &Scrubber,
    has_secrets: bool,
    url: &Url,
) -> Result<Answer, Error> {
    let head: usize = reply.headers.iter().map(|(name, value)| header::weight(name, value)).sum();
    if head > MAX_HEAD {
        return Err(too_large("headers", MAX_HEAD));
    }
    let encoded = is_encoded(&reply.headers);
    let body = read_body(reply.body, limit).await?;
    if has_secrets && encoded && !body.is_empty() {
        let message =
            "the answer is compressed although it was asked not to be, so it cannot be searched for secrets";
        return Err(Error::new(ErrorKind::ResponseEncoded, message));
    }
    let (body, body_echoed) = scrubber.scrub(body);
    let (headers, headers_echoed) = scrub_headers(&reply.headers, scrubber, body_echoed);
    let echoed = body_echoed || headers_echoed;
    Ok(Answer { status: reply.status.as_u16(), headers, body, url: url.clone(), echoed })
}

async fn read_body(
    mut chunks: futures::stream::BoxStream<'static, Result<Bytes, crate::TransportError>>,
    limit: usize,
) -> Result<Bytes, Error> {
    let mut whole = BytesMut::new();
    let mut only = None;
    while let Some(chunk) = chunks.try_next().await.map_err(super::transport_error)? {
        if whole.len() + only.as_ref().map_or(0, Bytes::len) + chunk.len() > limit {
            return Err(too_large("body", limit));
        }
        // A body of one chunk is handed on as it came.
        match only.take() {
            None if whole.is_empty() => only = Some(chunk),
            first => {
                whole.extend(first);
                whole.extend_from_slice(&chunk);
            }
        }
    }
    Ok(only.unwrap_or_else(|| whole.freeze()))
}

/// The headers that mean something beyond the connection, scrubbed in name and value.
fn scrub_headers(
    headers: &HeaderMap,
    scrubber: &Scrubber,
    body_changed: bool,
) -> (Vec<(String, Bytes)>, bool) {
    let mut echoed = false;
    let kept = headers
        .iter()
        .filter(|(name, _)| !(header::is_hop_by_hop(name) || body_changed && *name == CONTENT_LENGTH))
        .map(|(name, value)| {
            let (name, in_name) = scrubber.scrub(Bytes::copy_from_slice(name.as_str().as_bytes()));
            let (value, in_value) = scrubber.scrub(Bytes::copy_from_slice(value.as_bytes()));
            echoed |= in_name || in_value;
            (String::from_utf8_lossy(&name).into_owned(), value)
        })
        .collect();
    (kept, echoed)
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| {
        let value = value.as_bytes().trim_ascii();
        !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
    })
}

fn too_large(what: &str, limit: usize) -> Error {
    Error::new(
        ErrorKind::ResponseTooLarge { limit },
        format!(
            "the {what} of the answer has more than {limit} bytes; raise the integration's limit, or ask for less"
        ),
    )
}
