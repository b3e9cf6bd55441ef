//! Bodies that are sent and read as they come.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_ENCODING};
use mapping::Encoder;

use super::{
    Door, HOST, Keeper, Loopback, after,
    counterpart::{Counterpart, Reaction, ok},
    door, get, policy,
};
use crate::{Body, ErrorKind, Reply, Transport, TransportError, Vetted};

const TOKEN: &[u8] = b"tok-4f9d2c71aa05e8b6";

/// A body in chunks of the transfer, each of which is its own write on the wire.
pub(super) fn chunked(chunks: &[&[u8]]) -> Vec<u8> {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let framed = chunks
        .iter()
        .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    head.into_iter().chain(framed).chain(*b"0\r\n\r\n").collect()
}

#[tokio::test]
async fn a_body_of_any_size_comes_as_a_stream() {
    let size = 3_000_000;
    let counterpart = Counterpart::start(move |_| ok(&"x".repeat(size))).await;
    let mut outbound = get(&counterpart, "/");
    outbound.response_bytes = 1000;
    let mut streamed = door(&counterpart).stream(outbound, &Keeper::default()).await.unwrap();
    assert_eq!(streamed.status, 200);
    let (mut length, mut chunks) = (0, 0);
    while let Some(chunk) = streamed.body.try_next().await.unwrap() {
        assert!(!chunk.is_empty() && chunk.iter().all(|byte| *byte == b'x'));
        (length, chunks) = (length + chunk.len(), chunks + 1);
    }
    assert_eq!(length, size);
    assert!(chunks > 10, "{chunks}: it comes in parts");
    assert_eq!(streamed.echoes.count(), 0);
}

#[tokio::test]
async fn an_echo_across_chunks_is_taken_out_of_a_stream() {
    let counterpart = Counterpart::start(|_| {
        Reaction::Write(chunked(&[b"you sent tok-4f9d", b"2c71", b"aa05e8b6, and tok-4f9d2c", b"99"]))
    })
    .await;
    let mut outbound = get(&counterpart, "/");
    outbound.credentials = vec![("authorization".into(), after("Bearer ", "key", Encoder::Header))];
    let keeper = Keeper::with(&[("key", TOKEN)]);
    let streamed = door(&counterpart).stream(outbound, &keeper).await.unwrap();
    let echoes = streamed.echoes.clone();
    let body: Vec<Bytes> = streamed.body.try_collect().await.unwrap();
    assert_eq!(body.concat(), b"you sent [secret removed], and tok-4f9d2c99");
    assert_eq!(echoes.count(), 1);
}

#[tokio::test]
async fn a_stream_ends_in_silence_and_names_the_host() {
    let counterpart = Counterpart::start(|_| {
        Reaction::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".to_vec())
    })
    .await;
    let mut outbound = get(&counterpart, "/");
    outbound.timeout = Duration::from_millis(300);
    let streamed = door(&counterpart).stream(outbound, &Keeper::default()).await.unwrap();
    let parts: Vec<_> = streamed.body.collect().await;
    let [Ok(first), Err(error)] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!(first, &b"half"[..]);
    assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
    assert_eq!(error.host(), Some(HOST));
}

#[tokio::test]
async fn a_body_is_sent_as_it_comes() {
    let counterpart = Counterpart::start(|_| ok("thanks")).await;
    let mut outbound = get(&counterpart, "/upload");
    outbound.method = "POST".to_owned();
    outbound.body = Body::stream(
        stream::iter([b"first ".as_slice(), b"second"]).map(|part| Ok(Bytes::from_static(part))),
    );
    let answer = door(&counterpart).send(outbound, &Keeper::default()).await.unwrap();
    assert_eq!(answer.body, "thanks");
    let request = counterpart.request();
    assert!(request.contains("\r\ntransfer-encoding: chunked\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n"), "{request}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told_apart_from_a_connection_that_does() {
    let counterpart = Counterpart::start(|_| ok("thanks")).await;
    let mut outbound = get(&counterpart, "/upload");
    outbound.method = "POST".to_owned();
    outbound.body =
        Body::stream(stream::iter([Ok(Bytes::from_static(b"half")), Err("the caller left".into())]));
    let error = door(&counterpart).send(outbound, &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UploadFailed), "{error:?}");
    assert_eq!(counterpart.requests().len(), 0, "the counterpart never saw it whole");
}

