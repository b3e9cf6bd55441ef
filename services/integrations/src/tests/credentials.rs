//! Each kind of authentication as it arrives at the counterpart.

use base64::{Engine, engine::general_purpose::STANDARD};
use proto::integrations::v1::{ApiKey, Basic, Bearer, api_key::Place, auth::Kind};

use super::{
    counterpart::{Counterpart, json},
    world::{World, get, header, metadata, refused},
};

fn bearer(secret: &str) -> Kind {
    Kind::Bearer(Bearer { token: format!("{{{{secret:{secret}}}}}") })
}

fn api_key(place: Place, value: &str) -> Kind {
    Kind::ApiKey(ApiKey { place: Some(place), value: value.into() })
}

#[tokio::test]
async fn a_bearer_token_beats_what_the_caller_sends() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("crm-token", "t0ken-of-the-crm", &counterpart.origin()).await;
    world.crm(&counterpart, Some(bearer("crm-token"))).await;
    let mut request = get(format!("{}/x", counterpart.origin()));
    request.headers = vec![header("authorization", "Bearer forged"), header("AUTHORIZATION", "Basic forged")];
    world.execute(request).await.unwrap();
    assert_eq!(counterpart.one().header("authorization"), "Bearer t0ken-of-the-crm");
}

#[tokio::test]
async fn basic_joins_user_and_password_before_it_encodes() {
    for username in ["ada", "{{secret:user}}", "tenant-{{secret:user}}"] {
        let counterpart = Counterpart::quiet().await;
        let world = World::new(&counterpart).await;
        world.secret("user", "ada-4f9d2c71-ada", &counterpart.origin()).await;
        world.secret("pw", "p:ässwört-4f9d2c71", &counterpart.origin()).await;
        let basic = Basic { username: username.into(), password: "{{secret:pw}}".into() };
        world.crm(&counterpart, Some(Kind::Basic(basic))).await;
        world.execute(get(format!("{}/x", counterpart.origin()))).await.unwrap();
        let seen = counterpart.one();
        let encoded = seen.header("authorization").strip_prefix("Basic ").unwrap();
        let pair = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        assert_eq!(
            pair,
            format!("{}:p:ässwört-4f9d2c71", username.replace("{{secret:user}}", "ada-4f9d2c71-ada"))
        );
    }
}

#[tokio::test]
async fn an_api_key_goes_into_a_header() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("key", "k3y-0123456789abcdef", &counterpart.origin()).await;
    world.crm(&counterpart, Some(api_key(Place::Header("X-Api-Key".into()), "Token {{secret:key}}"))).await;
    let mut request = get(format!("{}/x", counterpart.origin()));
    request.headers = vec![header("x-api-key", "forged")];
    world.execute(request).await.unwrap();
    assert_eq!(counterpart.one().header("x-api-key"), "Token k3y-0123456789abcdef");
}

#[tokio::test]
async fn an_api_key_goes_into_the_query_and_is_encoded_once() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("key", "k/3&y=%2F-4f9d2c71", &counterpart.origin()).await;
    world.crm(&counterpart, Some(api_key(Place::Query("api_key".into()), "a b{{secret:key}}"))).await;
    world.execute(get(format!("{}/x?api_key=forged&page=2", counterpart.origin()))).await.unwrap();
    assert_eq!(counterpart.one().target, "/x?page=2&api_key=a%20bk%2F3%26y%3D%252F-4f9d2c71");
}

#[tokio::test]
async fn a_secret_that_comes_back_is_masked() {
    let counterpart = Counterpart::start(|seen, _| {
        let key = seen.header("x-api-key").to_owned();
        json(200, &format!(r#"{{"echo": "{key}"}}"#))
    })
    .await;
    let world = World::new(&counterpart).await;
    world.secret("key", "canary-0123456789abcdef", &counterpart.origin()).await;
    world.crm(&counterpart, Some(api_key(Place::Header("X-Api-Key".into()), "{{secret:key}}"))).await;
    let answer = world.execute(get(format!("{}/x", counterpart.origin()))).await.unwrap();
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(counterpart.one().header("x-api-key").contains("canary"), "it did go out");
    assert!(!body.contains("canary") && body.contains("echo"), "{body}");
}

#[tokio::test]
async fn a_missing_secret_is_named() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(bearer("nowhere"))).await;
    let status = refused(world.execute(get(format!("{}/x", counterpart.origin()))).await, "SECRET_NOT_FOUND");
    assert_eq!(metadata(&status, "secret"), "nowhere");
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn a_secret_leaves_to_its_own_origin_alone() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("crm-token", "t0ken-of-the-crm", &counterpart.other_origin()).await;
    world.crm(&counterpart, Some(bearer("crm-token"))).await;
    let status =
        refused(world.execute(get(format!("{}/x", counterpart.origin()))).await, "SECRET_OUT_OF_SCOPE");
    assert_eq!(
        (metadata(&status, "secret").as_str(), metadata(&status, "host").as_str()),
        ("crm-token", "api.example.com")
    );
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn a_secret_that_does_not_fit_its_place_is_refused_without_being_shown() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("crm-token", "canary-0123456789abcdef\r\nX-Forged: 1", &counterpart.origin()).await;
    world.crm(&counterpart, Some(bearer("crm-token"))).await;
    let status = refused(world.execute(get(format!("{}/x", counterpart.origin()))).await, "SECRET_UNFIT");
    assert!(!format!("{status:?}").contains("canary"));
    assert!(counterpart.seen().is_empty());
}
