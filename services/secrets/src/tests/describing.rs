//! What the suite's own services may know of secrets before they are used.

use tonic::Code;

use super::*;

async fn describe(suite: &Suite, caller: Caller, ids: &[&str]) -> Result<DescribeSecretsResponse, Status> {
    let secret_ids = ids.iter().map(|id| (*id).to_owned()).collect();
    let request = DescribeSecretsRequest { parent: "tenants/acme".into(), secret_ids };
    suite.releasing(caller).describe_secrets(request).await.map(tonic::Response::into_inner)
}

/// Ids and scopes.
fn told(answer: &DescribeSecretsResponse) -> Vec<(&str, &str)> {
    answer.secrets.iter().map(|each| (each.secret_id.as_str(), each.scope.as_str())).collect()
}

#[tokio::test]
async fn what_is_there_is_told_with_its_origin() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let port = put("bank", CANARY, "https://bank.example.com:8443/x");
    suite.configurator().put_secret(port).await.unwrap();
    let me = || Caller::service("integrations");
    let both = describe(&suite, me(), &["crm", "bank"]).await.unwrap();
    assert_eq!(told(&both), [("crm", "https://api.example.com"), ("bank", "https://bank.example.com:8443")]);
    assert_eq!(both.others, [""; 0]);
    let one = describe(&suite, me(), &["crn", "bank"]).await.unwrap();
    assert_eq!(told(&one), [("bank", "https://bank.example.com:8443")]);
    assert_eq!(one.others, ["bank", "crm"]);
    assert!(!format!("{both:?}{one:?}").contains(CANARY));
    suite.delete("crm", "").await.unwrap();
    assert_eq!(told(&describe(&suite, me(), &["crm"]).await.unwrap()), []);
    assert_eq!(describe(&suite, me(), &[]).await.unwrap(), DescribeSecretsResponse::default());
}

#[tokio::test]
async fn a_tenant_s_secrets_are_told_in_that_tenant_alone() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let theirs = PutSecretRequest { name: "tenants/other/secrets/mail".into(), ..put("mail", CANARY, URL) };
    suite.writing(caller("ada", Role::Configurator, Some("other"))).put_secret(theirs).await.unwrap();
    // A secret of another tenant is one that is not there.
    let answer = describe(&suite, Caller::service("integrations"), &["mail"]).await.unwrap();
    assert_eq!(told(&answer), []);
    assert_eq!(answer.others, ["crm"]);
    let stranger = || caller("other", Role::Releaser, Some("other"));
    let there = describe(&suite, stranger(), &["crm"]).await.unwrap_err();
    let absent = describe(&suite, stranger(), &["nope"]).await.unwrap_err();
    assert_eq!(reason(&there), "ROLE_MISSING");
    assert_eq!(seen(&there), seen(&absent));
}

#[tokio::test]
async fn only_a_releaser_is_told() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    for role in [Role::Configurator, Role::Operator, Role::Caller] {
        let refused = describe(&suite, caller("eve", role, None), &["crm"]).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("ROLE_MISSING", Code::PermissionDenied));
        assert_eq!(metadata(&refused, "role").as_deref(), Some("releaser"));
    }
}

#[tokio::test]
async fn a_request_is_read_with_care() {
    let suite = Suite::new();
    let me = || Caller::service("integrations");
    let many = vec!["crm"; 1001];
    for ids in [&["a b"][..], &[""], &many] {
        let refused = describe(&suite, me(), ids).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
        assert_eq!(metadata(&refused, "field").as_deref(), Some("secret_ids"));
    }
    let request = DescribeSecretsRequest { parent: "acme".into(), secret_ids: vec![] };
    let refused = suite.releasing(me()).describe_secrets(request).await.unwrap_err();
    assert_eq!(metadata(&refused, "field").as_deref(), Some("parent"));
}
