//! Whether somebody knows a value: yes or no, seldom, and on the record.

use proto::secrets::v1::VerifySecretRequest;
use serde_json::json;
use tonic::Code;

use super::*;

impl Suite {
    pub(super) async fn verify(&self, id: &str, candidate: &str) -> Result<bool, Status> {
        let request = VerifySecretRequest { name: full(id), candidate: candidate.to_owned().into() };
        self.configurator().verify_secret(request).await.map(|told| told.into_inner().matches)
    }
}

#[tokio::test]
async fn the_newest_value_matches_and_nothing_else_does() {
    let suite = Suite::new();
    let long = "x".repeat(64 * 1024);
    let other = format!("{}y", &long[1..]);
    let zeros = "v\0\0";
    for (id, value, candidate, told) in [
        ("a", "value", "value", true),
        ("b", "value", "valuf", false),
        ("c", "value", "Value", false),
        ("d", "value", "value\0", false),
        ("e", "value", "valu", false),
        ("f", &long, &long, true),
        ("g", &long, &other, false),
        ("h", zeros, "v", false),
        ("i", zeros, zeros, true),
    ] {
        suite.put(id, value).await;
        assert_eq!(suite.verify(id, candidate).await.unwrap(), told, "{id}");
    }
    suite.put("a", "new").await;
    assert!(!suite.verify("a", "value").await.unwrap());
    assert!(suite.verify("a", "new").await.unwrap());
}

#[tokio::test]
async fn a_sixth_candidate_in_a_minute_is_not_looked_at() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.put("mail", CANARY).await;
    for _ in 0..5 {
        assert!(!suite.verify("crm", "guess").await.unwrap());
    }
    let refused = suite.verify("crm", CANARY).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("LIMIT_REACHED", Code::ResourceExhausted));
    assert_eq!(metadata(&refused, "secret").as_deref(), Some("crm"));
    assert!(refused.get_details_retry_info().unwrap().retry_delay.unwrap() <= Duration::from_secs(12));
    assert!(suite.verify("mail", CANARY).await.unwrap(), "each secret has its own");
}

#[tokio::test]
async fn every_candidate_leaves_a_record_without_it() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    assert!(suite.verify("crm", CANARY).await.unwrap());
    for _ in 0..4 {
        assert!(!suite.verify("crm", "guess").await.unwrap());
    }
    suite.verify("crm", "guess").await.unwrap_err();
    suite.verify("mail", "guess").await.unwrap_err();
    let tried = |id, key: &str, told| {
        let mut entry = json!({ "kind": "verified", "by": "ada", "secret": full(id) });
        entry[key] = json!(told);
        entry
    };
    let mut expected = vec![tried("crm", "outcome", "MATCHES")];
    expected.resize(5, tried("crm", "outcome", "DOES_NOT_MATCH"));
    expected.push(tried("crm", "reason", "LIMIT_REACHED"));
    expected.push(tried("mail", "reason", "SECRET_NOT_FOUND"));
    assert_eq!(suite.entries().await[1..], expected);
}

#[tokio::test]
async fn a_request_is_read_with_care() {
    let suite = Suite::new();
    assert_eq!(reason(&suite.verify("nope", "guess").await.unwrap_err()), "SECRET_NOT_FOUND");
    suite.put("crm", CANARY).await;
    for candidate in [String::new(), "x".repeat(64 * 1024 + 1)] {
        let refused = suite.verify("crm", &candidate).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some("candidate"));
    }
    let request = VerifySecretRequest { name: full("crm"), candidate: CANARY.into() };
    for role in [Role::Caller, Role::Operator, Role::Releaser] {
        let refused = suite.writing(caller("eve", role, None)).verify_secret(request.clone()).await;
        assert_eq!(reason(&refused.unwrap_err()), "ROLE_MISSING");
    }
}
