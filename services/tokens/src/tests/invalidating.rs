//! Tokens that a counterpart no longer accepts.

use futures::future::join_all;
use tokio::sync::watch;

use super::{counterpart::Reply, faults::Faulty, *};

#[tokio::test]
async fn a_dropped_token_is_got_anew_and_an_older_generation_drops_nothing() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);
    suite.invalidate(&credentials, 1).await.unwrap();
    let second = suite.get(&credentials).await.unwrap();
    assert_eq!((second.access_token, second.generation), (Reply::nth(2).into(), 2));
    for other in [1, 3, u64::MAX] {
        suite.invalidate(&credentials, other).await.unwrap();
        assert_eq!(suite.get(&credentials).await.unwrap().generation, 2, "after {other}");
    }
    assert_eq!(counterpart.count(), 2);
}

#[tokio::test]
async fn a_burst_for_one_generation_makes_one_request() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    // As executors do: each says that the token was refused, and asks for another.
    let again = (0..200).map(|_| async {
        suite.invalidate(&credentials, 1).await.unwrap();
        suite.get(&credentials).await.unwrap().generation
    });
    assert_eq!(join_all(again).await, [2; 200]);
    assert_eq!(counterpart.count(), 2);
}

#[tokio::test]
async fn a_token_that_is_only_kept_is_dropped_too() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    let suite = suite.restarted();
    suite.invalidate(&credentials, 1).await.unwrap();
    assert_eq!(suite.list(0, "").await.unwrap().tokens, []);
    let suite = suite.restarted();
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 2);
}

#[tokio::test]
async fn a_request_under_way_is_the_one_new_request() {
    let suite = Suite::new();
    let (open, gate) = watch::channel(true);
    let counterpart = Counterpart::start(&suite.authority, move |n, _| {
        Reply::Behind(gate.clone(), Box::new(Reply::token(&Reply::nth(n), 3600)))
    })
    .await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    suite.invalidate(&credentials, 1).await.unwrap();
    open.send_replace(false);
    let call = tokio::spawn(get(suite.client(Caller::service("integrations")), credentials.clone()));
    counterpart.reached(2).await;
    // Late news of the same generation, while the next is on its way.
    suite.invalidate(&credentials, 1).await.unwrap();
    open.send_replace(true);
    assert_eq!(call.await.unwrap().unwrap().generation, 2);
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 2);
    assert_eq!(counterpart.count(), 2);
}

#[tokio::test]
async fn what_was_never_got_can_be_dropped_without_harm() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    for generation in [1, u64::MAX] {
        suite.invalidate(&credentials, generation).await.unwrap();
    }
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);
    assert_eq!(counterpart.count(), 1);
}

#[tokio::test]
async fn a_token_that_is_dropped_while_it_is_read_is_not_handed_out() {
    let store = Arc::new(Faulty::new());
    let suite = Suite::with(Config::default(), store.clone());
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    let suite = suite.restarted();
    let held = store.hold_next_read();
    let call = tokio::spawn(get(suite.client(Caller::service("integrations")), credentials.clone()));
    eventually("the kept token is read", || store.is_holding()).await;
    suite.invalidate(&credentials, 1).await.unwrap();
    drop(held);
    assert_eq!(call.await.unwrap().unwrap().generation, 2);
    assert_eq!(counterpart.count(), 2);
}
