//! What is no HTTP/1.1, or not one that two readers would read alike.

use super::{count, label, sent};
use crate::door::tests::raw::Raw;

/// A counterpart that reads a request, writes these bytes, and closes.
async fn that_writes(bytes: Vec<u8>) -> Raw {
    Raw::start(move |mut wire| {
        let bytes = bytes.clone();
        async move {
            wire.request().await;
            wire.write(&bytes).await;
            wire.close().await;
        }
    })
    .await
}

/// Each case is an answer and how it must end.
async fn end_as_written(cases: &[(&str, &str)]) {
    for (answer, expected) in cases {
        let raw = that_writes(answer.as_bytes().to_vec()).await;
        let result = sent(&raw).await;
        assert_eq!(label(&result), *expected, "{answer:?}: {result:?}");
        assert_eq!(
            count(&raw.received(), b"GET / HTTP/1.1\r\n"),
            1,
            "{answer:?}: it is sent once, and not again"
        );
    }
}

#[tokio::test]
async fn what_is_no_head() {
    end_as_written(&[
        ("", "broke off"),
        ("\r\n\r\n", "broke off"),
        ("<html>an answer of HTTP/0.9</html>\n", "broke off"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "broke off"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "broke off"),
        ("\u{0}\u{1}\u{2}\u{3}", "broke off"),
        ("HTTP/1.1\r\n\r\n", "broke off"),
        ("HTTP/1.1 OK\r\n\r\n", "broke off"),
        ("HTTP/1.1 20 OK\r\n\r\n", "broke off"),
        ("HTTP/1.1 2000 OK\r\n\r\n", "broke off"),
        ("HTTP/1.1 -20 OK\r\n\r\n", "broke off"),
        ("HTTP/9.9 200 OK\r\n\r\n", "broke off"),
        ("http/1.1 200 OK\r\n\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\nContent-Type", "broke off"),
        ("HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\nX : 1\r\n\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\n: 1\r\n\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\nX: a\u{0}b\r\n\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\nX: a\rb: c\r\n\r\n", "broke off"),
        ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "broke off"),
    ])
    .await;
}

#[tokio::test]
async fn lengths_that_lie() {
    let with = |length: &str| format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\nhello");
    let cases = [
        ("Content-Length: 6", "broke off"),
        ("Content-Length: 18446744073709551615", "too large"),
        ("Content-Length: 18446744073709551616", "broke off"),
        ("Content-Length: -1", "broke off"),
        ("Content-Length: +5", "broke off"),
        ("Content-Length: 5 5", "broke off"),
        ("Content-Length: 0x5", "broke off"),
        ("Content-Length: five", "broke off"),
        ("Content-Length:", "broke off"),
        ("Content-Length: 5, 6", "broke off"),
        ("Content-Length: 5\r\nContent-Length: 6", "broke off"),
        ("Content-Length: 6\r\nContent-Length: 5", "broke off"),
        ("Content-Length: 5\r\nContent-Length: 5", "answered"),
        ("Content-Length: 2", "answered"),
    ];
    let cases = cases.map(|(length, expected)| (with(length), expected));
    end_as_written(&cases.each_ref().map(|(answer, expected)| (answer.as_str(), *expected))).await;
}

#[tokio::test]
async fn chunks_that_are_none() {
    let with = |chunks: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
    let cases = [
        ("", "broke off"),
        ("5\r\nhello", "broke off"),
        ("5\r\nhello\r\n", "broke off"),
        ("5\r\nhello\r\n0\r\n", "broke off"),
        ("5\r\nhello0\r\n\r\n", "broke off"),
        ("5\r\nhelloXX0\r\n\r\n", "broke off"),
        ("g\r\nhello\r\n0\r\n\r\n", "broke off"),
        ("-5\r\nhello\r\n0\r\n\r\n", "broke off"),
        ("0x5\r\nhello\r\n0\r\n\r\n", "broke off"),
        ("\r\nhello\r\n0\r\n\r\n", "broke off"),
        ("5\nhello\r\n0\r\n\r\n", "broke off"),
        ("ffffffffffffffff\r\nhello\r\n0\r\n\r\n", "broke off"),
        ("fffffffffffffffff\r\nhello\r\n0\r\n\r\n", "broke off"),
        ("5\r\nhello\r\n0\r\n\r\n", "answered"),
        ("5;what=ever\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n", "answered"),
    ];
    let cases = cases.map(|(chunks, expected)| (with(chunks), expected));
    end_as_written(&cases.each_ref().map(|(answer, expected)| (answer.as_str(), *expected))).await;
}

#[tokio::test]
async fn what_is_chunked_is_framed_by_its_chunks_alone() {
    let both =
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let answer = sent(&that_writes(both.as_bytes().to_vec()).await).await.unwrap();
    assert_eq!(answer.body, "hello");
    assert_eq!(answer.header("transfer-encoding"), None);
    // RFC 9112, 6.1: HTTP/1.0 has no chunks.
    end_as_written(&[(
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "broke off",
    )])
    .await;
}

#[tokio::test]
async fn an_answer_before_the_request_was_read_is_an_answer() {
    let raw = Raw::start(|mut wire| async move {
        // Of a body of several megabytes it reads next to nothing.
        wire.read().await;
        wire.write(b"HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno").await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut outbound = super::get(&raw, "/");
    outbound.method = "POST".to_owned();
    outbound.body = crate::Body::Bytes(vec![b'x'; 16 << 20].into());
    let answer = super::door(&raw).send(outbound, &super::Keeper::default()).await.unwrap();
    assert_eq!((answer.status, &*answer.body), (413, b"no".as_slice()));
}

#[tokio::test]
async fn a_protocol_that_nobody_asked_for_is_not_switched_to() {
    let switch =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nanything";
    end_as_written(&[(switch, "broke off")]).await;
}
