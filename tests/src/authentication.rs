//! ExecuteIntegration with every kind of authentication: the counterpart gets the credential, the caller does not.

use base64::{Engine, engine::general_purpose::STANDARD};
use proto::{
    integrations::v1::{ExecuteIntegrationRequest, Header, auth::Kind},
    tokens::v1::ClientAuthentication,
};
use serde_json::{Value, json};

use crate::harness::{
    Answer, Authority, Canary, Counterpart, OauthServer, Received, Suite, anybody, api_key_in_header,
    api_key_in_query, basic, bearer, client_credentials, endpoint, project,
};

/// A suite, a CRM with three customers, and the integration `CRM` to it with a secret of the same name.
struct Scene {
    crm: Counterpart,
    suite: Suite,
    secret: Canary,
    _authority: Authority,
}

impl Scene {
    async fn new(kind: Option<Kind>) -> Self {
        let authority = Authority::new();
        let crm = customers(&authority).await;
        let suite = Suite::start(&authority).await;
        let secret = Canary::new();
        suite.put_secret("crm", crm.url("/"), secret.text()).await;
        suite.create_integration("CRM", anybody(crm.url("/api/v1/**"), kind)).await;
        Self { crm, suite, secret, _authority: authority }
    }

    /// Calls the CRM once, and hands back what it got.
    async fn call(&self) -> Received {
        let answer =
            self.suite.get("CRM", self.crm.url("/api/v1/customers?page=1")).await.expect("the CRM answers");
        assert_eq!((answer.status, answer.ok), (200, true));
        assert_eq!(
            serde_json::from_slice::<Value>(&answer.body).expect("JSON"),
            json!(["Ada", "Grace", "Edsger"])
        );
        let received = self.crm.only();
        assert_eq!((received.method.as_str(), received.path.as_str()), ("GET", "/api/v1/customers"));
        received
    }
}

async fn customers(authority: &Authority) -> Counterpart {
    Counterpart::start(authority, |_| Answer::json(200, &json!(["Ada", "Grace", "Edsger"]))).await
}

#[tokio::test]
async fn bearer_sends_the_secret_as_the_token() {
    let scene = Scene::new(bearer("crm")).await;
    let received = scene.call().await;
    assert_eq!(received.header("authorization"), format!("Bearer {}", scene.secret.text()));
    assert_eq!(received.query, "page=1");
}

#[tokio::test]
async fn basic_sends_user_and_password_as_rfc_7617_says() {
    let scene = Scene::new(basic("ada", "crm")).await;
    let received = scene.call().await;
    let pair = STANDARD.encode(format!("ada:{}", scene.secret.text()));
    assert_eq!(received.header("authorization"), format!("Basic {pair}"));
}

#[tokio::test]
async fn an_api_key_goes_into_the_header_that_the_integration_names() {
    let scene = Scene::new(api_key_in_header("X-Api-Key", "crm")).await;
    let received = scene.call().await;
    assert_eq!(received.header("x-api-key"), scene.secret.text());
    assert_eq!(received.header("authorization"), "");
}

#[tokio::test]
async fn an_api_key_goes_into_the_query_parameter_that_the_integration_names() {
    let scene = Scene::new(api_key_in_query("api_key", "crm")).await;
    let received = scene.call().await;
    let query: Vec<_> = form_urlencoded::parse(received.query.as_bytes()).collect();
    let expected = [("page".into(), "1".into()), ("api_key".into(), scene.secret.text().into())];
    assert_eq!(query, expected, "the key comes after what the caller asked for");
}

#[tokio::test]
async fn no_authentication_sends_no_credential() {
    let received = Scene::new(None).await.call().await;
    assert_eq!(received.header("authorization"), "");
    assert_eq!(received.query, "page=1");
}

#[tokio::test]
async fn client_credentials_by_basic_bring_a_token_of_a_real_authorization_server() {
    a_token_of_a_real_authorization_server("basic", ClientAuthentication::Basic).await;
}

#[tokio::test]
async fn client_credentials_in_the_body_bring_a_token_of_a_real_authorization_server() {
    a_token_of_a_real_authorization_server("body", ClientAuthentication::Body).await;
}

