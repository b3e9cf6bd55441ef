//! What one tenant may have of what all share.

use proto::registers::v1::{ListRegistersRequest, register_service_client::RegisterServiceClient};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::{Authority, Known, Setup, Suite, reason};

/// A suite in which `acme` may do less than everybody.
async fn suite(somebody: &Known) -> Suite {
    Setup::new(&Authority::new())
        .config(
            "[quotas]\nrequests_per_second = 1000\n[quotas.tenants.acme]\nrequests_per_second = 1\nburst = 3\n",
        )
        .know(somebody)
        .start()
        .await
}

async fn list(suite: &Suite, token: &str, tenant: &str) -> Result<(), Status> {
    let request = ListRegistersRequest { parent: format!("tenants/{tenant}"), ..Default::default() };
    RegisterServiceClient::new(suite.client_of(token)).list_registers(request).await.map(drop)
}

#[tokio::test]
async fn a_tenant_that_asks_too_often_is_told_which_limit_and_until_when_and_nobody_else_is() {
    let backend = Known::new("backend", &["caller"]);
    let suite = suite(&backend).await;
    let mut refused = None;
    // Three at once, and one a second after: ten do not take as long as that would.
    for _ in 0..10 {
        if let Err(refusal) = list(&suite, backend.token(), "acme").await {
            refused = Some(refusal);
        }
        list(&suite, backend.token(), "umbrella").await.expect("another tenant's calls count for themselves");
    }
    let refusal = refused.expect("ten calls are more than three");
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("QUOTA_EXCEEDED", Code::ResourceExhausted));
    let details = refusal.get_error_details();
    let metadata = &details.error_info().expect("it has a reason").metadata;
    assert_eq!((metadata["quota"].as_str(), metadata["limit"].as_str()), ("requests_per_second", "1"));
    assert!(refusal.message().contains("requests_per_second = 1"), "{refusal:?}");
    assert!(details.retry_info().is_some_and(|retry| retry.retry_delay.is_some()), "{refusal:?}");
    // Whoever else calls for the tenant finds it used up, too.
    let refusal = list(&suite, suite.token(), "acme").await;
    assert!(refusal.is_err_and(|refusal| reason(&refusal) == "QUOTA_EXCEEDED"));
}

#[tokio::test]
async fn who_may_not_call_uses_up_nothing() {
    let stranger = Known::new("stranger", &["caller"]).of("elsewhere");
    let suite = suite(&stranger).await;
    for _ in 0..20 {
        let refusal = list(&suite, stranger.token(), "acme").await.expect_err("it has no role there");
        assert_eq!(reason(&refusal), "ROLE_MISSING");
    }
    list(&suite, suite.token(), "acme").await.expect("the first call of the tenant");
}
