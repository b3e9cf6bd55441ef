//! When a request leaves again.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use proto::integrations::v1::{Endpoint, Integration, Limits, Retry};

use super::{
    counterpart::{Counterpart, Reply, json},
    tokens::client_credentials,
    world::{World, get, open, refused},
};

fn patient(counterpart: &Counterpart) -> Integration {
    Integration { retry: Some(Retry { attempts: 3 }), ..open(counterpart, None) }
}

fn later(status: u16, retry_after: &str) -> Reply {
    let response = Response::builder().status(status).header("retry-after", retry_after);
    Reply::Answer(response.body(Full::new(Bytes::new())).unwrap())
}

async fn call(world: &World, counterpart: &Counterpart, method: &str) -> Result<i32, tonic::Status> {
    let mut request = get(format!("{}/x", counterpart.origin()));
    request.method = method.into();
    world.execute(request).await.map(|answer| answer.status)
}

#[tokio::test]
async fn an_idempotent_call_is_tried_again_while_the_counterpart_says_not_now() {
    for status in [429, 502, 503, 504] {
        let counterpart =
            Counterpart::start(move |_, before| json(if before < 2 { status } else { 200 }, "{}")).await;
        let world = World::new(&counterpart).await;
        world.create("CRM", patient(&counterpart)).await.unwrap();
        assert_eq!(call(&world, &counterpart, "PUT").await.unwrap(), 200);
        assert_eq!(counterpart.seen().len(), 3);
    }
}

#[tokio::test]
async fn the_last_answer_is_handed_back_when_the_tries_are_used_up() {
    let counterpart = Counterpart::start(|_, _| json(503, "{}")).await;
    let world = World::new(&counterpart).await;
    world.create("CRM", patient(&counterpart)).await.unwrap();
    assert_eq!(call(&world, &counterpart, "GET").await.unwrap(), 503);
    assert_eq!(counterpart.seen().len(), 3);
}

/// A redirect.
pub(super) fn elsewhere(status: u16, location: &str) -> Reply {
    let response = Response::builder().status(status).header("location", location);
    Reply::Answer(response.body(Full::new(Bytes::new())).unwrap())
}

