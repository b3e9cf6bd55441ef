//! No token comes.

use std::net::TcpListener;

use futures::future::join_all;
use proto::errors::v1::Reason;
use tokio::time::advance;
use tonic::Code;

use super::{counterpart::Reply, faults::Faulty, *};

const REFUSAL: &str = r#"{"error":"invalid_client","error_description":"client-canary-5f2b8c1d is wrong"}"#;

#[tokio::test]
async fn a_refusal_is_told_with_the_endpoints_code_and_none_of_its_text() {
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |_, _| Reply::json(401, REFUSAL)).await;
    let refused = suite.get(&credentials(&counterpart)).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("TOKEN_REFUSED", Code::FailedPrecondition));
    assert_eq!(metadata(&refused, "host").as_deref(), Some("login.example.com"));
    assert_eq!(metadata(&refused, "error").as_deref(), Some("invalid_client"));
    assert_eq!(metadata(&refused, "status").as_deref(), Some("401"));
    assert_eq!(retry_after(&refused), None);
    let everything = format!("{refused:?}");
    assert!(!everything.contains("wrong") && !everything.contains(SECRET), "{everything}");
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_unavailable() {
    let suite = Suite::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let credentials = ClientCredentials {
        token_url: format!("https://login.example.com:{port}/token"),
        client_id: "outgate".into(),
        client_secret: "{{secret:crm}}".into(),
        ..Default::default()
    };
    let refused = suite.get(&credentials).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("TOKEN_UNAVAILABLE", Code::Unavailable));
    assert_eq!(metadata(&refused, "host").as_deref(), Some("login.example.com"));
    assert!(retry_after(&refused).is_some_and(|delay| delay <= Duration::from_millis(500)));
}

#[tokio::test]
async fn an_endpoint_that_nobody_vouches_for_gets_nothing() {
    let suite = Suite::new();
    let stranger = Counterpart::tokens(&Authority::new()).await;
    let refused = suite.get(&credentials(&stranger)).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_UNAVAILABLE");
    assert_eq!(stranger.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_share_the_failure_and_the_endpoint_is_left_in_peace() {
    let _held = hold_clock();
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |n, _| match n {
        1 => Reply::json(503, ""),
        2 => Reply::json(400, REFUSAL),
        n => Reply::token(&Reply::nth(n), 3600),
    })
    .await;
    let credentials = credentials(&counterpart);
    for refused in join_all((0..100).map(|_| suite.get(&credentials))).await {
        assert_eq!(reason(&refused.unwrap_err()), "TOKEN_UNAVAILABLE");
    }
    assert_eq!(counterpart.count(), 1);
    advance(Duration::from_millis(249)).await;
    let left = retry_after(&suite.get(&credentials).await.unwrap_err()).unwrap();
    assert!(left <= Duration::from_millis(251), "{left:?}");
    assert_eq!(counterpart.count(), 1);

    // The pause is over: one more request, refused for another reason, and a pause twice as long.
    advance(Duration::from_millis(251)).await;
    for refused in join_all((0..100).map(|_| suite.get(&credentials))).await {
        assert_eq!(reason(&refused.unwrap_err()), "TOKEN_REFUSED");
    }
    advance(Duration::from_millis(499)).await;
    assert_eq!(reason(&suite.get(&credentials).await.unwrap_err()), "TOKEN_REFUSED");
    assert_eq!(counterpart.count(), 2);

    advance(Duration::from_millis(501)).await;
    assert_eq!(suite.get(&credentials).await.unwrap().access_token, Reply::nth(3));
    assert_eq!(counterpart.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_silent_endpoint_ends_with_its_own_time() {
    let _held = hold_clock();
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |_, _| Reply::Silent).await;
    let credentials = credentials(&counterpart);
    let call = tokio::spawn(get(suite.client(Caller::service("integrations")), credentials));
    counterpart.reached(1).await;
    advance(Duration::from_secs(10)).await;
    let refused = call.await.unwrap().unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_UNAVAILABLE");
    assert!(retry_after(&refused).is_some());
}

#[tokio::test]
async fn a_secrets_refusal_is_passed_on_and_not_remembered() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let missing = ClientCredentials { client_secret: "{{secret:later}}".into(), ..credentials(&counterpart) };
    let refused = suite.get(&missing).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("SECRET_NOT_FOUND", Code::NotFound));
    assert_eq!(metadata(&refused, "secret").as_deref(), Some("crm"));
    suite.secrets.put("acme", "later", "there now-4f9d2c71aa05");
    suite.get(&missing).await.unwrap();

    for (name, refusal) in [
        ("scope", Reason::SecretOutOfScope),
        ("damaged", Reason::SecretUnreadable),
        ("store", Reason::StoreUnavailable),
        ("role", Reason::RoleMissing),
    ] {
        suite.secrets.refuse(name, refusal);
        let credentials = ClientCredentials {
            client_secret: format!("{{{{secret:{name}}}}}"),
            ..credentials(&counterpart)
        };
        let refused = suite.get(&credentials).await.unwrap_err();
        assert_eq!(reason(&refused), runtime::refusal::name(refusal));
    }
    assert_eq!(counterpart.count(), 1, "nothing left without its secret");
}

#[tokio::test]
async fn what_policy_does_not_let_out_is_told_as_the_door_tells_it() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let private =
        ClientCredentials { token_url: "https://10.0.0.1/token".into(), ..credentials(&counterpart) };
    let refused = suite.get(&private).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("ADDRESS_REFUSED", Code::PermissionDenied));
    assert_eq!(suite.secrets.asked(), []);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_makes_no_request_and_one_that_cannot_be_written_costs_no_token() {
    let store = Arc::new(Faulty::new());
    let suite = Suite::with(Config::default(), store.clone());
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    store.reads.fail(true);
    let refused = suite.get(&credentials).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("STORE_UNAVAILABLE", Code::Unavailable));
    assert_eq!(reason(&suite.list(0, "").await.unwrap_err()), "STORE_UNAVAILABLE");
    assert_eq!(counterpart.count(), 0);

    store.reads.fail(false);
    store.writes.fail(true);
    let token = suite.get(&credentials).await.unwrap();
    assert_eq!((token.access_token, token.generation), (Reply::nth(1).into(), 1));
    assert_eq!(suite.list(0, "").await.unwrap().tokens, []);
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 1);

    // The generation counts on although the store never heard of the first.
    suite.invalidate(&credentials, 1).await.unwrap();
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 2);
    store.writes.fail(false);
    suite.invalidate(&credentials, 2).await.unwrap();
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 3);
    store.writes.fail(true);
    assert_eq!(reason(&suite.invalidate(&credentials, 3).await.unwrap_err()), "STORE_UNAVAILABLE");
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 4, "dropped here all the same");
    assert_eq!(counterpart.count(), 4);
}
