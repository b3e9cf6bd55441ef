//! Bytes after an answer, which must not become the answer of somebody else's request on the same connection.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    Outbound,
    door::tests::{Keeper, door, get, raw::Raw},
};

const POISON: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
const ROUNDS: usize = 20;

/// A counterpart that on each connection answers the first request with these bytes, and others honestly.
async fn poisoning(first: String) -> Raw {
    Raw::start(move |mut wire| {
        let first = first.clone();
        async move {
            wire.request().await;
            wire.write(first.as_bytes()).await;
            loop {
                wire.request().await;
                if !wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhonest").await {
                    return;
                }
            }
        }
    })
    .await
}

/// Sends one request after the other through one door, of which none may be answered with the poison.
async fn stays_clean(raw: &Raw, method: &str) {
    let door = door(raw);
    for round in 0..ROUNDS {
        let mut outbound = get(raw, &format!("/{round}"));
        outbound.method = method.to_owned();
        let answer = door.send(outbound, &Keeper::default()).await.unwrap();
        assert!(matches!(&*answer.body, b"" | b"ok" | b"honest"), "{round}: {answer:?}");
        assert!(answer.header("x-poison").is_none(), "{round}: {answer:?}");
    }
    assert_eq!(raw.connections(), ROUNDS, "a connection with more on it than an answer is closed");
}

#[tokio::test]
async fn bytes_that_follow_an_answer_answer_nothing() {
    let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 57\r\n\r\n",
    ];
    for answer in answers {
        stays_clean(&poisoning(format!("{answer}{POISON}")).await, "GET").await;
    }
}

#[tokio::test]
async fn a_body_that_answers_head_answers_nothing_else() {
    let body = "HTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 0\r\n\r\n";
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stays_clean(&poisoning(answer).await, "HEAD").await;
}

#[tokio::test]
async fn bytes_that_come_while_nobody_asked_end_the_connection() {
    let (asked, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (go, done) = (Arc::clone(&asked), Arc::clone(&ended));
    let raw = Raw::start(move |mut wire| {
        let (go, done) = (Arc::clone(&go), Arc::clone(&done));
        async move {
            wire.request().await;
            wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhonest").await;
            go.notified().await;
            wire.write(POISON.as_bytes()).await;
            wire.until_closed().await;
            done.notify_one();
        }
    })
    .await;
    let door = door(&raw);
    for round in 0..ROUNDS {
        let answer = door.send(get(&raw, "/"), &Keeper::default()).await.unwrap();
        assert_eq!(answer.body, "honest", "{round}");
        asked.notify_one();
        ended.notified().await;
    }
    assert_eq!(raw.connections(), ROUNDS);
}

/// A TLS handshake for every call is what most of them would wait for.
#[tokio::test]
async fn a_connection_with_nothing_left_on_it_serves_the_tenants_next_request_and_no_other_tenants() {
    let raw = poisoning("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhonest".to_owned()).await;
    let door = door(&raw);
    for tenant in ["a", "b", "a", "b", "a"] {
        let outbound = Outbound { tenant: tenant.to_owned(), ..get(&raw, "/") };
        assert_eq!(door.send(outbound, &Keeper::default()).await.unwrap().body, "honest");
    }
    assert_eq!(raw.connections(), 2, "one for each tenant");
}