#[tokio::test]
async fn a_head_without_a_body_says_how_long_it_would_be() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\n";
    let counterpart = Counterpart::start(|_| Reaction::Write(head.into())).await;
    let mut outbound = get(&counterpart, "/");
    outbound.method = "HEAD".to_owned();
    outbound.credentials = vec![("authorization".into(), after("Bearer ", "key", Encoder::Header))];
    let streamed = door(&counterpart).stream(outbound, &Keeper::with(&[("key", TOKEN)])).await.unwrap();
    assert!(streamed.headers.iter().any(|(name, value)| name == "content-length" && value == "512"));
}

/// Answers with these chunks, in this encoding.
#[derive(Debug)]
struct Pieces(&'static [&'static [u8]], &'static str);

#[async_trait]
impl Transport for Pieces {
    async fn send(&self, _: Vetted) -> Result<Reply, TransportError> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(self.1))]);
        let chunks = stream::iter(self.0).map(|piece| Ok(Bytes::from_static(piece)));
        Ok(Reply { status: StatusCode::OK, headers, body: chunks.boxed() })
    }
}

#[tokio::test]
async fn a_frame_of_nothing_is_no_chunk() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let keeper = Keeper::with(&[("key", TOKEN)]);
    let cases: [(&'static [&'static [u8]], _, _); 4] = [
        (&[b"", b"a", b"", b"b", b""], "identity", 2),
        (&[b""], "gzip", 0),
        (&[b"", b""], "br", 0),
        (&[b""], "compress", 0),
    ];
    for (pieces, encoding, chunks) in cases {
        for has_secret in [false, true] {
            let transport = Arc::new(Pieces(pieces, encoding));
            let door = Door::with_transport(policy(&counterpart), Arc::new(Loopback), transport);
            let mut outbound = get(&counterpart, "/");
            if has_secret {
                outbound.headers = vec![("x-key".into(), after("k ", "key", Encoder::Header))];
            }
            let body = door.stream(outbound, &keeper).await.unwrap().body;
            let parts: Vec<Bytes> = body.try_collect().await.unwrap();
            assert!(
                parts.len() == chunks && parts.iter().all(|part| !part.is_empty()),
                "{encoding}: {parts:?}"
            );
        }
    }
}

/// Answers with as many chunks as anybody asks for, and counts them; gone when nobody will ask any more.
#[derive(Debug, Default)]
struct Endless {
    asked: Arc<AtomicUsize>,
    open: Arc<()>,
}

#[async_trait]
impl Transport for Endless {
    async fn send(&self, _: Vetted) -> Result<Reply, TransportError> {
        let (asked, open) = (Arc::clone(&self.asked), Arc::clone(&self.open));
        let chunks = stream::repeat_with(move || {
            let _open = &open;
            asked.fetch_add(1, Ordering::SeqCst);
            Ok(Bytes::from_static(b"a chunk that ends like the secret: tok-4f9d"))
        });
        Ok(Reply { status: StatusCode::OK, headers: HeaderMap::new(), body: chunks.boxed() })
    }
}

#[tokio::test]
async fn nothing_is_read_ahead_and_what_nobody_wants_is_let_go_of() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let endless = Arc::new(Endless::default());
    let door =
        Door::with_transport(policy(&counterpart), Arc::new(Loopback), Arc::<Endless>::clone(&endless));
    let mut outbound = get(&counterpart, "/");
    outbound.credentials = vec![("authorization".into(), after("Bearer ", "key", Encoder::Header))];
    let keeper = Keeper::with(&[("key", TOKEN)]);
    let mut streamed = door.stream(outbound, &keeper).await.unwrap();
    assert_eq!(endless.asked.load(Ordering::SeqCst), 0, "the head alone was asked for");
    for chunks in 1..=100 {
        streamed.body.try_next().await.unwrap().unwrap();
        assert_eq!(endless.asked.load(Ordering::SeqCst), chunks, "one chunk out, one chunk in");
    }
    assert_eq!(Arc::strong_count(&endless.open), 2);
    drop(streamed);
    assert_eq!(
        Arc::strong_count(&endless.open),
        1,
        "the transport's body is gone, and its connection with it"
    );
}
