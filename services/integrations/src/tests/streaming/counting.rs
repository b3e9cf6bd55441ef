//! How often a request leaves, and what counts as a call.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use proto::integrations::v1::{Integration, Limits, Retry};

use super::{
    super::{
        counterpart::{Counterpart, Reply, json},
        tokens::client_credentials,
        world::{World, eventually, metadata, open, refused},
    },
    exchange::{Served, chunk, first, head, message, whole},
    raw,
};

async fn patient(counterpart: &Counterpart) -> Served {
    let world = World::new(counterpart).await;
    let integration = Integration { retry: Some(Retry { attempts: 3 }), ..open(counterpart, None) };
    world.create("CRM", integration).await.unwrap();
    Served::over(world).await
}

#[tokio::test]
async fn a_stream_counts_as_a_call_until_it_ends() {
    let counterpart = Counterpart::raw(|mut wire| async move {
        raw::head(&mut wire).await;
        raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome").await;
        raw::rest(&mut wire).await;
    })
    .await;
    let world = World::new(&counterpart).await;
    let limits = Some(Limits { concurrency: 1, ..Default::default() });
    world.create("CRM", Integration { limits, ..open(&counterpart, None) }).await.unwrap();
    let served = Served::over(world).await;
    let request = || message(head("GET", format!("{}/x", counterpart.origin())));
    let mut call = served.open(None);
    call.send(request()).await;
    call.close();
    let mut parts = call.answer().await.unwrap();
    first(&mut parts).await.unwrap();
    let again = || async { served.client().stream_integration(futures::stream::iter([request()])).await };
    let status = refused(again().await.map(drop), "LIMIT_REACHED");
    assert_eq!(metadata(&status, "limit"), "concurrency");
    drop(parts);
    eventually("there is room again", || async { again().await.is_ok() }).await;
}

#[tokio::test]
async fn a_caller_who_has_yet_to_begin_the_body_takes_nobody_s_place() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let limits = Some(Limits { concurrency: 1, ..Default::default() });
    world.create("CRM", Integration { limits, ..open(&counterpart, None) }).await.unwrap();
    let served = Served::over(world).await;
    let mut silent = served.open(None);
    silent.send(message(head("PUT", format!("{}/silent", counterpart.origin())))).await;
    // Whichever of these comes after the silent one has been understood.
    for _ in 0..20 {
        served.exchange(head("GET", format!("{}/x", counterpart.origin())), []).await.unwrap();
    }
    silent.send(chunk("body")).await;
    silent.close();
    assert_eq!(whole(silent.answer().await.unwrap()).await.unwrap().head.status, 200);
}

#[tokio::test]
async fn without_a_body_a_call_is_tried_again_as_any_other() {
    for passing in [Some(503), None] {
        let counterpart = Counterpart::start(move |_, before| match passing {
            Some(status) if before < 2 => json(status, "{}"),
            None if before < 2 => Reply::Break,
            _ => json(200, "{}"),
        })
        .await;
        let served = patient(&counterpart).await;
        let answer = served.exchange(head("GET", format!("{}/x", counterpart.origin())), []).await.unwrap();
        assert_eq!((answer.head.status, counterpart.seen().len()), (200, 3));
    }
}

#[tokio::test]
async fn a_body_leaves_once() {
    let counterpart = Counterpart::start(|_, _| json(503, "{}")).await;
    let served = patient(&counterpart).await;
    let request = || head("PUT", format!("{}/x", counterpart.origin()));
    let answer = served.exchange(request(), ["body".into()]).await.unwrap();
    assert_eq!((answer.head.status, counterpart.seen().len()), (503, 1));

    let counterpart = Counterpart::start(|_, _| Reply::Break).await;
    let served = patient(&counterpart).await;
    let request = head("PUT", format!("{}/x", counterpart.origin()));
    refused(served.exchange(request, ["body".into()]).await, "COUNTERPART_BROKE_OFF");
    assert_eq!(counterpart.seen().len(), 1);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_given_up_and_the_call_made_once_more_where_it_has_no_body() {
    for (body, status, requests) in [(vec![], 200, 2), (vec!["body".into()], 401, 1)] {
        let counterpart = Counterpart::http2(|seen, _| {
            json(if seen.header("authorization") == "Bearer token-2-9a4e5d1c" { 200 } else { 401 }, "{}")
        })
        .await;
        let world = World::new(&counterpart).await;
        world.create("CRM", open(&counterpart, Some(client_credentials()))).await.unwrap();
        world
            .client_secret("secret-of-the-client", "https://login.example.com", &[&counterpart.origin()])
            .await;
        let served = Served::over(world).await;
        let request = || head("PUT", format!("{}/x", counterpart.origin()));
        let answer = served.exchange(request(), body.clone()).await.unwrap();
        assert_eq!((answer.head.status, counterpart.seen().len()), (status, requests));
        assert_eq!(served.world.tokens.invalidated(), 1, "in any case");
        let answer = served.exchange(request(), body).await.unwrap();
        assert_eq!(answer.head.status, 200, "the next call gets another token");
    }
}

#[tokio::test]
async fn a_token_that_is_not_accepted_after_a_redirect_repeats_nothing_that_could_do_something_twice() {
    for (method, status, sent) in [("POST", 401, 2), ("GET", 200, 4)] {
        let counterpart = Counterpart::start(|seen, _| match seen.target.as_str() {
            "/x" => {
                let moved = Response::builder().status(303).header("location", "/y");
                Reply::Answer(moved.body(Full::new(Bytes::new())).unwrap())
            }
            _ => {
                json(if seen.header("authorization") == "Bearer token-2-9a4e5d1c" { 200 } else { 401 }, "{}")
            }
        })
        .await;
        let world = World::new(&counterpart).await;
        let limits = Some(Limits { redirects: 1, ..Default::default() });
        let integration = Integration { limits, ..open(&counterpart, Some(client_credentials())) };
        world.create("CRM", integration).await.unwrap();
        world
            .client_secret("secret-of-the-client", "https://login.example.com", &[&counterpart.origin()])
            .await;
        let served = Served::over(world).await;
        let request = || head(method, format!("{}/x", counterpart.origin()));
        let answer = served.exchange(request(), []).await.unwrap();
        assert_eq!((answer.head.status, counterpart.seen().len()), (status, sent), "{method}");
        assert_eq!(served.world.tokens.invalidated(), 1, "the next call gets another in any case");
        assert_eq!(served.exchange(request(), []).await.unwrap().head.status, 200);
    }
}

#[tokio::test]
async fn a_body_that_nobody_took_a_byte_of_may_be_offered_again() {
    // Nothing listens there: the connection is refused, three times.
    let counterpart = Counterpart::quiet().await;
    let served = patient(&counterpart).await;
    let url = format!("{}/x", counterpart.origin());
    drop(counterpart);
    let mut call = served.open(None);
    call.send(message(head("PUT", url))).await;
    call.send(chunk("body")).await;
    call.close();
    refused(call.answer().await, "COUNTERPART_UNREACHABLE");
}
