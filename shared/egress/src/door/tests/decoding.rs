//! Answers that are compressed: well, wrongly, not at all, or to do harm.

use async_compression::tokio::bufread::{
    BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use bytes::Bytes;
use futures::TryStreamExt;
use mapping::Encoder;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{
    Keeper, after,
    counterpart::{Counterpart, Reaction, answer},
    door, get, secret,
};
use crate::{Answer, Error, ErrorKind};

const TOKEN: &[u8] = b"tok-4f9d2c71aa05e8b6";

async fn all(mut encoder: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut encoded = Vec::new();
    encoder.read_to_end(&mut encoded).await.unwrap();
    encoded
}

/// The text in a content encoding, or in several, named in the order they are applied.
async fn encoded(text: &[u8], encodings: &str) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for encoding in encodings.split(", ") {
        bytes = match encoding {
            "gzip" | "x-gzip" | "GZIP" => all(GzipEncoder::new(bytes.as_slice())).await,
            "deflate" => all(ZlibEncoder::new(bytes.as_slice())).await,
            "raw deflate" => all(DeflateEncoder::new(bytes.as_slice())).await,
            "br" => all(BrotliEncoder::new(bytes.as_slice())).await,
            "zstd" => all(ZstdEncoder::new(bytes.as_slice())).await,
            _ => bytes,
        };
    }
    bytes
}

/// A counterpart that always answers so.
async fn answering(encoding: &str, body: Vec<u8>) -> Counterpart {
    let head = format!("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Encoding: {encoding}\r\n");
    Counterpart::start(move |_| answer(&head, &body)).await
}

async fn sent(counterpart: &Counterpart) -> Result<Answer, Error> {
    door(counterpart).send(get(counterpart, "/"), &Keeper::default()).await
}

/// The same, with a secret.
async fn sent_with_secret(counterpart: &Counterpart) -> Result<Answer, Error> {
    let mut outbound = get(counterpart, "/");
    outbound.headers = vec![("x-key".into(), after("k ", "key", Encoder::Header))];
    door(counterpart).send(outbound, &Keeper::with(&[("key", TOKEN)])).await
}

#[tokio::test]
async fn every_encoding_is_taken_off_and_an_echo_within_it_found() {
    let before: String = (0..5000).map(|line| format!("line {line} of it\n")).collect();
    let text = format!("{before} tok-4f9d2c71aa05e8b6 and more");
    let clean = text.replace("tok-4f9d2c71aa05e8b6", "[secret removed]");
    for encodings in
        ["gzip", "x-gzip", "GZIP", "deflate", "br", "zstd", "identity", "gzip, br", "deflate, zstd, gzip"]
    {
        let counterpart = answering(encodings, encoded(text.as_bytes(), encodings).await).await;
        let answer = sent_with_secret(&counterpart).await.unwrap();
        assert!(answer.echoed, "{encodings}");
        assert_eq!(answer.body, clean, "{encodings}");
        assert_eq!(answer.header("etag"), Some("\"1\""), "what is said of the rest stays");
        let kept = answer.header("content-encoding").map(|_| encodings);
        assert_eq!(kept, (encodings == "identity").then_some("identity"));
        assert_eq!(answer.header("content-length"), None, "{encodings}");
    }
    let raw = answering("deflate", encoded(text.as_bytes(), "raw deflate").await).await;
    assert_eq!(sent_with_secret(&raw).await.unwrap().body, clean, "deflate as some have it");
}

#[tokio::test]
async fn members_one_behind_another_are_one_body() {
    for encoding in ["gzip", "zstd"] {
        let members =
            [encoded(b"a secret: tok-4f9d", encoding).await, encoded(b"2c71aa05e8b6!", encoding).await];
        let counterpart = answering(encoding, members.concat()).await;
        assert_eq!(sent_with_secret(&counterpart).await.unwrap().body, "a secret: [secret removed]!");
    }
}

