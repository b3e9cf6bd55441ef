use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::{
    accounting::Accounting,
    counterpart::{Api, Incoming},
    crm::{CUSTOMERS_PATH, Crm, TOKEN_PATH},
};

fn incoming(method: Method, path: &str, header: (&'static str, &str), body: &str) -> Incoming {
    let mut headers = HeaderMap::new();
    headers.insert(header.0, HeaderValue::from_str(header.1).unwrap());
    Incoming { method, path: path.to_owned(), headers, body: body.to_owned().into() }
}

#[test]
fn the_crm_gives_tokens_to_its_client_and_customers_for_tokens() {
    let crm = Crm::new("secret", "token");
    // outgate:secret
    let basic = ("authorization", "Basic b3V0Z2F0ZTpzZWNyZXQ=");
    let asked = incoming(Method::POST, TOKEN_PATH, basic, "grant_type=client_credentials");
    assert_eq!(crm.credential(&asked), ("authorization", true));
    assert!(crm.answer(&asked).body.contains(r#""access_token":"token""#));
    let wrong = incoming(Method::POST, TOKEN_PATH, ("authorization", "Basic b3V0Z2F0ZTp3cm9uZw=="), "");
    assert!(!crm.credential(&wrong).1);
    let asked = incoming(Method::GET, CUSTOMERS_PATH, ("authorization", "Bearer token"), "");
    assert!(crm.credential(&asked).1);
    assert!(crm.answer(&asked).body.contains("Ada Lovelace"));
    assert!(!crm.credential(&incoming(Method::GET, CUSTOMERS_PATH, basic, "")).1);
}

#[test]
fn accounting_answers_in_json_or_in_xml() {
    let accounting = Accounting::new("key");
    let answer = |id: &str| {
        let asked = incoming(Method::POST, "/company", ("x-api-key", "key"), &format!(r#"{{"id":"{id}"}}"#));
        assert!(accounting.credential(&asked).1);
        let reply = accounting.answer(&asked);
        (reply.status, reply.kind, reply.body)
    };
    assert_eq!(answer("C-1"), (StatusCode::CREATED, "application/json", r#"{"id":"ACC-C-1"}"#.to_owned()));
    let xml = "<?xml version=\"1.0\"?>\n<id>ACC-X-1</id>".to_owned();
    assert_eq!(answer("X-1"), (StatusCode::CREATED, "application/xml", xml));
    assert!(!accounting.credential(&incoming(Method::POST, "/company", ("x-api-key", "no"), "")).1);
}

#[test]
fn the_printed_adapter_is_changed_in_one_place_only() {
    assert_eq!(super::acts::ADAPTER.matches(super::acts::ADAPTER_HOST).count(), 1);
}

/// The whole demo: the real suite, both counterparts, every act. It is the only test that starts telemetry, which a
/// process has once.
#[tokio::test(flavor = "multi_thread")]
async fn the_story_holds() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stage = super::Stage::build(None).await.unwrap();
    let story = super::play(&stage, crate::output::Output::new(true)).await.unwrap();
    let told = super::telling::value(&story);
    for secret in [&stage.secrets.crm, &stage.secrets.token, &stage.secrets.accounting] {
        assert!(!told.to_string().contains(secret.as_str()), "{told}");
    }
    assert_eq!(told.get("crm.tokenRequests").unwrap().to_string(), "1");
    assert_eq!(told.get("crm.answers[2].status").unwrap().to_string(), "200");
    let echo = told.get("crm.answers[0].body.debug.authorization").unwrap().to_string();
    assert_eq!(echo, "\"Bearer [secret removed]\"");
    assert_eq!(
        told.get("accounting.request.headers.x-api-key").unwrap().to_string(),
        "\"{{secret:secret_name}}\""
    );
    assert_eq!(told.get("accounting.json.result.extId").unwrap().to_string(), "\"ACC-C-1001\"");
    assert_eq!(told.get("accounting.xml.result.extId").unwrap().to_string(), "\"ACC-X-1002\"");
    assert_eq!(told.get("accounting.json.result.extStatus").unwrap().to_string(), "\"EXT.OK\"");
    let data = stage.data();
    stage.clear().await.unwrap();
    assert!(!data.exists());
}
