//! How many secrets a tenant may have.

use std::collections::BTreeMap;

use futures::future::join_all;
use runtime::quota::{Limits, Quotas};
use tonic::Code;
use tonic_types::StatusExt;

use super::*;

/// A suite in which `acme` may have this many secrets, and everybody else any number.
fn bounded(secrets: u64) -> Suite {
    let acme = Id::parse("tenant", "acme").unwrap();
    let own = Limits { secrets: Some(secrets), ..Limits::default() };
    let quotas = Quotas::new(Limits::default(), BTreeMap::from([(acme, own)]));
    Suite::with(Config { quotas, ..Config::default() }, Arc::new(MemoryStore::new().unwrap()))
}

fn copy(id: &str) -> PutSecretRequest {
    let name = format!("tenants/acme/businessUnits/north/secrets/{id}");
    PutSecretRequest { name, ..put("", "value", URL) }
}

#[track_caller]
fn exceeded(status: &Status, limit: &str) {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "QUOTA_EXCEEDED");
    assert_eq!((info.metadata["quota"].as_str(), info.metadata["limit"].as_str()), ("secrets", limit));
    assert!(status.message().contains(&format!("secrets = {limit}")), "{status:?}");
}

#[tokio::test]
async fn a_tenant_has_as_many_secrets_as_it_may_private_copies_included() {
    let suite = bounded(3);
    suite.put("a", "1").await;
    suite.put("b", "2").await;
    suite.put_as(copy("a")).await;
    let client = || suite.configurator();
    for request in [put("c", "3", URL), copy("c")] {
        exceeded(&client().put_secret(request).await.unwrap_err(), "3");
    }
    assert_eq!(reason(&suite.release("c", URL).await.unwrap_err()), "SECRET_NOT_FOUND");
    // What is there takes new values, and one that goes makes room for another.
    suite.put("a", "4").await;
    suite.put_as(PutSecretRequest { value: "5".into(), ..copy("a") }).await;
    suite.delete("b", "").await.unwrap();
    suite.put("c", "6").await;
    exceeded(&client().put_secret(put("d", "7", URL)).await.unwrap_err(), "3");
}

#[tokio::test]
async fn however_many_put_at_once_there_are_no_more_than_there_may_be() {
    let suite = bounded(5);
    let puts = (0..20).map(|number| {
        let mut client = suite.configurator();
        async move { client.put_secret(put(&format!("s{number}"), "value", URL)).await }
    });
    let done = join_all(puts).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(done, 5);
    assert_eq!(suite.list(0, "").await.unwrap().secrets.len(), 5);
}