#[tokio::test]
async fn what_has_no_body_is_not_decoded() {
    for status in ["200 OK", "204 No Content", "304 Not Modified"] {
        let head = format!("HTTP/1.1 {status}\r\nContent-Encoding: gzip\r\n\r\n");
        let counterpart = Counterpart::start(move |_| Reaction::Write(head.clone().into())).await;
        for method in ["GET", "HEAD"] {
            let mut outbound = get(&counterpart, "/");
            outbound.method = method.to_owned();
            let answer = door(&counterpart).send(outbound, &Keeper::default()).await.unwrap();
            assert!(answer.body.is_empty(), "{method} {status}");
        }
    }
    let counterpart = answering("br", Vec::new()).await;
    assert!(sent_with_secret(&counterpart).await.unwrap().body.is_empty(), "an empty one is empty");
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 512\r\n\r\n";
    let counterpart = Counterpart::start(|_| Reaction::Write(head.into())).await;
    let mut outbound = get(&counterpart, "/");
    outbound.method = "HEAD".to_owned();
    let answer = door(&counterpart).send(outbound, &Keeper::default()).await.unwrap();
    assert_eq!(answer.header("content-encoding"), Some("gzip"), "what a GET would have had");
    assert_eq!(answer.header("content-length"), Some("512"));
}

#[tokio::test]
async fn what_was_said_of_the_encoded_body_is_not_said_of_the_decoded_one() {
    let sums = "Content-MD5: x\r\nDigest: x\r\nContent-Digest: x\r\nRepr-Digest: x\r\n";
    for (encoding, kept) in [("gzip", false), ("identity", true)] {
        let head = format!("HTTP/1.1 200 OK\r\n{sums}Content-Encoding: {encoding}\r\n");
        let body = encoded(b"text", encoding).await;
        let counterpart = Counterpart::start(move |_| answer(&head, &body)).await;
        let answer = sent(&counterpart).await.unwrap();
        for name in ["content-md5", "digest", "content-digest", "repr-digest", "content-encoding"] {
            assert_eq!(answer.header(name).is_some(), kept, "{name} of {encoding}");
        }
    }
}

#[tokio::test]
async fn what_is_not_in_the_encoding_that_it_names_is_no_answer() {
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        let whole =
            encoded("something that is told apart from nothing".repeat(40).as_bytes(), encoding).await;
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 0x55;
        let mut wrong = vec![
            ("cut", whole[..whole.len() - 3].to_vec()),
            ("one byte of it", whole[..1].to_vec()),
            ("text", b"{\"text\": \"and nothing else\"}".to_vec()),
            ("more behind it", [&whole, b"tok-4f9d2c71aa05e8b6".as_slice()].concat()),
        ];
        // Brotli and raw data have no checksum: what a flipped bit makes of them may be read as something else.
        if ["gzip", "deflate"].contains(&encoding) {
            wrong.push(("one byte changed", flipped));
        }
        for (how, body) in wrong {
            let counterpart = answering(encoding, body).await;
            for result in [sent(&counterpart).await, sent_with_secret(&counterpart).await] {
                let error = result.map(|answer| answer.body).unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::ResponseEncoded), "{encoding}, {how}: {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_encoding_that_is_not_known_is_handed_on_only_where_no_secret_was_sent() {
    for encoding in ["compress", "gzip, exi", "br, br, br, br"] {
        let counterpart = answering(encoding, b"\x1f\x9d\x90\x61".to_vec()).await;
        let answer = sent(&counterpart).await.unwrap();
        assert_eq!(answer.body.as_ref(), b"\x1f\x9d\x90\x61", "{encoding}: as it came");
        assert_eq!(answer.header("content-encoding"), Some(encoding));
        let error = sent_with_secret(&counterpart).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ResponseEncoded), "{encoding}: {error:?}");
    }
}

#[tokio::test]
async fn a_body_that_grows_a_hundredfold_is_refused_early() {
    let zeros = vec![0; 32 << 20];
    for encodings in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "zstd, br, gzip"] {
        let bomb = encoded(&zeros, encodings).await;
        assert!(bomb.len() * 200 < zeros.len(), "{encodings}: {}", bomb.len());
        let counterpart = answering(encodings, bomb).await;
        let mut outbound = get(&counterpart, "/");
        outbound.response_bytes = usize::MAX;
        let mut streamed = door(&counterpart).stream(outbound, &Keeper::default()).await.unwrap();
        let mut read = 0;
        let error = loop {
            match streamed.body.try_next().await {
                Ok(Some(chunk)) => read += chunk.len(),
                Ok(None) => panic!("{encodings}: all of the {read} bytes came"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error.kind(), ErrorKind::ResponseTooLarge { .. }), "{encodings}: {error:?}");
        assert!(read < 8 << 20, "{encodings}: {read} bytes came before");
    }
}

