//! The four services as four processes, and who may enter where.

use std::net::SocketAddr;

use proto::{
    secrets::v1::{Purpose, ReleaseSecretRequest, secret_release_service_client::SecretReleaseServiceClient},
    tokens::v1::{
        ClientAuthentication, GetTokenRequest, ListTokensRequest, token_service_client::TokenServiceClient,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::{Code, Status, service::interceptor::InterceptedService};

use crate::harness::{
    Answer, Authority, Bearer, Canary, Client, Counterpart, Known, OauthServer, Setup, Suite, Tap, anybody,
    client_credentials, free_port, reason,
};

/// The suite as it runs on several machines: one process a service, each with a data folder of its own.
struct Scene {
    registers: Suite,
    secrets: Suite,
    tokens: Suite,
    integrations: Suite,
    secrets_internal: SocketAddr,
    tokens_internal: SocketAddr,
    link: Known,
    authority: Authority,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let authority = Authority::new();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let link = Known::new("link", &["caller"]);
        let token_file = link.token_file(folder.path());
        let links = |lines: String| format!("[links]\ntoken_file = {token_file:?}\n{lines}");
        let internal = |address: SocketAddr| format!("[server]\ninternal_listen = \"{address}\"\n");
        let [secrets_internal, tokens_internal] =
            [free_port(), free_port()].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));

        let registers = Setup::new(&authority).only("registers").know(&link).start().await;
        let secrets = Setup::new(&authority)
            .only("secrets")
            .config(&internal(secrets_internal))
            .config(&links(String::new()))
            .start()
            .await;
        let to_secrets = format!("secrets = \"http://{secrets_internal}\"\n");
        let tokens = Setup::new(&authority)
            .only("tokens")
            .config(&internal(tokens_internal))
            .config(&links(to_secrets.clone()))
            .start()
            .await;
        let to_the_others = format!(
            "{to_secrets}tokens = \"http://{tokens_internal}\"\nregisters = \"http://{}\"\n",
            registers.address()
        );
        let integrations =
            Setup::new(&authority).only("integrations").config(&links(to_the_others)).start().await;
        Self {
            registers,
            secrets,
            tokens,
            integrations,
            secrets_internal,
            tokens_internal,
            link,
            authority,
            _folder: folder,
        }
    }

    /// An internal listener, entered with a token or without.
    fn enter(address: SocketAddr, token: &str) -> Client {
        InterceptedService::new(Tap::to(address), Bearer::new(token))
    }
}

fn release() -> ReleaseSecretRequest {
    ReleaseSecretRequest {
        name: "tenants/default/secrets/crm".to_owned(),
        destination_url: "https://crm.example.com/".to_owned(),
        purpose: Purpose::Call.into(),
        version: 0,
        cause: None,
    }
}

#[tokio::test]
async fn an_adapter_runs_through_four_processes() {
    let scene = Scene::new().await;
    let secret = Canary::new();
    let mut oauth = OauthServer::start(&scene.authority, secret.text()).await;
    let crm = Counterpart::start(&scene.authority, |_| Answer::json(200, &json!({ "id": 7 }))).await;
    let tokens_for = vec![crm.url("/")];
    scene.secrets.put_client_secret("client", oauth.token_url(), secret.text(), tokens_for).await;
    let auth = client_credentials(oauth.token_url(), "basic", "client", ClientAuthentication::Basic);
    scene.integrations.create_integration("CRM", anybody(crm.url("/api/**"), auth)).await;
    let adapter = json!({
        "integration": "CRM",
        "requestMapping": { "method": "GET", "url": crm.url("/api/customers") },
        "responseMapping": { "customer": "${currentObject:response.id}" }
    });
    scene.registers.put_register("ADAPTER.CUSTOMER", &adapter.to_string()).await.expect("an adapter");

    let run = scene.integrations.run("ADAPTER.CUSTOMER", &json!({})).await.expect("the adapter runs");

    let result: Value = serde_json::from_slice(&run.result).expect("JSON");
    assert_eq!(result, json!({ "customer": 7 }));
    let seen = oauth.seen().await;
    assert_eq!(crm.only().header("authorization"), format!("Bearer {}", seen.access_tokens[0]));
}

#[tokio::test]
async fn the_internal_listeners_refuse_the_operator_and_strangers() {
    let scene = Scene::new().await;
    for token in [scene.secrets.token(), scene.tokens.token(), "somebody-or-other-000"] {
        let mut secrets = SecretReleaseServiceClient::new(Scene::enter(scene.secrets_internal, token));
        assert_unauthenticated(secrets.release_secret(release()).await);
        let mut tokens = TokenServiceClient::new(Scene::enter(scene.tokens_internal, token));
        assert_unauthenticated(tokens.get_token(GetTokenRequest::default()).await);
        assert_unauthenticated(tokens.list_tokens(ListTokensRequest::default()).await);
    }
    let mut nobody = SecretReleaseServiceClient::new(Tap::to(scene.secrets_internal));
    assert_unauthenticated(nobody.release_secret(release()).await);
}

fn assert_unauthenticated<T: std::fmt::Debug>(answer: Result<T, Status>) {
    let refusal = answer.expect_err("nobody but the suite's own services enters here");
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("UNAUTHENTICATED", Code::Unauthenticated));
}

#[tokio::test]
async fn the_internal_listener_lets_the_suites_own_services_in() {
    let scene = Scene::new().await;
    let mut secrets =
        SecretReleaseServiceClient::new(Scene::enter(scene.secrets_internal, scene.link.token()));
    let refusal = secrets.release_secret(release()).await.expect_err("there is no such secret");
    assert_eq!(reason(&refusal), "SECRET_NOT_FOUND");
}

#[tokio::test]
async fn the_public_listener_releases_nothing() {
    let scene = Scene::new().await;
    let mut secrets = SecretReleaseServiceClient::new(scene.secrets.connection());
    let refusal = secrets.release_secret(release()).await.expect_err("release is not served here");
    assert_eq!(refusal.code(), Code::Unimplemented);
    let mut tokens = TokenServiceClient::new(scene.tokens.connection());
    let refusal =
        tokens.get_token(GetTokenRequest::default()).await.expect_err("tokens are not given out here");
    assert_eq!(refusal.code(), Code::Unimplemented);
}
