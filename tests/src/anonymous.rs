//! Who may use an integration that is not open to everybody.

use proto::integrations::v1::{AnonymousAccess, ExecuteIntegrationResponse};
use serde_json::json;
use tonic::{Request, Status, metadata::AsciiMetadataValue};

use crate::harness::{
    Answer, Authority, Counterpart, Issuer, Known, Setup, Suite, anybody, get, now, reason,
};

/// A suite with the integration `CRM`, open or not, a caller `shop` and an end user `ada`; and `people`, an issuer whose
/// tokens stand for end users of the tenant, or of another one.
struct Scene {
    crm: Counterpart,
    suite: Suite,
    shop: Known,
    trusted: Known,
    ada: Known,
    people: Issuer,
    _authority: Authority,
}

impl Scene {
    async fn new(access: AnonymousAccess) -> Self {
        let authority = Authority::new();
        let crm = Counterpart::start(&authority, |_| Answer::json(200, &json!("hello"))).await;
        let shop = Known::new("shop", &["caller"]);
        let trusted = Known::new("trusted", &["caller", "voucher"]);
        let ada = Known::new("ada", &["user"]);
        let people = Issuer::start(&authority, "people").await;
        let suite = Setup::new(&authority)
            .know(&shop)
            .know(&trusted)
            .know(&ada)
            .config(&people.table("stands_for = [\"users\"]"))
            .config(&people.binding("grace", "default", &["user"]))
            .config(&people.binding("mallory", "elsewhere", &["user"]))
            .start()
            .await;
        let mut integration = anybody(crm.url("/**"), None);
        integration.anonymous_access = access.into();
        suite.create_integration("CRM", integration).await;
        Self { crm, suite, shop, trusted, ada, people, _authority: authority }
    }

