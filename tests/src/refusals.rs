//! Bad input: each case is refused by its own reason, and leaves nothing half-written behind.

use proto::{
    integrations::v1::ListIntegrationsRequest, registers::v1::ListRegistersRequest,
    secrets::v1::ListSecretsRequest, tokens::v1::ClientAuthentication,
};
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::{
    Answer, Authority, Canary, Counterpart, OauthServer, Suite, anybody, bearer, client_credentials, reason,
};

const ADAPTER: &str = "ADAPTER.COMPANY-ACCOUNTANCY";

/// A suite with the integration `CRM`, whose secret is not there yet.
struct Scene {
    crm: Counterpart,
    suite: Suite,
    authority: Authority,
}

impl Scene {
    async fn new() -> Self {
        let authority = Authority::new();
        let crm = Counterpart::start(&authority, |_| Answer::json(200, &json!("hello"))).await;
        let suite = Suite::start(&authority).await;
        suite.create_integration("CRM", anybody(crm.url("/api/**"), bearer("crm"))).await;
        Self { crm, suite, authority }
    }

    async fn call(&self, integration: &str, path: &str) -> Result<(), Status> {
        self.suite.get(integration, self.crm.url(path)).await.map(drop)
    }

    /// Does what must be refused, and insists that nothing changed and nothing left.
    async fn refused(&self, attempt: impl Future<Output = Result<(), Status>>) -> Status {
        let before = state(&self.suite).await;
        let refusal = attempt.await.expect_err("this must be refused");
        assert_eq!(state(&self.suite).await, before, "a refused call changes nothing");
        assert!(self.crm.received().is_empty(), "nothing reached the counterpart");
        refusal
    }
}

/// Everything that is kept, with its revisions.
async fn state(suite: &Suite) -> String {
    let parent = || "tenants/default".to_owned();
    let list = ListIntegrationsRequest { parent: parent(), ..Default::default() };
    let integrations = suite.integrations().list_integrations(list).await.expect("listed").into_inner();
    let list = ListRegistersRequest { parent: parent(), ..Default::default() };
    let registers = suite.registers().list_registers(list).await.expect("listed").into_inner();
    let list = ListSecretsRequest { parent: parent(), ..Default::default() };
    let secrets = suite.secrets().list_secrets(list).await.expect("listed").into_inner();
    format!("{integrations:#?}\n{registers:#?}\n{secrets:#?}")
}

/// A value in the details of a refusal.
fn detail(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

#[tokio::test]
async fn an_unknown_integration_is_integration_not_found() {
    let scene = Scene::new().await;
    let refusal = scene.refused(scene.call("ERP", "/api/customers")).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("INTEGRATION_NOT_FOUND", Code::NotFound));
    assert!(detail(&refusal, "name").ends_with("integrations/ERP"), "{refusal:?}");
}

#[tokio::test]
async fn an_address_that_the_integration_does_not_list_is_endpoint_not_listed() {
    let scene = Scene::new().await;
    scene.suite.put_secret("crm", scene.crm.url("/"), Canary::new().text()).await;
    let refusal = scene.refused(scene.call("CRM", "/admin/users")).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("ENDPOINT_NOT_LISTED", Code::PermissionDenied));
    assert_eq!(detail(&refusal, "host"), "127.0.0.1");
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_secret_not_found() {
    let scene = Scene::new().await;
    let refusal = scene.refused(scene.call("CRM", "/api/customers")).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("SECRET_NOT_FOUND", Code::NotFound));
    assert_eq!(detail(&refusal, "secret"), "crm");
}

#[tokio::test]
async fn a_secret_made_for_another_origin_is_secret_out_of_scope() {
    let scene = Scene::new().await;
    scene.suite.put_secret("crm", "https://api.example.com/".to_owned(), Canary::new().text()).await;
    let refusal = scene.refused(scene.call("CRM", "/api/customers")).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("SECRET_OUT_OF_SCOPE", Code::PermissionDenied));
    assert_eq!(detail(&refusal, "secret"), "crm");
}

#[tokio::test]
async fn a_register_that_does_not_parse_is_register_invalid_and_is_not_stored() {
    let scene = Scene::new().await;
    let text = "{\n    \"constants\": {\n        \"url\" \"https://xxx.yyyy.com\"\n    }\n}\n";
    let refusal = scene.refused(async { scene.suite.put_register(ADAPTER, text).await.map(drop) }).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("REGISTER_INVALID", Code::InvalidArgument));
    assert_eq!((detail(&refusal, "line").as_str(), detail(&refusal, "column").as_str()), ("3", "15"));
    let message = refusal.message();
    let shown = message
        .lines()
        .position(|line| line.contains("\"url\" \"https://xxx.yyyy.com\""))
        .expect("the line is shown");
    assert!(
        message.lines().nth(shown + 1).expect("a line follows").contains('^'),
        "a caret points at it:\n{message}"
    );
}