#[tokio::test]
async fn the_bound_is_a_hundred_bytes_for_each_one_received_in_every_encoding() {
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(20_000).collect();
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        for (zeros, fits) in [(1_700_000, true), (2_600_000, false)] {
            let text = [&noise[..], &vec![0; zeros]].concat();
            let body = encoded(&text, encoding).await;
            let growth = text.len() * 100 / body.len();
            let expected = if fits { 7_000..9_900 } else { 10_100..14_000 };
            assert!(expected.contains(&growth), "{encoding}: {growth} hundredths");
            let counterpart = answering(encoding, body).await;
            let outbound = crate::Outbound { response_bytes: usize::MAX, ..get(&counterpart, "/") };
            match door(&counterpart).send(outbound, &Keeper::default()).await {
                Ok(answer) => assert!(fits && answer.body == text, "{encoding}: {growth} hundredths"),
                Err(error) => {
                    let too_large = matches!(error.kind(), ErrorKind::ResponseTooLarge { .. });
                    assert!(!fits && too_large, "{encoding}: {growth} hundredths: {error:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_small_body_may_grow_as_it_likes_and_a_large_one_by_its_limit() {
    let counterpart = answering("gzip", encoded(&vec![b'x'; 60_000], "gzip").await).await;
    assert_eq!(sent(&counterpart).await.unwrap().body.len(), 60_000, "within what any body may have");

    // Text that compresses tenfold: the limit is one of decoded bytes.
    let text: Vec<u8> = (0..20_000).flat_map(|line| format!("line {line} of a log\n").into_bytes()).collect();
    let body = encoded(&text, "br").await;
    let limit = text.len();
    assert!(body.len() * 4 < limit);
    let counterpart = answering("br", body).await;
    for (allowed, fits) in [(limit, true), (limit - 1, false)] {
        let mut outbound = get(&counterpart, "/");
        outbound.response_bytes = allowed;
        match door(&counterpart).send(outbound, &Keeper::default()).await {
            Ok(answer) => assert!(fits && answer.body == text),
            Err(error) => {
                assert!(!fits);
                let limit =
                    matches!(error.kind(), ErrorKind::ResponseTooLarge { limit } if *limit == allowed);
                assert!(limit, "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_window_wider_than_any_answer_needs_is_refused() {
    // A frame of zstd that asks for a window of 2 GiB, and holds one raw block of one byte (RFC 8878, 3.1.1).
    let frame = b"\x28\xb5\x2f\xfd\x00\xa8\x09\x00\x00x".to_vec();
    let error = sent(&answering("zstd", frame).await).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ResponseEncoded), "{error:?}");
    // The same with one of 8 MiB, which is the widest (RFC 9659).
    let frame = b"\x28\xb5\x2f\xfd\x00\x68\x09\x00\x00x".to_vec();
    assert_eq!(sent(&answering("zstd", frame).await).await.unwrap().body, "x");
}

#[tokio::test]
async fn a_part_is_asked_for_as_it_is() {
    let counterpart = Counterpart::start(|_| answer("HTTP/1.1 206 Partial Content\r\n", b"part")).await;
    let mut outbound = get(&counterpart, "/");
    outbound.headers = vec![("range".into(), mapping::Template::text("bytes=0-3"))];
    door(&counterpart).send(outbound, &Keeper::default()).await.unwrap();
    assert!(counterpart.request().contains("\r\naccept-encoding: identity\r\n"), "{}", counterpart.request());
}

#[tokio::test]
async fn a_stream_is_decoded_as_it_comes() {
    let text: String = (0..200_000).map(|event| format!("data: {{\"n\": {event}}}\n\n")).collect();
    let counterpart = answering("zstd", encoded(text.as_bytes(), "zstd").await).await;
    let mut outbound = get(&counterpart, "/");
    outbound.response_bytes = 10;
    outbound.headers = vec![("x-key".into(), secret("key", Encoder::Header))];
    let keeper = Keeper::with(&[("key", TOKEN)]);
    let streamed = door(&counterpart).stream(outbound, &keeper).await.unwrap();
    assert!(streamed.headers.iter().all(|(name, _)| name != "content-length" && name != "content-encoding"));
    let chunks: Vec<Bytes> = streamed.body.try_collect().await.unwrap();
    assert!(chunks.iter().all(|chunk| chunk.len() <= 64 * 1024), "never much at once");
    assert_eq!(chunks.concat(), text.as_bytes());
}