    async fn call(
        &self,
        caller: &Known,
        beside: &[(&'static str, &str)],
    ) -> Result<ExecuteIntegrationResponse, Status> {
        let mut request = Request::new(get("CRM", self.crm.url("/")));
        for (name, value) in beside {
            request.metadata_mut().insert(*name, AsciiMetadataValue::try_from(*value).expect("visible text"));
        }
        let client = self.suite.client_of(caller.token());
        let mut integrations =
            proto::integrations::v1::integration_service_client::IntegrationServiceClient::new(client);
        Ok(integrations.execute_integration(request).await?.into_inner())
    }
}

#[tokio::test]
async fn an_open_integration_needs_no_end_user() {
    let scene = Scene::new(AnonymousAccess::Allowed).await;
    assert!(scene.call(&scene.shop, &[]).await.expect("everybody may").ok);
}

#[tokio::test]
async fn a_closed_integration_refuses_a_call_without_an_end_user() {
    for access in [AnonymousAccess::Refused, AnonymousAccess::Unspecified] {
        let scene = Scene::new(access).await;
        let refusal = scene.call(&scene.trusted, &[]).await.expect_err("nobody is named");
        assert_eq!(reason(&refusal), "USER_REQUIRED");
        assert!(scene.crm.received().is_empty(), "nothing left");
    }
}

#[tokio::test]
async fn a_closed_integration_takes_an_end_user_whom_a_trusted_caller_vouches_for() {
    let scene = Scene::new(AnonymousAccess::Refused).await;
    assert!(scene.call(&scene.trusted, &[("outgate-user", "grace")]).await.expect("she is vouched for").ok);
}

#[tokio::test]
async fn a_callers_word_counts_for_nothing_without_the_role() {
    let scene = Scene::new(AnonymousAccess::Refused).await;
    let refusal =
        scene.call(&scene.shop, &[("outgate-user", "grace")]).await.expect_err("the shop is no voucher");
    assert_eq!(reason(&refusal), "USER_REQUIRED");
    assert!(scene.crm.received().is_empty(), "nothing left");
}

#[tokio::test]
async fn a_closed_integration_takes_an_end_user_who_shows_a_token() {
    let scene = Scene::new(AnonymousAccess::Refused).await;
    let token = scene.ada.token().to_owned();
    assert!(scene.call(&scene.shop, &[("outgate-user-token", &token)]).await.expect("she is verified").ok);
}

#[tokio::test]
async fn a_token_of_nobody_is_refused() {
    let scene = Scene::new(AnonymousAccess::Refused).await;
    let refusal =
        scene.call(&scene.shop, &[("outgate-user-token", "invented-by-me")]).await.expect_err("unknown");
    assert_eq!(reason(&refusal), "UNAUTHENTICATED");
    assert!(scene.crm.received().is_empty(), "nothing left");
}

#[tokio::test]
async fn an_end_users_token_calls_nothing_by_itself() {
    let scene = Scene::new(AnonymousAccess::Allowed).await;
    let refusal = scene.call(&scene.ada, &[]).await.expect_err("a user is no caller");
    assert_eq!(reason(&refusal), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_closed_integration_takes_an_end_user_whom_an_issuer_vouches_for() {
    let scene = Scene::new(AnonymousAccess::Refused).await;
    let grace = scene.people.token("grace");
    assert!(scene.call(&scene.shop, &[("outgate-user-token", &grace)]).await.expect("she is verified").ok);
    // The token says who she is, whatever the caller says.
    let both = [("outgate-user-token", &*grace), ("outgate-user", "mallory")];
    assert!(scene.call(&scene.trusted, &both).await.expect("she is verified").ok);
}

#[tokio::test]
async fn an_open_integration_needs_no_end_user_and_takes_none_who_is_not_good() {
    let scene = Scene::new(AnonymousAccess::Allowed).await;
    let grace = scene.people.token("grace");
    assert!(scene.call(&scene.shop, &[("outgate-user-token", &grace)]).await.expect("she is verified").ok);
    let before = scene.crm.received().len();
    let mut claims = scene.people.claims("grace");
    claims["exp"] = (now() - 3600).into();
    let expired = scene.people.sign(&claims);
    let refusal =
        scene.call(&scene.shop, &[("outgate-user-token", &expired)]).await.expect_err("it has expired");
    assert_eq!(reason(&refusal), "UNAUTHENTICATED");
    assert_eq!(scene.crm.received().len(), before, "nothing left");
}

#[tokio::test]
async fn an_end_user_of_another_tenant_is_nobody_here() {
    let scene = Scene::new(AnonymousAccess::Refused).await;
    let mallory = scene.people.token("mallory");
    let refusal = scene
        .call(&scene.shop, &[("outgate-user-token", &mallory)])
        .await
        .expect_err("she is a user elsewhere");
    assert_eq!(reason(&refusal), "USER_REQUIRED");
    let stranger = scene.people.token("somebody");
    let refusal = scene
        .call(&scene.shop, &[("outgate-user-token", &stranger)])
        .await
        .expect_err("she is nobody's user");
    assert_eq!(reason(&refusal), "UNAUTHENTICATED");
    assert!(scene.crm.received().is_empty(), "nothing left");
}

#[tokio::test]
async fn a_token_of_an_end_user_calls_nothing_whoever_signed_it() {
    let scene = Scene::new(AnonymousAccess::Allowed).await;
    let mut request = Request::new(get("CRM", scene.crm.url("/")));
    let bearer = format!("Bearer {}", scene.people.token("grace"));
    request.metadata_mut().insert("authorization", bearer.parse().expect("visible text"));
    let mut integrations = proto::integrations::v1::integration_service_client::IntegrationServiceClient::new(
        scene.suite.channel(),
    );
    let refusal = integrations.execute_integration(request).await.expect_err("a user is no caller");
    assert_eq!(reason(&refusal), "UNAUTHENTICATED");
    assert!(scene.crm.received().is_empty(), "nothing left");
}
