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

#[tokio::test]
async fn a_token_whose_record_is_sealed_anew_meanwhile_is_dropped_too() {
    let store = Arc::new(Faulty::new());
    let suite = Suite::with(Config::default(), store.clone());
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    let (id, key) = seal::Key::generate().unwrap();
    let before = suite.ring.sealing();
    let keys = [
        seal::RingKey { id: before.active(), made: None, key: None },
        seal::RingKey { id, made: None, key: Some(key) },
    ];
    suite.ring.replace(seal::KeySet::new(id, &keys, Some(&before)).unwrap());

    let release = store.hold_next_read();
    let renew = async {
        tokio::time::timeout(PATIENCE, async {
            while !store.is_holding() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        let page = store.scan(store::Range::prefix(crate::sealed::PREFIX), 1).await.unwrap();
        let entry = &page.entries[0];
        let Some(seal::Renewal::Renewed { record, .. }) = crate::sealed::renew(&suite.ring.sealing(), entry)
        else {
            panic!("it is sealed with the old key")
        };
        let op = store::Op::put(&entry.key, record).when(store::Precondition::Update(entry.revision));
        store.commit(op.try_into().unwrap()).await.unwrap();
        drop(release);
    };
    let (invalidated, ()) = tokio::join!(suite.invalidate(&credentials, 1), renew);
    invalidated.unwrap();
    assert_eq!(suite.list(0, "").await.unwrap().tokens, []);
}

#[tokio::test]
async fn a_kept_token_that_is_sealed_anew_is_taken_up_after_a_restart() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    let (id, key) = seal::Key::generate().unwrap();
    let before = suite.ring.sealing();
    let old = before.active();
    let both =
        [seal::RingKey { id: old, made: None, key: None }, seal::RingKey { id, made: None, key: Some(key) }];
    suite.ring.replace(seal::KeySet::new(id, &both, Some(&before)).unwrap());
    let page = suite.store.scan(store::Range::prefix(crate::sealed::PREFIX), 1).await.unwrap();
    let entry = page.entries[0].clone();
    let now = suite.ring.sealing();
    // In another tenant's place, it is not made good.
    let moved = store::Entry { key: entry.key.replacen("acme", "evil", 1), ..entry.clone() };
    assert_eq!(crate::sealed::renew(&now, &moved), Some(seal::Renewal::Unreadable(vec![old])));
    let Some(seal::Renewal::Renewed { record, .. }) = crate::sealed::renew(&now, &entry) else {
        panic!("it is sealed with the old key")
    };
    suite.store.commit(store::Op::put(&entry.key, record).try_into().unwrap()).await.unwrap();
    let alone = [seal::RingKey { id, made: None, key: None }];
    suite.ring.replace(seal::KeySet::new(id, &alone, Some(&now)).unwrap());
    let suite = suite.restarted();
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);
    assert_eq!(counterpart.count(), 1);
}