async fn a_token_of_a_real_authorization_server(client: &str, how: ClientAuthentication) {
    let authority = Authority::new();
    // Such a secret survives Basic only if id and secret are form-encoded first (RFC 6749, 2.3.1).
    let secret = Canary::beginning_with("p&ss: word/%2B+");
    let mut oauth = OauthServer::start(&authority, secret.text()).await;
    let crm = customers(&authority).await;
    let suite = Suite::start(&authority).await;
    suite.put_client_secret("client", oauth.token_url(), secret.text(), vec![crm.url("/")]).await;
    let auth = client_credentials(oauth.token_url(), client, "client", how);
    suite.create_integration("CRM", anybody(crm.url("/api/v1/**"), auth)).await;

    for _ in 0..3 {
        let answer = suite.get("CRM", crm.url("/api/v1/customers")).await.expect("the CRM answers");
        assert!(answer.ok);
    }

    let seen = oauth.seen().await;
    assert_eq!(seen.token_requests, [client], "one token serves three calls");
    let expected = format!("Bearer {}", seen.access_tokens[0]);
    for received in crm.received() {
        assert_eq!(received.header("authorization"), expected);
    }
}

#[tokio::test]
async fn a_caller_cannot_replace_an_injected_credential() {
    let scene = Scene::new(bearer("crm")).await;
    let header = |name: &str, value: &'static str| Header { name: name.to_owned(), value: value.into() };
    let request = ExecuteIntegrationRequest {
        headers: vec![header("Authorization", "Bearer mine"), header("X-Request", "7")],
        ..crate::harness::get("CRM", scene.crm.url("/api/v1/customers"))
    };
    let answer = scene.suite.integrations().execute_integration(request).await;
    match answer {
        Ok(_) => {
            let received = scene.crm.only();
            let all: Vec<_> = received.headers.get_all("authorization").iter().collect();
            assert_eq!(all, [&format!("Bearer {}", scene.secret.text())]);
            assert_eq!(received.header("x-request"), "7");
        }
        Err(refusal) => panic!("the injected credential wins silently, the call goes on: {refusal:?}"),
    }
}

#[tokio::test]
async fn a_counterparts_error_is_an_answer_and_not_a_failure() {
    let authority = Authority::new();
    let crm = Counterpart::start(&authority, |_| Answer::json(503, &json!({ "error": "tea break" }))).await;
    let suite = Suite::start(&authority).await;
    suite.create_integration("CRM", anybody(crm.url("/**"), None)).await;
    let answer = suite.get("CRM", crm.url("/customers")).await.expect("an error status is an answer");
    assert_eq!((answer.status, answer.ok), (503, false));
    assert_eq!(answer.body, r#"{"error":"tea break"}"#);
}

#[tokio::test]
async fn a_secret_that_the_counterpart_echoes_is_masked() {
    let authority = Authority::new();
    let crm = Counterpart::start(&authority, |received| {
        Answer::json(200, &json!({ "youSent": received.header("authorization") }))
    })
    .await;
    let suite = Suite::start(&authority).await;
    let secret = Canary::new();
    suite.put_secret("crm", crm.url("/"), secret.text()).await;
    suite.create_integration("CRM", anybody(crm.url("/**"), bearer("crm"))).await;
    let answer = suite.get("CRM", crm.url("/echo")).await.expect("the CRM answers");
    assert_eq!(answer.body, "{\"youSent\":\"Bearer [secret removed]\"}");
    assert_eq!(
        crm.only().header("authorization"),
        format!("Bearer {}", secret.text()),
        "the counterpart got it"
    );
}

#[tokio::test]
async fn the_printed_call_of_the_integration_crm_works_as_printed() {
    let printed = std::fs::read_to_string(project().join("tests/fixtures/seeds/execute-integration.js"))
        .expect("a fixture");
    let quoted = |key: &str| {
        let rest = &printed[printed.find(key).expect("the key is printed") + key.len()..];
        rest.split('\'').nth(1).expect("its value is quoted").to_owned()
    };
    let authority = Authority::new();
    let crm = customers(&authority).await;
    let suite = Suite::start(&authority).await;
    let secret = Canary::new();
    suite.put_secret("crm", crm.url("/"), secret.text()).await;
    let url = quoted("url:").replace("https://www.mycrmendpoint.com", &crm.url(""));
    let mut integration = anybody(crm.url("/api/v1/**"), bearer("crm"));
    integration.endpoints = vec![endpoint(crm.url("/api/v1/*"))];
    suite.create_integration(&quoted("integrationName:"), integration).await;

    let request = ExecuteIntegrationRequest {
        name: format!("tenants/default/integrations/{}", quoted("integrationName:")),
        method: quoted("httpMethod:"),
        url,
        headers: vec![Header { name: "Content-Type".to_owned(), value: quoted("'Content-Type':").into() }],
        ..ExecuteIntegrationRequest::default()
    };
    let answer =
        suite.integrations().execute_integration(request).await.expect("the CRM answers").into_inner();

    assert!(answer.ok);
    let received = crm.only();
    assert_eq!((received.method.as_str(), received.path.as_str()), ("GET", "/api/v1/getAllCustomerData"));
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("authorization"), format!("Bearer {}", secret.text()));
}