#[tokio::test]
async fn a_redirect_to_nowhere_does_not_mean_that_nothing_was_sent() {
    let known = Arc::new(OnceLock::new());
    let told = known.clone();
    let counterpart = Counterpart::start(move |_, _| {
        elsewhere(307, &format!("https://nowhere.example.com:{}/x", told.get().unwrap()))
    })
    .await;
    known.set(counterpart.port()).unwrap();
    let world = World::new(&counterpart).await;
    let mut integration = patient(&counterpart);
    let url = format!("https://nowhere.example.com:{}/**", counterpart.port());
    integration.endpoints.push(Endpoint { url, methods: vec![] });
    integration.limits = Some(Limits { redirects: 1, ..Default::default() });
    world.create("CRM", integration).await.unwrap();
    refused(call(&world, &counterpart, "POST").await, "COUNTERPART_UNREACHABLE");
    assert_eq!(counterpart.seen().len(), 1, "what was sent may have done something");
    refused(call(&world, &counterpart, "PUT").await, "COUNTERPART_UNREACHABLE");
    assert_eq!(counterpart.seen().len(), 4, "what may be sent again is");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_after_a_redirect_repeats_nothing_that_could_do_something_twice() {
    let counterpart = Counterpart::start(|seen, _| match seen.target.as_str() {
        "/x" => elsewhere(303, "/y"),
        _ => json(if seen.header("authorization").contains("token-1-") { 401 } else { 200 }, "{}"),
    })
    .await;
    for (method, status, sent) in [("POST", 401, 2), ("GET", 200, 4)] {
        let before = counterpart.seen().len();
        let world = World::new(&counterpart).await;
        let limits = Some(Limits { redirects: 1, ..Default::default() });
        let integration = Integration { limits, ..open(&counterpart, Some(client_credentials())) };
        world.create("CRM", integration).await.unwrap();
        world
            .client_secret("secret-of-the-client", "https://login.example.com", &[&counterpart.origin()])
            .await;
        assert_eq!(call(&world, &counterpart, method).await.unwrap(), status);
        assert_eq!(counterpart.seen().len() - before, sent, "{method}");
        assert_eq!(world.tokens.invalidated(), 1, "the next call gets another in any case");
        assert_eq!(call(&world, &counterpart, method).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn who_was_sent_no_token_cannot_say_that_it_is_not_accepted() {
    let elsewhere_to = Arc::new(OnceLock::<String>::new());
    let told = elsewhere_to.clone();
    let counterpart = Counterpart::start(move |seen, _| match seen.target.as_str() {
        "/x" => elsewhere(302, told.get().unwrap()),
        _ => json(401, "{}"),
    })
    .await;
    elsewhere_to.set(format!("{}/y", counterpart.other_origin())).unwrap();
    let world = World::new(&counterpart).await;
    let mut integration = open(&counterpart, Some(client_credentials()));
    let url = format!("{}/**", counterpart.other_origin());
    integration.endpoints.push(Endpoint { url, methods: vec![] });
    integration.limits = Some(Limits { redirects: 1, ..Default::default() });
    world.create("CRM", integration).await.unwrap();
    world.client_secret("secret-of-the-client", "https://login.example.com", &[&counterpart.origin()]).await;
    assert_eq!(call(&world, &counterpart, "GET").await.unwrap(), 401);
    assert_eq!((counterpart.seen().len(), world.tokens.invalidated()), (2, 0));
}

#[tokio::test]
async fn a_call_that_could_do_something_twice_leaves_once() {
    let counterpart = Counterpart::start(|_, _| json(503, "{}")).await;
    let world = World::new(&counterpart).await;
    world.create("CRM", patient(&counterpart)).await.unwrap();
    for method in ["POST", "PATCH"] {
        assert_eq!(call(&world, &counterpart, method).await.unwrap(), 503);
    }
    assert_eq!(counterpart.seen().len(), 2);
}

#[tokio::test]
async fn other_answers_are_final() {
    let counterpart = Counterpart::start(|_, _| json(500, "{}")).await;
    let world = World::new(&counterpart).await;
    world.create("CRM", patient(&counterpart)).await.unwrap();
    assert_eq!(call(&world, &counterpart, "GET").await.unwrap(), 500);
    assert_eq!(counterpart.seen().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_for_idempotent_calls_alone() {
    let counterpart =
        Counterpart::start(|_, before| if before == 0 { Reply::Break } else { json(200, "{}") }).await;
    let world = World::new(&counterpart).await;
    world.create("CRM", patient(&counterpart)).await.unwrap();
    assert_eq!(call(&world, &counterpart, "DELETE").await.unwrap(), 200);
    assert_eq!(counterpart.seen().len(), 2);

    let counterpart = Counterpart::start(|_, _| Reply::Break).await;
    let world = World::new(&counterpart).await;
    world.create("CRM", patient(&counterpart)).await.unwrap();
    refused(call(&world, &counterpart, "POST").await, "COUNTERPART_BROKE_OFF");
    assert_eq!(counterpart.seen().len(), 1);
}

#[tokio::test]
async fn the_pause_that_the_counterpart_asks_for_is_kept() {
    let counterpart =
        Counterpart::start(|_, before| if before == 0 { later(503, "1") } else { json(200, "{}") }).await;
    let world = World::new(&counterpart).await;
    world.create("CRM", patient(&counterpart)).await.unwrap();
    let started = Instant::now();
    assert_eq!(call(&world, &counterpart, "GET").await.unwrap(), 200);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_pause_beyond_the_call_s_time_ends_it_at_once() {
    let date = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(3600));
    for retry_after in ["3600".to_owned(), date] {
        let counterpart = Counterpart::start(move |_, _| later(429, &retry_after)).await;
        let world = World::new(&counterpart).await;
        let timeout = prost_types::Duration::try_from(Duration::from_secs(60)).ok();
        let limits = Some(Limits { timeout, ..Default::default() });
        world.create("CRM", Integration { limits, ..patient(&counterpart) }).await.unwrap();
        let started = Instant::now();
        assert_eq!(call(&world, &counterpart, "GET").await.unwrap(), 429);
        assert!(started.elapsed() < Duration::from_secs(30));
        assert_eq!(counterpart.seen().len(), 1);
    }
}

#[tokio::test]
async fn without_retry_a_request_leaves_once() {
    let counterpart = Counterpart::start(|_, _| json(503, "{}")).await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    assert_eq!(call(&world, &counterpart, "GET").await.unwrap(), 503);
    assert_eq!(counterpart.seen().len(), 1);
}
