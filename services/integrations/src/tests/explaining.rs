//! ExplainRun and CheckAdapter: what would happen, without anything happening.

use egress::{EgressPolicy, Narrowing, Policies};
use proto::integrations::v1::{
    ApiKey, CheckAdapterRequest, CheckAdapterResponse, ClientCertificate, ExplainRunRequest,
    ExplainRunResponse, Severity, Verdict, api_key::Place, auth::Kind,
};
use runtime::Role;
use tonic::{Response, Status};

use super::{
    counterpart::Counterpart,
    tokens::client_credentials,
    world::{TENANT, World, caller_in, open, refused, refused_field, value},
};

const SEED: &str = include_str!("../../../../tests/fixtures/seeds/ADAPTER.COMPANY-ACCOUNTANCY.json");

async fn explain(world: &World, key: &str, input: &str) -> Result<ExplainRunResponse, Status> {
    let request =
        ExplainRunRequest { name: format!("{TENANT}/registers/{key}"), input: input.to_owned().into() };
    world.adapters().explain_run(request).await.map(Response::into_inner)
}

async fn check(world: &World, key: &str, text: &str) -> Result<CheckAdapterResponse, Status> {
    let request =
        CheckAdapterRequest { name: format!("{TENANT}/registers/{key}"), text: text.to_owned().into() };
    world.adapters().check_adapter(request).await.map(Response::into_inner)
}

fn headers(explained: &ExplainRunResponse) -> Vec<(String, String)> {
    let headers = &explained.request.as_ref().unwrap().headers;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    headers.iter().map(|header| (header.name.to_lowercase(), text(&header.value))).collect()
}

fn refusals(explained: &ExplainRunResponse) -> Vec<&str> {
    let refused = |decision: &&proto::integrations::v1::Decision| decision.verdict() == Verdict::Refused;
    explained.decisions.iter().filter(refused).map(|decision| decision.subject.as_str()).collect()
}

#[tokio::test]
async fn the_printed_adapter_is_explained_with_its_secret_as_a_hole() {
    let counterpart = Counterpart::quiet().await;
    let world = World::with_policy(EgressPolicy::default());
    world.register("ADAPTER.COMPANY-ACCOUNTANCY", SEED).await;
    // The secret is not even there: nothing is opened.
    let explained = explain(&world, "ADAPTER.COMPANY-ACCOUNTANCY", r#"{"id": 7}"#).await.unwrap();
    let request = explained.request.as_ref().unwrap();
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://xxx.yyyy.com/company"));
    assert!(headers(&explained).contains(&("x-api-key".into(), "{{secret:secret_name}}".into())));
    assert_eq!(value(&request.body)["id"], 7);
    let subjects: Vec<_> = explained.decisions.iter().map(|decision| decision.subject.as_str()).collect();
    assert_eq!(subjects, ["method", "url", "endpoint", "scheme", "port", "headers"]);
    assert_eq!(refusals(&explained), [""; 0]);
    assert!(counterpart.seen().is_empty());
}

fn through(origin: &str, query: &str) -> String {
    format!(
        r#"{{
            "integration": "CRM",
            "requestMapping": {{"method": "GET", "url": "{origin}/x{query}", "headers": {{"Authorization": "mine"}}}},
            "responseMapping": {{}}
        }}"#
    )
}

#[tokio::test]
async fn the_credential_of_an_integration_is_shown_as_the_hole_it_is() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    world.register("ADAPTER.A-B", through(&counterpart.origin(), "")).await;
    let explained = explain(&world, "ADAPTER.A-B", "").await.unwrap();
    let shown = headers(&explained);
    let authorization: Vec<_> = shown.iter().filter(|(name, _)| name == "authorization").collect();
    assert_eq!(authorization, [&("authorization".to_owned(), "Bearer {{token:access}}".to_owned())]);

    let key = ApiKey { place: Some(Place::Query("api_key".into())), value: "{{secret:key}}".into() };
    world.create("keyed", open(&counterpart, Some(Kind::ApiKey(key)))).await.unwrap();
    let text = through(&counterpart.origin(), "?api_key=mine&page=2").replace("CRM", "keyed");
    world.register("ADAPTER.A-C", text).await;
    let explained = explain(&world, "ADAPTER.A-C", "").await.unwrap();
    let url = explained.request.unwrap().url;
    assert_eq!(url, format!("{}/x?page=2&api_key={{{{secret:key}}}}", counterpart.origin()));
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn the_client_certificate_is_shown_as_the_hole_it_is() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut integration = open(&counterpart, None);
    integration.client_certificate = Some(ClientCertificate { identity: "{{secret:crm-identity}}".into() });
    world.create("CRM", integration).await.unwrap();
    world.register("ADAPTER.A-B", through(&counterpart.origin(), "")).await;
    let explained = explain(&world, "ADAPTER.A-B", "").await.unwrap();
    assert_eq!(explained.request.as_ref().unwrap().client_certificate, "{{secret:crm-identity}}");
    assert_eq!(refusals(&explained), [""; 0], "nothing is opened to explain a request");
    assert!(counterpart.seen().is_empty());
}

/// A world whose tenant `acme` may call nothing but port 44300, and all others what the default lets out.
fn narrowed() -> World {
    let mut policies = Policies::default();
    let narrowing = Narrowing { ports: Some(vec![44300..=44300]), ..Narrowing::default() };
    policies.narrow("acme", narrowing).unwrap();
    World::with_policy(policies)
}