#[tokio::test]
async fn a_register_that_no_longer_parses_leaves_the_one_before_as_it_was() {
    let scene = Scene::new().await;
    scene.suite.put_register(ADAPTER, "{ \"constants\": {} }").await.expect("it parses");
    let refusal =
        scene.refused(async { scene.suite.put_register(ADAPTER, "{ \"constants\": ").await.map(drop) }).await;
    assert_eq!(reason(&refusal), "REGISTER_INVALID");
}

#[tokio::test]
async fn a_token_endpoint_that_refuses_is_token_refused() {
    let scene = Scene::new().await;
    let mut oauth = OauthServer::start(&scene.authority, Canary::new().text()).await;
    let (secret, tokens_for) = (Canary::new(), vec![scene.crm.url("/")]);
    scene.suite.put_client_secret("client", oauth.token_url(), secret.text(), tokens_for).await;
    let auth = client_credentials(oauth.token_url(), "basic", "client", ClientAuthentication::Basic);
    scene.suite.create_integration("ERP", anybody(scene.crm.url("/api/**"), auth)).await;

    let refusal = scene.refused(scene.call("ERP", "/api/customers")).await;

    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("TOKEN_REFUSED", Code::FailedPrecondition));
    assert_eq!(
        (detail(&refusal, "error").as_str(), detail(&refusal, "status").as_str()),
        ("invalid_client", "401")
    );
    assert_eq!(oauth.seen().await.token_requests, ["basic"], "a refusal is not asked for twice");
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_is_token_unavailable() {
    let scene = Scene::new().await;
    let token_url = nowhere("/token").await;
    let (secret, tokens_for) = (Canary::new(), vec![scene.crm.url("/")]);
    scene.suite.put_client_secret("client", token_url.clone(), secret.text(), tokens_for).await;
    let auth = client_credentials(token_url, "basic", "client", ClientAuthentication::Basic);
    scene.suite.create_integration("ERP", anybody(scene.crm.url("/api/**"), auth)).await;
    let refusal = scene.refused(scene.call("ERP", "/api/customers")).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("TOKEN_UNAVAILABLE", Code::Unavailable));
}

#[tokio::test]
async fn a_counterpart_that_is_down_is_counterpart_unreachable() {
    let scene = Scene::new().await;
    let url = nowhere("/api/customers").await;
    scene.suite.create_integration("ERP", anybody(url.clone(), None)).await;
    let refusal = scene.refused(async { scene.suite.get("ERP", url).await.map(drop) }).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("COUNTERPART_UNREACHABLE", Code::Unavailable));
    assert_eq!(detail(&refusal, "host"), "127.0.0.1");
}

/// An address where nothing listens.
async fn nowhere(path: &str) -> String {
    let port = crate::harness::free_port();
    format!("https://127.0.0.1:{port}{path}")
}

#[tokio::test]
async fn a_counterpart_whose_certificate_nobody_vouches_for_is_counterpart_tls_failed() {
    let scene = Scene::new().await;
    let stranger = Counterpart::start(&Authority::new(), |_| Answer::json(200, &json!("hello"))).await;
    scene.suite.put_secret("crm", stranger.url("/"), Canary::new().text()).await;
    scene.suite.create_integration("ERP", anybody(stranger.url("/**"), bearer("crm"))).await;
    let refusal = scene.refused(async { scene.suite.get("ERP", stranger.url("/")).await.map(drop) }).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("COUNTERPART_TLS_FAILED", Code::Unavailable));
    assert!(stranger.received().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn an_adapter_that_is_not_there_is_register_not_found() {
    let scene = Scene::new().await;
    let refusal = scene.refused(async { scene.suite.run(ADAPTER, &json!({})).await.map(drop) }).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("REGISTER_NOT_FOUND", Code::NotFound));
}

#[tokio::test]
async fn a_caller_without_a_token_is_unauthenticated() {
    let scene = Scene::new().await;
    let mut stranger =
        proto::secrets::v1::secret_service_client::SecretServiceClient::new(scene.suite.channel());
    let list = ListSecretsRequest { parent: "tenants/default".to_owned(), ..Default::default() };
    let refusal = scene.refused(async { stranger.list_secrets(list).await.map(drop) }).await;
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("UNAUTHENTICATED", Code::Unauthenticated));
}
