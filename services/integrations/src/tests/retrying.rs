//! When a request leaves again.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use proto::integrations::v1::{Integration, Limits, Retry};

use super::{
    counterpart::{Counterpart, Reply, json},
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