#[tokio::test]
async fn a_tenants_own_policy_decides_what_is_explained_and_checked() {
    let world = narrowed();
    let adapter = r#"{ "requestMapping": { "url": "https://api.example.com/v1" } }"#;
    for (tenant, refused) in [("acme", &["port"][..]), ("umbrella", &[])] {
        let name = format!("tenants/{tenant}/registers/ADAPTER.A-B");
        world.put(&name, adapter).await;
        let request = ExplainRunRequest { name: name.clone(), input: Default::default() };
        let explained = world.adapters().explain_run(request).await.unwrap().into_inner();
        assert_eq!(refusals(&explained), refused, "{tenant}");
        let request = CheckAdapterRequest { name, text: Default::default() };
        let checked = world.adapters().check_adapter(request).await.unwrap().into_inner();
        let errors = checked.diagnostics.iter().filter(|found| found.code == "port-refused").count();
        assert_eq!(errors, refused.len(), "{tenant}: {:?}", checked.diagnostics);
    }
}

#[tokio::test]
async fn each_refusal_of_policy_is_named() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut integration = open(&counterpart, None);
    integration.anonymous_access = 0;
    integration.endpoints[0].url = format!("{}/v1/**", counterpart.origin());
    world.create("CRM", integration).await.unwrap();
    world.register("ADAPTER.A-B", through(&counterpart.origin(), "")).await;
    let explained = explain(&world, "ADAPTER.A-B", "").await.unwrap();
    assert_eq!(refusals(&explained), ["user", "endpoint"]);
    assert!(
        explained.decisions.iter().all(|each| (each.verdict() == Verdict::Refused) != each.detail.is_empty())
    );
    for (url, subject) in [
        ("https://api.example.com:1/x", "port"),
        ("http://api.example.com/x", "scheme"),
        ("https://10.0.0.1:{port}/x", "address"),
        ("https://a b/x", "url"),
    ] {
        let url = url.replace("{port}", &counterpart.port().to_string());
        let text =
            format!(r#"{{"requestMapping": {{"method": "GET", "url": "{url}"}}, "responseMapping": {{}}}}"#);
        let key = format!("ADAPTER.A-{subject}");
        world.register(&key, text).await;
        assert_eq!(refusals(&explain(&world, &key, "").await.unwrap()), [subject], "{url}");
    }
}

#[tokio::test]
async fn an_explanation_is_refused_like_a_run() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    refused(explain(&world, "ADAPTER.A-B", "").await, "REGISTER_NOT_FOUND");
    world.register("ADAPTER.A-B", r#"{"requestMapping": {"url": "${nothing:x}"}}"#).await;
    refused(explain(&world, "ADAPTER.A-B", "").await, "ADAPTER_INVALID");
    refused_field(explain(&world, "ADAPTER.A-B", "{").await, "input");
    let name = format!("{TENANT}/registers/ADAPTER.A-B");
    let mut stranger = world.adapters_of(caller_in("other", &[Role::Caller]));
    refused(
        stranger.explain_run(ExplainRunRequest { name: name.clone(), input: "".into() }).await,
        "ROLE_MISSING",
    );
    refused(stranger.check_adapter(CheckAdapterRequest { name, text: "".into() }).await, "ROLE_MISSING");
}

#[tokio::test]
async fn a_check_tells_everything_with_its_place() {
    let world = World::with_policy(EgressPolicy::default());
    assert_eq!(check(&world, "ADAPTER.COMPANY-ACCOUNTANCY", SEED).await.unwrap().diagnostics, []);
    let text = "{\n  \"requestMapping\": {\n    \"method\": \"${nothing:x}\",\n    \"url\": \"${alsoNothing:x}\"\n  }\n}";
    let found = check(&world, "ADAPTER.A-B", text).await.unwrap().diagnostics;
    let errors: Vec<_> = found.iter().filter(|each| each.severity() == Severity::Error).collect();
    let mut lines: Vec<_> = errors.iter().map(|each| each.line).collect();
    lines.dedup();
    assert_eq!(lines, [3, 4]);
    assert!(
        errors[0].rendered.contains("ADAPTER.A-B") && errors[0].rendered.contains('^'),
        "{}",
        errors[0].rendered
    );

    refused(check(&world, "ADAPTER.A-B", "").await, "REGISTER_NOT_FOUND");
    world.register("ADAPTER.A-B", text).await;
    assert_eq!(check(&world, "ADAPTER.A-B", "").await.unwrap().diagnostics, found);
    let name = format!("{TENANT}/registers/ADAPTER.A-B");
    let bytes = CheckAdapterRequest { name: name.clone(), text: b"\xff".as_slice().into() };
    refused_field(world.adapters().check_adapter(bytes).await, "text");
    let large = CheckAdapterRequest { name, text: vec![b' '; (1 << 20) + 1].into() };
    refused_field(world.adapters().check_adapter(large).await, "text");
}

#[tokio::test]
async fn a_text_is_checked_among_the_kept_registers() {
    let world = World::with_policy(EgressPolicy::default());
    let text = r#"{
        "requestMapping": {
            "method": "POST", "url": "https://a.example/", "headers": {"Content-Type": "application/json"},
            "body": "${configRegister:TEMPLATE-A}"
        },
        "responseMapping": {}
    }"#;
    let missing = check(&world, "ADAPTER.A-B", text).await.unwrap().diagnostics;
    assert!(missing.iter().any(|each| each.message.contains("TEMPLATE-A")), "{missing:?}");
    world.register("TEMPLATE-A", r#"{"id": "${currentObject:input.id}"}"#).await;
    world.register("ADAPTER.A-B", text).await;
    let run = explain(&world, "ADAPTER.A-B", r#"{"id": 5}"#).await.unwrap();
    assert_eq!(value(&run.request.unwrap().body), serde_json::json!({"id": 5}));
    assert_eq!(check(&world, "ADAPTER.A-B", text).await.unwrap().diagnostics, []);
}
