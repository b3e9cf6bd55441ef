//! A release that is refused leaves one entry in the ledger, which holds no value and no query.

use proto::secrets::v1::{CheckReleaseRequest, CheckTokenUseRequest};
use serde_json::{Value, json};

use super::*;

impl Suite {
    /// The one entry of the ledger behind those that were there.
    async fn one(&self, seen: usize) -> Value {
        let entries = self.entries().await;
        let [entry] = &entries[seen..] else { panic!("not one entry: {entries:?}") };
        entry.clone()
    }
}

fn check(ids: &[&str], url: &str) -> CheckReleaseRequest {
    CheckReleaseRequest {
        names: ids.iter().map(|id| full(id)).collect(),
        destination_url: url.to_owned(),
        purpose: Purpose::Token.into(),
        cause: None,
    }
}

async fn checked(suite: &Suite, request: CheckReleaseRequest) -> Result<(), Status> {
    suite.releasing(Caller::service("tokens")).check_release(request).await.map(drop)
}

#[tokio::test]
async fn every_refusal_leaves_one_record_with_all_that_may_be_known() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let evil = "https://ada.evil.example:8443/v1?key=query-canary#fragment";
    let refused = suite.release("crm", evil).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_OUT_OF_SCOPE");
    let wanted = |secret, by, purpose, reason| {
        json!({
            "kind": "refused", "by": by, "secret": secret, "destination": "https://ada.evil.example:8443",
            "purpose": purpose, "reason": reason,
        })
    };
    let crm = "tenants/acme/secrets/crm";
    assert_eq!(suite.one(1).await, wanted(crm, "integrations", "PURPOSE_CALL", "SECRET_OUT_OF_SCOPE"));

    let refused = checked(&suite, check(&["crm"], evil)).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_OUT_OF_SCOPE");
    assert_eq!(suite.one(2).await, wanted(crm, "tokens", "PURPOSE_TOKEN", "SECRET_OUT_OF_SCOPE"));

    let refused = checked(&suite, check(&["nope", "crm"], evil)).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_NOT_FOUND");
    let nope = "tenants/acme/secrets/nope";
    assert_eq!(suite.one(3).await, wanted(nope, "tokens", "PURPOSE_TOKEN", "SECRET_NOT_FOUND"));

    let eve = suite.releasing(caller("eve", Role::Caller, None));
    let refused = eve.clone().check_release(check(&["crm"], evil)).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_MISSING");
    assert_eq!(suite.one(4).await, wanted(crm, "eve", "PURPOSE_TOKEN", "ROLE_MISSING"));
}

#[tokio::test]
async fn a_token_that_may_not_be_sent_leaves_one_too() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let destination_url = "https://ada.evil.example:8443/v1?key=query-canary#fragment".to_owned();
    let request =
        CheckTokenUseRequest { name: full("crm"), destination_url, ..CheckTokenUseRequest::default() };
    let mut client = suite.releasing(Caller::service("tokens"));
    assert_eq!(reason(&client.check_token_use(request).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
    let expected = json!({
        "kind": "token_refused", "by": "tokens", "secret": "tenants/acme/secrets/crm",
        "destination": "https://ada.evil.example:8443", "reason": "SECRET_OUT_OF_SCOPE",
    });
    assert_eq!(suite.one(1).await, expected);
}

#[tokio::test]
async fn what_is_no_name_no_origin_or_no_purpose_is_left_out() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let good = check(&["crm"], URL);
    let whole = json!({
        "kind": "refused", "by": "tokens", "secret": "tenants/acme/secrets/crm",
        "destination": "https://api.example.com", "purpose": "PURPOSE_TOKEN", "reason": "FIELD_INVALID",
    });
    for (seen, (request, absent)) in [
        (CheckReleaseRequest { names: vec![CANARY.to_owned()], ..good.clone() }, "secret"),
        (
            CheckReleaseRequest { destination_url: format!("http://{CANARY}.example/"), ..good.clone() },
            "destination",
        ),
        (CheckReleaseRequest { purpose: 99, ..good.clone() }, "purpose"),
    ]
    .into_iter()
    .enumerate()
    {
        checked(&suite, request).await.unwrap_err();
        let mut expected = whole.clone();
        expected.as_object_mut().unwrap().remove(absent);
        assert_eq!(suite.one(1 + seen).await, expected);
    }
}

#[tokio::test]
async fn what_may_be_released_leaves_none_and_is_not_opened_by_asking() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.put("mail", CANARY).await;
    checked(&suite, check(&["crm", "mail"], "https://API.example.com:443/v2?x=1")).await.unwrap();
    assert_eq!(suite.entries().await.len(), 2, "but for the puts");
}

#[tokio::test]
async fn one_to_a_thousand_may_be_asked_about() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    checked(&suite, check(&["crm"; 1000], URL)).await.unwrap();
    for (seen, ids) in [&[][..], &["crm"; 1001]].into_iter().enumerate() {
        let refused = checked(&suite, check(ids, URL)).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
        assert_eq!(metadata(&refused, "field").as_deref(), Some("names"));
        assert_eq!(suite.one(1 + seen).await["reason"], "FIELD_INVALID");
    }
}
