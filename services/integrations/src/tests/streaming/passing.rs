//! What goes out, and what comes back.

use std::sync::Arc;

use bytes::Bytes;
use proto::integrations::v1::{Bearer, auth};
use tokio::sync::Notify;

use super::{
    super::{
        counterpart::{Counterpart, answer, json},
        world::{World, header, open},
    },
    exchange::{Served, head, next, value},
    raw,
};

/// Bytes without a period that a chunk could hide.
fn bytes(size: usize) -> Bytes {
    (0..size).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

#[tokio::test]
async fn bodies_larger_than_any_limit_pass_both_ways_byte_for_byte() {
    let (sent, answered) = (bytes(5 << 20), bytes(12 << 20));
    let reply = answered.clone();
    let counterpart = Counterpart::start(move |_, _| answer(200, "text/plain", reply.clone())).await;
    let served = Served::new(&counterpart).await;
    let mut request = head("PUT", format!("{}/upload?a=1%2F2", counterpart.origin()));
    request.headers = vec![header("X-One", "1")];
    let parts: Vec<_> =
        (0..sent.len()).step_by(70_001).map(|at| sent.slice(at..sent.len().min(at + 70_001))).collect();
    let answer = served.exchange(request, parts).await.unwrap();
    assert_eq!((answer.head.status, answer.head.ok), (200, true));
    assert_eq!(value(&answer.head.headers, "content-type"), b"text/plain");
    assert!(answer.body == answered, "10 MiB are the limit of a whole answer, not of this");
    assert!(!answer.trailer.secret_echoed);
    let seen = counterpart.one();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str(), seen.header("x-one")),
        ("PUT", "/upload?a=1%2F2", "1")
    );
    assert!(seen.body == sent);
}

#[tokio::test]
async fn a_call_without_a_body_leaves_without_one() {
    let counterpart = Counterpart::quiet().await;
    let served = Served::new(&counterpart).await;
    for (method, body) in [("GET", vec![]), ("POST", vec![Bytes::new(), Bytes::new()]), ("POST", vec![])] {
        served.exchange(head(method, format!("{}/x", counterpart.origin())), body).await.unwrap();
    }
    let seen = counterpart.seen();
    assert_eq!(seen.len(), 3);
    for request in &seen {
        assert!(request.body.is_empty() && !request.headers.contains_key("transfer-encoding"), "{request:?}");
    }
    assert_eq!((seen[1].header("content-length"), seen[2].header("content-length")), ("0", "0"));
}

#[tokio::test]
async fn an_answer_without_a_body_has_a_head_and_a_trailer() {
    let counterpart = Counterpart::start(|_, _| json(204, "")).await;
    let served = Served::new(&counterpart).await;
    let answer = served.exchange(head("DELETE", format!("{}/x", counterpart.origin())), []).await.unwrap();
    assert_eq!((answer.head.status, answer.body.len()), (204, 0));
}

#[tokio::test]
async fn an_error_status_is_an_answer() {
    let counterpart = Counterpart::start(|_, _| json(503, "not now")).await;
    let served = Served::new(&counterpart).await;
    let answer = served.exchange(head("GET", format!("{}/x", counterpart.origin())), []).await.unwrap();
    assert_eq!((answer.head.status, answer.head.ok, &answer.body[..]), (503, false, &b"not now"[..]));
}

#[tokio::test]
async fn the_credential_goes_along_and_what_is_echoed_of_it_is_masked_across_chunks() {
    let counterpart = Counterpart::raw(|mut wire| async move {
        let head = raw::head(&mut wire).await;
        let echoed = if head.contains("authorization: bearer value-of-the-secret") { "yes" } else { "no" };
        raw::say(
            &mut wire,
            &format!("HTTP/1.1 200 OK\r\nx-sent: {echoed}\r\ntransfer-encoding: chunked\r\n\r\n"),
        )
        .await;
        for part in ["before val", "ue-of-", "the-se", "cret after"] {
            raw::say_chunk(&mut wire, part).await;
        }
        raw::say(&mut wire, "0\r\n\r\n").await;
        raw::rest(&mut wire).await;
    })
    .await;
    let world = World::new(&counterpart).await;
    world.secret("key", "value-of-the-secret", &counterpart.origin()).await;
    let auth = auth::Kind::Bearer(Bearer { token: "{{secret:key}}".into() });
    world.create("CRM", open(&counterpart, Some(auth))).await.unwrap();
    let served = Served::over(world).await;
    let answer = served.exchange(head("GET", format!("{}/x", counterpart.origin())), []).await.unwrap();
    assert_eq!(value(&answer.head.headers, "x-sent"), b"yes");
    assert_eq!(String::from_utf8(answer.body).unwrap(), "before [secret removed] after");
    assert!(answer.trailer.secret_echoed);
}

#[tokio::test]
async fn chunks_come_as_they_are_sent_and_not_when_the_answer_is_whole() {
    let go_on = Arc::new(Notify::new());
    let told = go_on.clone();
    let counterpart = Counterpart::raw(move |mut wire| {
        let told = told.clone();
        async move {
            raw::head(&mut wire).await;
            raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst").await;
            told.notified().await;
            raw::say(&mut wire, "later").await;
            raw::rest(&mut wire).await;
        }
    })
    .await;
    let served = Served::new(&counterpart).await;
    let mut parts = served.begun(head("GET", format!("{}/x", counterpart.origin())), None).await;
    assert_eq!(&next(&mut parts).await.unwrap()[..], b"first");
    go_on.notify_one();
    assert_eq!(&next(&mut parts).await.unwrap()[..], b"later");
}
