//! One request for all who wait.

use std::collections::HashSet;

use futures::future::join_all;
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use super::{counterpart::Reply, *};

impl Suite {
    /// A call of its own, which a test can abort.
    fn call(&self, credentials: &ClientCredentials) -> JoinHandle<Result<Token, Status>> {
        tokio::spawn(get(self.client(Caller::service("integrations")), credentials.clone()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_for_one_cold_token_make_one_request() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    let calls: Vec<_> = (0..1000).map(|_| suite.call(&credentials)).collect();
    for call in timeout(PATIENCE, join_all(calls)).await.unwrap() {
        let token = call.unwrap().unwrap();
        assert_eq!((&token.access_token[..], token.generation), (Reply::nth(1).as_bytes(), 1));
    }
    assert_eq!(counterpart.count(), 1);
    assert_eq!(suite.secrets.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_for_ten_cold_tokens_make_ten_requests() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let calls: Vec<_> =
        (0..1000).map(|n| suite.call(&client_of(&counterpart, &format!("client {}", n % 10)))).collect();
    let mut values = HashSet::new();
    for call in timeout(PATIENCE, join_all(calls)).await.unwrap() {
        values.insert(call.unwrap().unwrap().access_token);
    }
    assert_eq!((counterpart.count(), values.len()), (10, 10));
}

#[tokio::test]
async fn a_caller_who_gives_up_neither_ends_nor_repeats_the_request() {
    let suite = Suite::new();
    let (open, gate) = watch::channel(false);
    let counterpart = Counterpart::start(&suite.authority, move |n, _| {
        Reply::Behind(gate.clone(), Box::new(Reply::token(&Reply::nth(n), 3600)))
    })
    .await;
    let credentials = credentials(&counterpart);

    let first = suite.call(&credentials);
    counterpart.reached(1).await;
    let second = suite.call(&credentials);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    open.send_replace(true);
    assert_eq!(second.await.unwrap().unwrap().access_token, Reply::nth(1));
    assert_eq!(counterpart.count(), 1);
}

#[tokio::test]
async fn a_token_that_nobody_waits_for_any_more_is_kept_for_the_next_call() {
    let suite = Suite::new();
    let (open, gate) = watch::channel(false);
    let counterpart = Counterpart::start(&suite.authority, move |n, _| {
        Reply::Behind(gate.clone(), Box::new(Reply::token(&Reply::nth(n), 3600)))
    })
    .await;
    let credentials = credentials(&counterpart);
    let only = suite.call(&credentials);
    counterpart.reached(1).await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    open.send_replace(true);
    assert_eq!(suite.get(&credentials).await.unwrap().access_token, Reply::nth(1));
    assert_eq!(counterpart.count(), 1);
}

#[tokio::test]
async fn a_dead_endpoint_delays_no_other_grant() {
    // So long that none of the dead ones ends by itself, however slow the machine is.
    let config = Config { timeout: 10 * PATIENCE, ..Config::default() };
    let suite = Suite::with(config, Arc::new(MemoryStore::new().unwrap()));
    let dead = Counterpart::start(&suite.authority, |_, _| Reply::Silent).await;
    let alive = Counterpart::tokens(&suite.authority).await;
    let waiting: Vec<_> = (0..100).map(|n| suite.call(&client_of(&dead, &n.to_string()))).collect();
    dead.reached(100).await;
    for n in 0..20 {
        timeout(PATIENCE, suite.get(&client_of(&alive, &n.to_string()))).await.unwrap().unwrap();
    }
    assert!(waiting.iter().all(|call| !call.is_finished()), "they wait for the dead endpoint still");
    waiting.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn equal_grants_of_two_tenants_share_nothing() {
    let suite = Suite::new();
    suite.secrets.put("other", "crm", "another secret-4f9d2c71aa");
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let mine = suite.get(&credentials(&counterpart)).await.unwrap();
    let request = asking("tenants/other", credentials(&counterpart));
    let theirs = suite.client(Caller::service("integrations")).get_token(request).await.unwrap().into_inner();
    assert_ne!(mine.access_token, theirs.access_token);
    assert_eq!(counterpart.count(), 2);
    let names: Vec<String> = suite.secrets.asked().into_iter().map(|asked| asked.name).collect();
    assert_eq!(names, ["tenants/acme/secrets/crm", "tenants/other/secrets/crm"]);
}

#[tokio::test]
async fn the_memory_holds_so_many_grants_and_the_store_the_rest() {
    let config = Config { grants: 4, ..Config::default() };
    let suite = Suite::with(config, Arc::new(MemoryStore::new().unwrap()));
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let mut values = Vec::new();
    for n in 0..20 {
        values.push(suite.get(&client_of(&counterpart, &n.to_string())).await.unwrap().access_token);
        assert!(suite.service.registry.len() <= 4);
    }
    for (n, value) in values.iter().enumerate() {
        assert_eq!(&suite.get(&client_of(&counterpart, &n.to_string())).await.unwrap().access_token, value);
    }
    assert_eq!(counterpart.count(), 20);
}

#[tokio::test]
async fn grants_with_a_request_under_way_are_never_let_go_of() {
    let config = Config { grants: 2, ..Config::default() };
    let suite = Suite::with(config, Arc::new(MemoryStore::new().unwrap()));
    let (open, gate) = watch::channel(false);
    let counterpart = Counterpart::start(&suite.authority, move |n, _| {
        Reply::Behind(gate.clone(), Box::new(Reply::token(&Reply::nth(n), 3600)))
    })
    .await;
    let waiting = [suite.call(&client_of(&counterpart, "0")), suite.call(&client_of(&counterpart, "1"))];
    counterpart.reached(2).await;
    let refused = suite.get(&client_of(&counterpart, "2")).await.unwrap_err();
    assert_eq!(reason(&refused), "OVERLOADED");
    assert!(retry_after(&refused).is_some());
    open.send_replace(true);
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    suite.get(&client_of(&counterpart, "2")).await.unwrap();
    assert_eq!(counterpart.count(), 3);
}
