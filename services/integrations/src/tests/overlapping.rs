//! A new value of a secret beside the one before it: the new one first, the old one where a counterpart does not know it yet.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use proto::integrations::v1::{
    ApiKey, ExecuteIntegrationRequest, Integration, Limits, api_key::Place, auth::Kind,
};

use super::{
    counterpart::{Counterpart, json},
    retrying::elsewhere,
    world::{World, get, open},
};

fn key() -> Option<Kind> {
    let place = Some(Place::Header("X-Api-Key".into()));
    Some(Kind::ApiKey(ApiKey { place, value: "{{secret:key}}".into() }))
}

/// A counterpart that takes the old key until it is told of the new one.
async fn counterpart(knows_new: &Arc<AtomicBool>) -> Counterpart {
    let knows_new = knows_new.clone();
    Counterpart::http2(move |seen, _| {
        let wanted =
            if knows_new.load(Ordering::SeqCst) { "the-new-key-4f9d2c71" } else { "the-old-key-4f9d2c71" };
        json(if seen.header("x-api-key") == wanted { 200 } else { 401 }, "{}")
    })
    .await
}

/// Puts the old key, and the new one over it.
async fn put_keys(world: &World, origin: String, overlap: Option<i64>) {
    world.secret("key", "the-old-key-4f9d2c71", &origin).await;
    world.next_value("key", "the-new-key-4f9d2c71", &origin, overlap).await;
}

fn post(url: String) -> ExecuteIntegrationRequest {
    ExecuteIntegrationRequest { method: "POST".into(), body: "{\"a\": 1}".into(), ..get(url) }
}

fn sent(counterpart: &Counterpart) -> Vec<String> {
    counterpart.seen().iter().map(|seen| seen.header("x-api-key").to_owned()).collect()
}

#[tokio::test]
async fn the_old_value_is_tried_once_where_the_new_one_is_not_accepted() {
    let knows_new = Arc::new(AtomicBool::new(false));
    let counterpart = counterpart(&knows_new).await;
    let world = World::new(&counterpart).await;
    put_keys(&world, counterpart.origin(), Some(3600)).await;
    world.crm(&counterpart, key()).await;
    let url = format!("{}/customers", counterpart.origin());
    let known = world.known("key").await;
    assert_eq!((known.previous_version, known.previous_in_use, known.previous_use_time), (1, false, None));

    let answer = world.execute(post(url.clone())).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(sent(&counterpart), ["the-new-key-4f9d2c71", "the-old-key-4f9d2c71"]);
    assert!(counterpart.seen().iter().all(|seen| seen.body == "{\"a\": 1}"));
    let known = world.known("key").await;
    assert!(known.previous_in_use && known.previous_use_time.is_some());

    knows_new.store(true, Ordering::SeqCst);
    assert_eq!(world.execute(get(url.clone())).await.unwrap().status, 200);
    assert!(!world.known("key").await.previous_in_use);
    assert_eq!(sent(&counterpart).len(), 3);
}

#[tokio::test]
async fn a_counterpart_that_accepts_neither_has_its_answer_handed_back() {
    let counterpart = Counterpart::http2(|_, _| json(401, "{}")).await;
    let world = World::new(&counterpart).await;
    put_keys(&world, counterpart.origin(), Some(3600)).await;
    world.crm(&counterpart, key()).await;
    let answer = world.execute(get(format!("{}/customers", counterpart.origin()))).await.unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(sent(&counterpart), ["the-new-key-4f9d2c71", "the-old-key-4f9d2c71"]);
    assert!(!world.known("key").await.previous_in_use);
}

#[tokio::test]
async fn no_other_answer_has_the_old_value_tried_nor_is_it_where_nothing_overlaps() {
    for (status, overlap) in [(403, Some(3600)), (400, Some(3600)), (500, Some(3600)), (401, None)] {
        let counterpart = Counterpart::http2(move |_, _| json(status, "{}")).await;
        let world = World::new(&counterpart).await;
        put_keys(&world, counterpart.origin(), overlap).await;
        world.crm(&counterpart, key()).await;
        let answer = world.execute(get(format!("{}/customers", counterpart.origin()))).await.unwrap();
        assert_eq!(
            (answer.status, sent(&counterpart)),
            (status.into(), vec!["the-new-key-4f9d2c71".to_owned()])
        );
    }
}

#[tokio::test]
async fn what_a_redirect_may_have_done_is_not_done_twice() {
    for (method, requests) in [("POST", 2), ("PUT", 4)] {
        let counterpart = Counterpart::http2(|seen, _| match &*seen.target {
            "/start" => elsewhere(307, "/end"),
            _ => json(401, "{}"),
        })
        .await;
        let world = World::new(&counterpart).await;
        put_keys(&world, counterpart.origin(), Some(3600)).await;
        let limits = Some(Limits { redirects: 1, ..Default::default() });
        let integration = Integration { limits, ..open(&counterpart, key()) };
        world.create("CRM", integration).await.unwrap();
        let mut request = post(format!("{}/start", counterpart.origin()));
        request.method = method.into();
        assert_eq!(world.execute(request).await.unwrap().status, 401);
        assert_eq!(counterpart.seen().len(), requests, "{method}");
    }
}
