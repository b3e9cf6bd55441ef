//! The answer: one pipeline from the transport's chunks to what the caller gets, limited, decoded and scrubbed.

mod decode;

use std::{future::ready, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use http::{HeaderMap, HeaderName, Method, StatusCode, header::CONTENT_LENGTH};
use url::Url;

use super::alarm::Alarm;
use crate::{
    Answer, Error, ErrorKind, Streamed,
    header::{self, MAX_HEAD},
    scrub::{Scrubber, Scrubbing},
    transport::Reply,
};

/// Headers that speak of the body as it was encoded: its length, its encodings, and sums over it (RFC 9530, 2 and 3; RFC
/// 3230, 4.3.2; RFC 1864).
const OF_THE_ENCODED: [&str; 6] =
    ["content-encoding", "content-length", "content-digest", "repr-digest", "digest", "content-md5"];

type Chunks = BoxStream<'static, Result<Bytes, Error>>;

/// What an answer is read by.
pub(super) struct Reading {
    /// What takes the secrets out of it.
    pub(super) scrubber: Scrubber,
    /// Whether there were any.
    pub(super) has_secrets: bool,
    /// What is told of those that come back.
    pub(super) alarm: Alarm,
    /// How it was asked.
    pub(super) method: Method,
    /// What was asked, its holes unfilled.
    pub(super) url: Url,
}

/// An answer whose head is there, clean, and whose body is clean as it comes.
///
/// The body passes these stages, each of which asks the one before for no more than it needs next: what the connection
/// brings, its content encodings taken off within bounds, the secrets taken out.
pub(super) fn open(reply: Reply, reading: Reading) -> Result<Streamed, Error> {
    let Reading { scrubber, has_secrets, mut alarm, method, url } = reading;
    let head: usize = reply.headers.iter().map(|(name, value)| header::weight(name, value)).sum();
    if head > MAX_HEAD {
        return Err(too_large("headers", MAX_HEAD));
    }
    let echoes = alarm.echoes();
    let scrubber = Arc::new(scrubber);
    let codings = decode::codings(&reply.headers);
    let has_body = !is_empty_by_nature(&method, reply.status);
    let is_decoded = has_body && codings.as_ref().is_some_and(|codings| !codings.is_empty());
    let headers = scrub_headers(&reply.headers, is_decoded, &scrubber, &mut alarm)?;
    // HTTP/2 may end a body with a frame of nothing: that is no chunk.
    let received = reply.body.try_filter(|chunk| ready(!chunk.is_empty()));
    let received = received.map_err(super::transport_error).boxed();
    let readable = match codings {
        Some(codings) if codings.is_empty() => received,
        Some(codings) => decode::decoded(received, codings),
        None if has_secrets => refused_if_any(received),
        None => received,
    };
    let body = match scrubber.is_idle() {
        false => scrubbed(readable, Scrubbing::new(Arc::clone(&scrubber)), alarm),
        true => readable,
    };
    let is_searched = has_body && !scrubber.is_idle();
    Ok(Streamed {
        status: reply.status.as_u16(),
        headers,
        url,
        body,
        echoes,
        is_searched,
        followed: 0,
        crossed: false,
    })
}

/// An answer without a body (RFC 9110, 6.4.1): its headers speak of the one that there would be.
fn is_empty_by_nature(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The whole of it, if its body has at most `limit` bytes.
pub(super) async fn collect(streamed: Streamed, limit: usize) -> Result<Answer, Error> {
    let Streamed { status, mut headers, url, mut body, echoes, followed, crossed, .. } = streamed;
    let mut whole = BytesMut::new();
    let mut only = None;
    while let Some(chunk) = body.try_next().await? {
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
    let body = only.unwrap_or_else(|| whole.freeze());
    let echoed = echoes.count() > 0;
    if echoed {
        headers.retain(|(name, _)| name != CONTENT_LENGTH.as_str());
    }
    Ok(Answer { status, headers, body, url, echoed, followed, crossed })
}

/// The same, its body ending when nothing comes for so long. Its errors name the host, and its headers no length that an echo
/// would make untrue.
pub(super) fn lasting(mut streamed: Streamed, longest: Duration, host: String) -> Streamed {
    if streamed.is_searched {
        streamed.headers.retain(|(name, _)| name != CONTENT_LENGTH.as_str());
    }
    let silence = move || Error::new(ErrorKind::Timeout, format!("nothing more came within {longest:?}"));
    let body = stream::try_unfold(streamed.body, move |mut body| async move {
        match tokio::time::timeout(longest, body.try_next()).await {
            Ok(chunk) => Ok(chunk?.map(|chunk| (chunk, body))),
            Err(_) => Err(silence()),
        }
    });
    Streamed { body: body.map_err(move |error| error.at(&host)).boxed(), ..streamed }
}

fn refused_if_any(body: Chunks) -> Chunks {
    let message =
        "the answer is in a content encoding that was not asked for, so it cannot be searched for secrets";
    body.and_then(move |_| async move { Err(Error::new(ErrorKind::ResponseEncoded, message)) }).boxed()
}

fn scrubbed(body: Chunks, scrubbing: Scrubbing, alarm: Alarm) -> Chunks {
    let state = Some((body, scrubbing, alarm));
    let chunks = stream::try_unfold(state, |state| async move {
        let Some((mut body, mut scrubbing, mut alarm)) = state else { return Ok(None) };
        while let Some(chunk) = body.try_next().await? {
            let (clean, count) = scrubbing.push(chunk);
            alarm.found(count)?;
            if !clean.is_empty() {
                return Ok(Some((clean, Some((body, scrubbing, alarm)))));
            }
        }
        let (rest, count) = scrubbing.finish();
        alarm.found(count)?;
        Ok(Some((rest, None)).filter(|(rest, _)| !rest.is_empty()))
    });
    chunks.boxed()
}

/// The headers that mean something beyond the connection and its encodings, scrubbed in name and value.
fn scrub_headers(
    headers: &HeaderMap,
    is_decoded: bool,
    scrubber: &Scrubber,
    alarm: &mut Alarm,
) -> Result<Vec<(String, Bytes)>, Error> {
    let is_kept = |name: &HeaderName| {
        let encoding = is_decoded && OF_THE_ENCODED.contains(&name.as_str());
        !(encoding || header::is_hop_by_hop(name))
    };
    headers
        .iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, value)| {
            let (name, in_name) = scrubber.scrub_name(name.as_str());
            let (value, in_value) = scrubber.scrub(Bytes::copy_from_slice(value.as_bytes()));
            alarm.found(in_name + in_value)?;
            Ok((name, value))
        })
        .collect()
}

fn too_large(what: &str, limit: usize) -> Error {
    Error::new(
        ErrorKind::ResponseTooLarge { limit },
        format!(
            "the {what} of the answer has more than {limit} bytes; raise the integration's limit, or ask for less"
        ),
    )
}
