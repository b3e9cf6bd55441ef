//! Calls that are made for a business unit: its private copies of secrets come first, and its tokens are its own.

use futures::{TryStreamExt, stream};
use proto::integrations::v1::{
    ApiKey, ExecuteIntegrationRequest, StreamIntegrationRequest, StreamIntegrationRequestHead,
    api_key::Place, auth::Kind, stream_integration_request::Part,
};
use tonic::Status;

use super::{
    counterpart::{Counterpart, Reply, Seen, json},
    tokens::client_credentials,
    world::{CRM, World, get, open, refused_field},
};

const SHARED: &str = "shared-key-4f9d2c71";
const PRIVATE: &str = "private-to-north-8e1b";

fn key() -> Option<Kind> {
    let place = Some(Place::Header("X-Api-Key".into()));
    Some(Kind::ApiKey(ApiKey { place, value: "{{secret:key}}".into() }))
}

fn of(unit: &str, url: &str) -> ExecuteIntegrationRequest {
    ExecuteIntegrationRequest { business_unit: unit.into(), ..get(url.to_owned()) }
}

/// The same call, streamed, to its end.
async fn streamed(world: &World, unit: &str, url: &str) -> Result<(), Status> {
    let head = StreamIntegrationRequestHead {
        name: CRM.into(),
        method: "GET".into(),
        url: url.into(),
        business_unit: unit.into(),
        headers: vec![],
    };
    let message = StreamIntegrationRequest { part: Some(Part::Head(head)) };
    let answer = world.integrations().stream_integration(stream::iter([message])).await?;
    answer.into_inner().try_for_each(|_| async { Ok(()) }).await
}

#[tokio::test]
async fn a_call_for_a_unit_carries_the_unit_s_own_secret_whole_and_streamed() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("key", SHARED, &counterpart.origin()).await;
    world.private_secret("north", "key", PRIVATE, &counterpart.origin()).await;
    world.create("CRM", open(&counterpart, key())).await.unwrap();
    let url = format!("{}/v1", counterpart.origin());
    for (unit, sent) in [("", SHARED), ("north", PRIVATE), ("south", SHARED)] {
        let before = counterpart.seen().len();
        world.execute(of(unit, &url)).await.unwrap();
        streamed(&world, unit, &url).await.unwrap();
        let seen = counterpart.seen();
        let keys: Vec<_> = seen[before..].iter().map(|seen| seen.header("x-api-key")).collect();
        assert_eq!(keys, [sent, sent], "{unit}");
    }
    // The ledger says for whom, and which of the copies it was.
    let entries = world.audited().await;
    let released = entries.iter().filter(|entry| entry["kind"] == "released");
    let told: Vec<_> = released
        .map(|entry| (entry["business_unit"].as_str().unwrap_or_default(), entry["secret"].as_str().unwrap()))
        .collect();
    let (shared, private) = ("tenants/acme/secrets/key", "tenants/acme/businessUnits/north/secrets/key");
    let expected = [("", shared), ("north", private), ("south", shared)];
    assert_eq!(told, expected.map(|one| [one, one]).concat());
}

#[tokio::test]
async fn what_is_no_id_of_a_unit_is_refused_and_nothing_leaves() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    let url = format!("{}/v1", counterpart.origin());
    for unit in ["../south", "north/secrets", "nörth", ".."] {
        refused_field(world.execute(of(unit, &url)).await, "business_unit");
        refused_field(streamed(&world, unit, &url).await, "head.business_unit");
    }
    assert_eq!(counterpart.seen().len(), 0);
}

/// Gives a client's secret the token that is its own, and takes those tokens.
fn token_endpoint(seen: &Seen) -> Reply {
    // RFC 6749, 2.3.1: `outgate:` and the secret, in base64.
    let token = match seen.header("authorization") {
        "Basic b3V0Z2F0ZTpzaGFyZWQta2V5LTRmOWQyYzcx" => "token-of-all-9a4e5d1c",
        "Basic b3V0Z2F0ZTpwcml2YXRlLXRvLW5vcnRoLThlMWI=" => "token-of-north-9a4e5d1c",
        _ => return json(401, r#"{"error": "invalid_client"}"#),
    };
    json(200, &format!(r#"{{"access_token": "{token}", "token_type": "Bearer", "expires_in": 3600}}"#))
}

#[tokio::test]
async fn a_token_that_a_unit_s_copy_got_is_the_unit_s_alone() {
    let counterpart = Counterpart::http2(|seen, _| match seen.target.as_str() {
        "/token" => token_endpoint(seen),
        _ => json(200, "{}"),
    })
    .await;
    let world = World::with_real_tokens(&counterpart).await;
    let Kind::ClientCredentials(mut grant) = client_credentials() else { unreachable!() };
    grant.token_url = format!("{}/token", counterpart.origin());
    world.create("CRM", open(&counterpart, Some(Kind::ClientCredentials(grant)))).await.unwrap();
    world.client_secret(SHARED, &counterpart.origin(), &[]).await;
    world.private_secret("north", "crm-client-secret", PRIVATE, &counterpart.origin()).await;
    let url = format!("{}/v1", counterpart.origin());
    // Twice, so that kept tokens are handed out, too.
    for _ in 0..2 {
        for unit in ["", "north", "south"] {
            world.execute(of(unit, &url)).await.unwrap();
        }
    }
    let seen = counterpart.seen();
    let (asked, called): (Vec<_>, Vec<_>) = seen.iter().partition(|seen| seen.target == "/token");
    assert_eq!(asked.len(), 2, "one for each of the secrets");
    let tokens: Vec<_> = called.iter().map(|seen| seen.header("authorization")).collect();
    let (all, north) = ("Bearer token-of-all-9a4e5d1c", "Bearer token-of-north-9a4e5d1c");
    assert_eq!(tokens, [all, north, all, all, north, all]);
}
