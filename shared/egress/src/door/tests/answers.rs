//! What comes back, and what does not.

use std::time::Duration;

use mapping::Encoder;

use super::{
    Keeper,
    counterpart::{Counterpart, Reaction, answer, ok},
    door, get, secret,
};
use crate::{Answer, Error, ErrorKind};

/// What a GET of `/` comes to.
async fn sent(counterpart: &Counterpart) -> Result<Answer, Error> {
    door(counterpart).send(get(counterpart, "/"), &Keeper::default()).await
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let counterpart = Counterpart::start(|_| {
        answer("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nConnection: close\r\n", b"")
    })
    .await;
    let answer = sent(&counterpart).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (302, Some("/elsewhere")));
    assert_eq!(answer.header("connection"), None, "it meant the connection alone");
    assert_eq!(counterpart.requests().len(), 1);
}

#[tokio::test]
async fn an_error_status_is_an_answer() {
    let counterpart =
        Counterpart::start(|_| answer("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n", b"later")).await;
    let answer = sent(&counterpart).await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    assert_eq!(answer.body, "later");
}

#[tokio::test]
async fn a_counterpart_that_stalls_at_any_point_ends_with_the_time() {
    let stalls: [&[u8]; 3] =
        [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"];
    for bytes in stalls {
        let counterpart = Counterpart::start(move |_| Reaction::Stall(bytes.to_vec())).await;
        let mut outbound = get(&counterpart, "/");
        outbound.timeout = Duration::from_millis(300);
        let (door, keeper) = (door(&counterpart), Keeper::default());
        let sent = tokio::time::timeout(Duration::from_secs(20), door.send(outbound, &keeper)).await;
        let error = sent.expect("the door ends it itself").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
        assert_eq!(error.host(), Some(super::HOST));
    }
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit_and_not_beyond() {
    let counterpart = Counterpart::start(|_| ok(&"x".repeat(1000))).await;
    let mut outbound = get(&counterpart, "/");
    outbound.response_bytes = 1000;
    let answer = door(&counterpart).send(outbound, &Keeper::default()).await.unwrap();
    assert_eq!(answer.body.len(), 1000);

    let mut outbound = get(&counterpart, "/");
    outbound.response_bytes = 999;
    let error = door(&counterpart).send(outbound, &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ResponseTooLarge { limit: 999 }), "{error:?}");
}

#[tokio::test]
async fn a_body_without_a_length_is_limited_as_well() {
    let counterpart = Counterpart::start(|_| {
        Reaction::Write([b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b'x'; 3_000_000]].concat())
    })
    .await;
    let error = sent(&counterpart).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ResponseTooLarge { limit: 1_048_576 }), "{error:?}");
}

#[tokio::test]
async fn a_head_up_to_the_limit_is_an_answer_and_one_beyond_is_refused() {
    for (lines, fits) in [(8, true), (9, false), (60, false)] {
        let counterpart = Counterpart::start(move |_| {
            let padding: String =
                (0..lines).map(|line| format!("X-{line}: {}\r\n", "x".repeat(8000))).collect();
            answer(&format!("HTTP/1.1 200 OK\r\n{padding}"), b"")
        })
        .await;
        match sent(&counterpart).await {
            Ok(answer) => assert!(fits && answer.header("x-7").is_some_and(|value| value.len() == 8000)),
            Err(error) => {
                let too_large = matches!(error.kind(), ErrorKind::ResponseTooLarge { limit: 65_536 });
                assert!(!fits && too_large, "{lines}: {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_and_what_is_not_http_are_told_apart_from_no_connection() {
    let broken: [&[u8]; 4] = [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nX",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    ];
    for bytes in broken {
        let counterpart = Counterpart::start(move |_| Reaction::Write(bytes.to_vec())).await;
        let error = sent(&counterpart).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::BrokeOff),
            "{:?}: {error:?}",
            String::from_utf8_lossy(bytes)
        );
        assert_eq!(counterpart.requests().len(), 1, "it was sent once, and not again");
    }
}

#[tokio::test]
async fn an_echo_is_taken_out_of_headers_too() {
    let counterpart = Counterpart::start(|_| {
        answer(
            "HTTP/1.1 200 OK\r\nX-Echo: key=hunter2-hunter21;\r\nX-Hex: 68756e746572322d68756e7465723231\r\n",
            b"",
        )
    })
    .await;
    let keeper = Keeper::with(&[("key", b"hunter2-hunter21")]);
    let mut outbound = get(&counterpart, "/");
    outbound.headers = vec![("x-key".into(), secret("key", Encoder::Header))];
    let answer = door(&counterpart).send(outbound, &keeper).await.unwrap();
    assert!(answer.echoed);
    assert_eq!(answer.header("x-echo"), Some("key=[secret removed];"));
    assert_eq!(answer.header("x-hex"), Some("[secret removed]"));
}
