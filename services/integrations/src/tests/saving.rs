//! `saveSecret`: what an answer brought becomes a secret, and is in nothing else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use oracle::Canary;
use proto::integrations::v1::{Bearer, Integration, Limits, Run, RunAdapterRequest, auth::Kind};
use serde_json::json;
use tonic::Status;

use super::{
    counterpart::{Counterpart, Reply, Seen, json},
    world::{TENANT, World, get, metadata, open, refused, value},
};
use crate::Strict;

/// A value that a login answers with.
const SESSION: &str = "session-3f9c1e07ab52d684";
const MARK: &str = "[secret removed]";
/// As `sha256sum` writes it.
const MARK_SHA256: &str = "e5f6e9064d419c96ad890f9cff405d95c37c4653508338f1457c083914198337";

/// Answers a login with the session, and everything else with nothing.
fn login(seen: &Seen, _: usize) -> Reply {
    Canary::known("a session", SESSION);
    match seen.target.as_str() {
        "/login" => json(200, &format!(r#"{{"session": "{SESSION}", "user": "ada", "valid": 3600}}"#)),
        _ => json(200, "{}"),
    }
}

/// An adapter that saves as `actions` say, and hands back what `response` maps.
fn adapter(url: &str, actions: &serde_json::Value, response: &serde_json::Value) -> String {
    let request = json!({ "method": "POST", "url": url, "body": "" });
    json!({ "requestMapping": request, "onResponseActions": actions, "responseMapping": response })
        .to_string()
}

/// The action that saves `value` as `session` for `url`.
fn save(value: &str, url: &str) -> serde_json::Value {
    json!({ "action": "saveSecret", "parameter": "", "data": { "key": "session", "value": value, "url": url } })
}

const VALUE: &str = "${currentObject:response.session}";

/// Runs an adapter of this text, in a register of its own: a changed one is known after a while alone.
async fn run(world: &World, text: String) -> Result<Run, Status> {
    let key = format!("ADAPTER.LOGIN-{}", uuid::Uuid::new_v4());
    world.register(&key, text).await;
    world.run(&key, r#"{"user": "ada"}"#).await
}

async fn is_saved(world: &World) -> bool {
    let listed = world.secrets_of(TENANT).await;
    listed.iter().any(|secret| secret.name == format!("{TENANT}/secrets/session"))
}

/// Asserts that the action failed for this reason, and that nothing is there.
async fn fails(world: &World, text: String, cause: &str) -> Status {
    let status = refused(run(world, text).await, "ACTION_FAILED");
    assert_eq!(metadata(&status, "cause"), cause, "{status}");
    assert!(metadata(&status, "name").starts_with("tenants/acme/registers/ADAPTER.LOGIN-"), "{status}");
    assert!(!is_saved(world).await);
    status
}

#[tokio::test]
async fn a_login_saves_its_session_and_the_next_call_uses_it() {
    let counterpart = Counterpart::start(login).await;
    let world = World::new(&counterpart).await;
    let origin = counterpart.origin();
    let text = adapter(
        &format!("{origin}/login"),
        &json!([save(VALUE, &origin)]),
        &json!({ "user": "${currentObject:response.user}" }),
    );
    let done = run(&world, text).await.unwrap();
    assert_eq!(value(&done.result), json!({ "user": "ada" }));
    let [secret] = &world.secrets_of(TENANT).await[..] else { panic!("one secret") };
    assert_eq!(secret.scope, origin);
    assert!(secret.saved_by.starts_with("ADAPTER.LOGIN-"), "{secret:?}");

    world.crm(&counterpart, Some(Kind::Bearer(Bearer { token: "{{secret:session}}".into() }))).await;
    world.execute(get(format!("{origin}/accounts"))).await.unwrap();
    let seen = counterpart.seen();
    assert_eq!(seen.last().unwrap().header("authorization"), format!("Bearer {SESSION}"));
    let kinds: Vec<_> = world.audited().await.iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(kinds, ["saved", "released", "used"]);
}

#[tokio::test]
async fn no_mapping_makes_anything_of_what_is_saved() {
    let counterpart = Counterpart::start(login).await;
    let world = World::new(&counterpart).await;
    let origin = counterpart.origin();
    let read = |function: &str| format!("${{{function}:{VALUE}}}");
    let mapped = json!({
        "as it is": VALUE,
        "within": format!("<{VALUE}>"),
        "base64": read("base64"),
        "upper": read("upper"),
        "hash": format!("${{hash:sha256,{VALUE}}}"),
        "all": "${currentObject:response}",
        "before": "${currentObject:preResponse.header}",
        "valid": "${currentObject:response.valid}",
    });
    for saved in [VALUE, "Bearer ${currentObject:response.session}", "${currentObject:preResponse.header}"] {
        let text = adapter(&format!("{origin}/login"), &json!([save(saved, &origin)]), &mapped);
        let before = json!({ "header": format!("Bearer {VALUE}") });
        let text = text.replacen('{', &format!("{{\"preResponseMapping\":{before},"), 1);
        let done = run(&world, text).await.unwrap();
        let result = value(&done.result);
        // Everything is made of the placeholder, so no one can go back from it.
        assert_eq!(result["as it is"], MARK, "{saved}: {result}");
        assert_eq!(result["within"], format!("<{MARK}>"));
        assert_eq!(result["base64"], STANDARD.encode(MARK));
        assert_eq!(result["upper"], MARK.to_uppercase());
        assert_eq!(result["hash"], MARK_SHA256);
        assert_eq!(result["all"], json!({ "session": MARK, "user": "ada", "valid": 3600 }));
        assert_eq!(result["valid"], 3600);
    }
}

#[tokio::test]
async fn after_a_redirect_the_origin_is_that_of_the_answer() {
    let counterpart = Counterpart::start(move |seen, count| match seen.header("host") {
        host if host.starts_with("www.") => login(seen, count),
        _ => {
            let port = seen.header("host").rsplit(':').next().unwrap();
            let to = format!("https://www.example.org:{port}/login");
            let answer = http::Response::builder().status(302).header("location", to);
            Reply::Answer(answer.body(bytes::Bytes::new().into()).unwrap())
        }
    })
    .await;
    let world = World::new(&counterpart).await;
    let limits = Some(Limits { redirects: 1, ..Default::default() });
    let mut integration = Integration { limits, ..open(&counterpart, None) };
    integration.endpoints.push(proto::integrations::v1::Endpoint {
        url: format!("{}/**", counterpart.other_origin()),
        methods: vec![],
    });
    world.create("CRM", integration).await.unwrap();
    let text = |origin: &str| {
        let text =
            adapter(&format!("{}/go", counterpart.origin()), &json!([save(VALUE, origin)]), &json!(null));
        text.replacen('{', r#"{"integration":"CRM","#, 1)
    };
    fails(&world, text(&counterpart.origin()), "SCOPE_NOT_GRANTED").await;
    run(&world, text(&counterpart.other_origin())).await.unwrap();
    assert_eq!(world.known("session").await.scope, counterpart.other_origin());
}

#[tokio::test]
async fn an_action_that_cannot_be_is_named_and_nothing_is_saved() {
    let counterpart = Counterpart::start(login).await;
    let world = World::new(&counterpart).await;
    let origin = counterpart.origin();
    let with = |value: &str, url: &str| {
        adapter(&format!("{origin}/login"), &json!([save(VALUE, &origin), save(value, url)]), &json!(null))
    };
    let status = fails(&world, with(VALUE, "https://evil.example.com"), "SCOPE_NOT_GRANTED").await;
    assert_eq!(metadata(&status, "action"), "onResponseActions[1]");
    assert!(status.message().contains("evil.example.com"), "{status}");
    for (value, url) in [(VALUE, "http://api.example.com"), (VALUE, "no url"), ("abc", origin.as_str())] {
        let status = fails(&world, with(value, url), "FIELD_INVALID").await;
        assert_eq!(metadata(&status, "action"), "onResponseActions[1]");
    }
    // A value is no name, and does not come out as one.
    let text = with(VALUE, &origin).replace(r#""key":"session""#, &format!(r#""key":"{VALUE}""#));
    fails(&world, text, "FIELD_INVALID").await;
    // What cannot be made is told with its place, as everywhere in an adapter.
    let status =
        refused(run(&world, with("${currentObject:response.nothing}", &origin)).await, "MAPPING_FAILED");
    assert_eq!(metadata(&status, "stage"), "onResponseActions");
    assert!(status.message().contains("onResponseActions[1].data.value"), "{status}");
    assert!(!is_saved(&world).await);
}

#[tokio::test]
async fn nothing_is_saved_of_an_error_unless_the_action_says_so() {
    let counterpart = Counterpart::start(|_, _| {
        Canary::known("a session", SESSION);
        json(500, &format!(r#"{{"session": "{SESSION}"}}"#))
    })
    .await;
    let world = World::new(&counterpart).await;
    let origin = counterpart.origin();
    let text = |action| adapter(&format!("{origin}/login"), &json!([action]), &json!(null));
    assert!(run(&world, text(save(VALUE, &origin))).await.unwrap().meta.unwrap().error);
    assert!(!is_saved(&world).await);
    let mut anyway = save(VALUE, &origin);
    anyway["when"] = json!(true);
    run(&world, text(anyway)).await.unwrap();
    assert!(is_saved(&world).await);
}

#[tokio::test]
async fn a_run_for_a_business_unit_saves_its_private_copy() {
    let counterpart = Counterpart::start(login).await;
    let world = World::new(&counterpart).await;
    let origin = counterpart.origin();
    let text = adapter(&format!("{origin}/login"), &json!([save(VALUE, &origin)]), &json!(null));
    world.register("ADAPTER.LOGIN-CRM", text).await;
    let name = format!("{TENANT}/businessUnits/north/registers/ADAPTER.LOGIN-CRM");
    world.adapters().run_adapter(RunAdapterRequest { name, input: "{}".into() }).await.unwrap();
    assert!(!is_saved(&world).await);
    let unit = format!("{TENANT}/businessUnits/north");
    let [secret] = &world.secrets_of(&unit).await[..] else { panic!("one secret") };
    assert_eq!(secret.name, format!("{unit}/secrets/session"));
}

#[tokio::test]
async fn where_the_ledger_cannot_be_written_the_run_says_which_action_failed() {
    let counterpart = Counterpart::start(login).await;
    let world = World::new(&counterpart).await.with_full_ledger(Strict::default());
    let origin = counterpart.origin();
    let text = adapter(&format!("{origin}/login"), &json!([save(VALUE, &origin)]), &json!(null));
    let status = fails(&world, text, "AUDIT_UNAVAILABLE").await;
    assert_eq!(metadata(&status, "action"), "onResponseActions[0]");
    assert_eq!(counterpart.seen().len(), 1, "the call is not made again");
}
