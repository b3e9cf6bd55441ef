//! Renewal ahead: in the background, while the old token is served.

use tokio::{sync::watch, time::advance};

use super::{counterpart::Reply, *};

impl Suite {
    /// Waits until no request is under way: whatever was, has landed.
    async fn settled(&self) {
        eventually("no request is under way", || self.service.registry.is_idle()).await;
    }

    /// Waits until no grant is held in memory.
    async fn emptied(&self) {
        eventually("no grant is held", || self.service.registry.len() == 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_in_use_is_renewed_before_its_end_and_the_old_one_served_meanwhile() {
    let _held = hold_clock();
    let suite = Suite::new();
    let (open, gate) = watch::channel(true);
    let counterpart = Counterpart::start(&suite.authority, move |n, _| {
        Reply::Behind(gate.clone(), Box::new(Reply::token(&Reply::nth(n), 3600)))
    })
    .await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();

    open.send_replace(false);
    advance(Duration::from_secs(3224)).await;
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);
    assert_eq!(counterpart.count(), 1, "not yet");
    // Five minutes before the end, or up to a quarter of that earlier. Nobody asks, and it is renewed.
    advance(Duration::from_secs(77)).await;
    counterpart.reached(2).await;
    for _ in 0..100 {
        assert_eq!(suite.get(&credentials).await.unwrap().access_token, Reply::nth(1));
    }
    open.send_replace(true);
    suite.settled().await;
    assert_eq!(suite.get(&credentials).await.unwrap().access_token, Reply::nth(2));
    assert_eq!(counterpart.count(), 2);
    assert_eq!(suite.list(0, "").await.unwrap().tokens[0].generation, 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_nobody_uses_is_left_to_end() {
    let _held = hold_clock();
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    // The first call counts as a use: renewed once, and then nobody asks any more.
    advance(Duration::from_secs(3301)).await;
    counterpart.reached(2).await;
    suite.settled().await;
    advance(Duration::from_secs(3301)).await;
    suite.emptied().await;
    assert_eq!(counterpart.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_costs_nothing_as_long_as_the_old_token_is_good() {
    let _held = hold_clock();
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |n, _| match n {
        2 | 3 => Reply::json(503, ""),
        n => Reply::token(&Reply::nth(n), 3600),
    })
    .await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    advance(Duration::from_secs(3301)).await;
    counterpart.reached(2).await;
    suite.settled().await;
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);
    suite.settled().await;
    assert_eq!(counterpart.count(), 2, "not at once");
    // Tried again when the pause is over, without being asked; the second pause is twice as long.
    for (count, pause) in [(3, 500), (4, 1000)] {
        advance(Duration::from_millis(pause + 1)).await;
        counterpart.reached(count).await;
        suite.settled().await;
    }
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 2);
    assert_eq!(counterpart.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_ended_is_never_handed_out() {
    let _held = hold_clock();
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |n, _| match n {
        1 => Reply::token(&Reply::nth(n), 3600),
        _ => Reply::json(400, r#"{"error":"invalid_client"}"#),
    })
    .await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    advance(Duration::from_secs(3569)).await;
    suite.get(&credentials).await.unwrap();
    advance(Duration::from_secs(2)).await;
    assert_eq!(reason(&suite.get(&credentials).await.unwrap_err()), "TOKEN_REFUSED");
}

#[tokio::test(start_paused = true)]
async fn without_a_lifetime_a_token_lives_for_the_default() {
    let _held = hold_clock();
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |n, _| {
        Reply::json(200, &format!(r#"{{"access_token":"{}"}}"#, Reply::nth(n)))
    })
    .await;
    let credentials = credentials(&counterpart);
    let token = suite.get(&credentials).await.unwrap();
    assert_eq!((token.expire_time, token.token_type.as_str()), (None, "Bearer"));
    advance(Duration::from_secs(220)).await;
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);
    assert_eq!(counterpart.count(), 1);
    advance(Duration::from_secs(21)).await;
    counterpart.reached(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_of_seconds_is_renewed_and_not_hammered() {
    let _held = hold_clock();
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |n, _| Reply::token(&Reply::nth(n), 5)).await;
    let credentials = credentials(&counterpart);
    for _ in 0..50 {
        suite.get(&credentials).await.unwrap();
    }
    assert_eq!(counterpart.count(), 1);
    advance(Duration::from_millis(3700)).await;
    suite.get(&credentials).await.unwrap();
    assert_eq!(counterpart.count(), 1);
    advance(Duration::from_millis(301)).await;
    counterpart.reached(2).await;
    suite.settled().await;
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 2);
    assert_eq!(counterpart.count(), 2);
}
