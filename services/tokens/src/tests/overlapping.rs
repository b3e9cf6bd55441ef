//! A new value of the client's secret beside the one before it.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{counterpart::Reply, *};

/// An endpoint that takes the old value until it is told of the new one.
async fn endpoint(authority: &Authority, knows_new: Arc<AtomicBool>) -> Counterpart {
    Counterpart::start(authority, move |n, seen| {
        let basic = seen.headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
        let pair = STANDARD.decode(basic).unwrap();
        match (pair.ends_with(b":the-new-one-4f9d2c71"), knows_new.load(Ordering::SeqCst)) {
            (false, false) | (true, true) => Reply::token(&Reply::nth(n), 3600),
            _ => Reply::json(401, r#"{"error":"invalid_client"}"#),
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn the_old_value_serves_until_the_endpoint_knows_the_new_one() {
    let _held = hold_clock();
    let suite = Suite::new();
    let knows_new = Arc::new(AtomicBool::new(false));
    let counterpart = endpoint(&suite.authority, knows_new.clone()).await;
    let credentials = credentials(&counterpart);
    let old = suite.get(&credentials).await.unwrap();
    suite.secrets.put("acme", "crm", "the-new-one-4f9d2c71");

    // Without an overlap the endpoint's answer is the answer.
    assert_eq!(reason(&suite.get(&credentials).await.unwrap_err()), "TOKEN_REFUSED");
    assert_eq!(counterpart.count(), 2);
    suite.secrets.overlap();
    let token = suite.get(&credentials).await.unwrap();
    assert_eq!((&token.access_token, token.secret_version), (&old.access_token, 1));
    assert_eq!(
        counterpart.count(),
        2,
        "neither is the new value tried within the pause, nor is a token got twice"
    );
    assert_eq!(suite.secrets.reported(), [1]);

    knows_new.store(true, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(1)).await;
    let token = suite.get(&credentials).await.unwrap();
    assert_eq!((token.access_token, token.secret_version), (Reply::nth(3).into(), 2));
    assert_eq!(suite.secrets.reported(), [1, 2]);
    suite.get(&credentials).await.unwrap();
    assert_eq!(suite.secrets.reported(), [1, 2], "once is enough");
}

#[tokio::test]
async fn nothing_but_a_rejected_client_has_the_old_value_tried() {
    let suite = Suite::new();
    suite.secrets.put("acme", "crm", "the-new-one-4f9d2c71");
    suite.secrets.overlap();
    for (status, body, requests) in [
        (400, r#"{"error":"invalid_scope"}"#, 1),
        (400, r#"{"error":"invalid_client"}"#, 2),
        (401, "{}", 2),
        (403, "{}", 1),
        (503, "{}", 1),
    ] {
        let counterpart = Counterpart::start(&suite.authority, move |_, _| Reply::json(status, body)).await;
        let refused = suite.get(&credentials(&counterpart)).await.unwrap_err();
        let wanted = if status == 503 { "TOKEN_UNAVAILABLE" } else { "TOKEN_REFUSED" };
        assert_eq!((reason(&refused).as_str(), counterpart.count()), (wanted, requests), "{status} {body}");
    }
    assert_eq!(suite.secrets.reported(), [0; 0]);
}
