//! CheckAdapter: what it knows of secrets, integrations, connectors and policy, and whom it tells.

use egress::EgressPolicy;
use proto::integrations::v1::{
    AnonymousAccess, CheckAdapterRequest, Diagnostic, Endpoint, Integration, Limits, Severity,
};
use runtime::{Caller, Role};

use super::world::{TENANT, World, caller, caller_in};

const CONFIGURATOR: [Role; 2] = [Role::Caller, Role::Configurator];

async fn check_as(world: &World, caller: Caller, text: &str) -> Vec<Diagnostic> {
    let name = format!("{TENANT}/registers/ADAPTER.A-B");
    let request = CheckAdapterRequest { name, text: text.to_owned().into() };
    world.adapters_of(caller).check_adapter(request).await.unwrap().into_inner().diagnostics
}

/// The codes of what is found, and the proposals.
async fn check(world: &World, text: &str) -> Vec<(String, String)> {
    let found = check_as(world, caller(&CONFIGURATOR), text).await;
    found.into_iter().map(|each| (each.code, each.help)).collect()
}

fn codes(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(code, _)| code.as_str()).collect()
}

fn world() -> World {
    World::with_policy(EgressPolicy::default())
}

/// An adapter that sends a secret.
fn with_secret(url: &str, secret: &str) -> String {
    format!(
        r#"{{ "requestMapping": {{ "url": "{url}", "headers": {{ "X-Api-Key": "{{{{secret:{secret}}}}}" }} }} }}"#
    )
}

#[tokio::test]
async fn secrets_are_looked_for_and_compared_with_the_url() {
    let world = world();
    world.secret("crm-key", "canary-0123456789abcdef", "https://api.example.com").await;
    let check = async |url: &str, secret: &str| check(&world, &with_secret(url, secret)).await;
    assert_eq!(check("https://api.example.com/v1", "crm-key").await, []);
    assert_eq!(check("https://API.example.com:443/v1?x=${currentObject:input.x}", "crm-key").await, []);
    let unknown = check("https://api.example.com/v1", "crm-kye").await;
    assert_eq!(unknown, [("unknown-secret".to_owned(), "did you mean `crm-key`?".to_owned())]);
    // No id, so nothing that could be there.
    assert_eq!(codes(&check("https://api.example.com/v1", "...").await), ["unknown-secret"]);
    assert_eq!(codes(&check("https://mail.example.com/", "crm-key").await), ["secret-scope"]);
    let found =
        check_as(&world, caller(&CONFIGURATOR), &with_secret("https://mail.example.com/", "crm-key")).await;
    assert_eq!(found[0].severity(), Severity::Error);
    assert!(
        found[0].message.contains("https://api.example.com")
            && found[0].message.contains("https://mail.example.com")
    );
    assert!(!format!("{found:?}").contains("canary"));
    // What data decides is left to the door.
    assert!(check("https://${currentObject:input.host}/", "crm-key").await.is_empty());
}

#[tokio::test]
async fn who_may_not_list_secrets_is_told_nothing_of_them() {
    let world = world();
    world.secret("crm-key", "canary-0123456789abcdef", "https://api.example.com").await;
    for roles in [&[Role::Caller][..], &[Role::Caller, Role::Operator]] {
        for secret in ["crm-key", "crm-kye"] {
            let text = with_secret("https://mail.example.com/", secret);
            assert_eq!(check_as(&world, caller(roles), &text).await, []);
        }
    }
    let text = with_secret("https://mail.example.com/", "crm-key");
    let found = check_as(&world, caller_in("acme", &CONFIGURATOR), &text).await;
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_secret_of_another_tenant_is_one_that_is_not_there() {
    let world = world();
    world.secret("crm-key", "canary-0123456789abcdef", "https://api.example.com").await;
    let name = "tenants/other/registers/ADAPTER.A-B".to_owned();
    let told = async |secret: &str| {
        let text = with_secret("https://api.example.com/", secret).into();
        let request = CheckAdapterRequest { name: name.clone(), text };
        let mut client = world.adapters_of(caller_in("other", &CONFIGURATOR));
        client.check_adapter(request).await.unwrap().into_inner().diagnostics
    };
    let (there, absent) = (told("crm-key").await, told("crm-kye").await);
    assert_eq!((there[0].code.as_str(), &there[0].help), ("unknown-secret", &absent[0].help));
    assert!(!there[0].help.contains("mean"), "{}", there[0].help);
}

#[tokio::test]
async fn policy_and_integration_are_known() {
    let world = world();
    let adapter = |integration: &str, url: &str| {
        format!(r#"{{ "integration": "{integration}", "requestMapping": {{ "url": "{url}" }} }}"#)
    };
    let unknown = check(&world, &adapter("CMR", "https://api.example.com/v1/x")).await;
    assert_eq!(codes(&unknown), ["unknown-integration"]);
    let endpoint = Endpoint { url: "https://api.example.com/v1/**".into(), methods: vec!["POST".into()] };
    let crm = Integration {
        anonymous_access: AnonymousAccess::Allowed.into(),
        endpoints: vec![endpoint],
        ..Default::default()
    };
    world.create("CRM", crm).await.unwrap();
    let unknown = check(&world, &adapter("CMR", "https://api.example.com/v1/x")).await;
    assert_eq!(unknown, [("unknown-integration".to_owned(), "did you mean `CRM`?".to_owned())]);
    assert_eq!(
        codes(&check(&world, &adapter("CRM", "https://api.example.com/v1/x")).await),
        ["endpoint-not-listed"]
    );
    let posting = r#"{ "integration": "CRM", "requestMapping": { "method": "post", "url": "https://api.example.com/v1/x?y=1" } }"#;
    assert_eq!(check(&world, posting).await, []);
    let any = r#"{ "integration": "CRM", "requestMapping": { "method": "${currentObject:input.m}", "url": "https://api.example.com/v1/x" } }"#;
    assert_eq!(check(&world, any).await, []);
    for (url, code) in [
        ("https://api.example.com:1/v1/x", "port-refused"),
        ("http://api.example.com/v1/x", "scheme-refused"),
    ] {
        assert_eq!(codes(&check(&world, &adapter("CRM", url)).await), [code], "{url}");
    }
}

#[tokio::test]
async fn registers_are_proposed_and_what_is_wrong_is_told_beside_what_is_unsupported() {
    let world = world();
    world.register("TEMPLATE-COMPANY", "{}").await;
    world.put("tenants/acme/businessUnits/brno/registers/TEMPLATE-PRIVATE", "{}").await;
    let text = r#"{ "requestMapping": { "url": "https://x.y/", "headers": { "A": "${reg:TEMPLATE-COMPANI}", "B": "${nothing:x}", "C": "${reg:TEMPLATE-PRIVATE}" } },
        "onResponseConnector": { "connector": "TEMPLATE-COMPANY.X" } }"#;
    let found = check(&world, text).await;
    let mut told = codes(&found);
    told.sort_unstable();
    assert_eq!(
        told,
        ["unknown-connector", "unknown-function", "unknown-register", "unknown-register", "unsupported"]
    );
    assert!(found.iter().any(|(_, help)| help == "did you mean `TEMPLATE-COMPANY`?"), "{found:?}");
    let name = "tenants/acme/businessUnits/brno/registers/ADAPTER.A-B".to_owned();
    let request = CheckAdapterRequest { name, text: text.to_owned().into() };
    let found = world.adapters().check_adapter(request).await.unwrap().into_inner().diagnostics;
    let missing = found.iter().filter(|each| each.code == "unknown-register").count();
    assert_eq!(missing, 1, "the unit has the other");
}

#[tokio::test]
async fn registers_that_were_written_a_moment_ago_are_there() {
    let world = world();
    for number in 0..50 {
        world.register(&format!("TABLE-{number}"), "[]").await;
        let text = format!(
            r#"{{ "requestMapping": {{ "url": "https://api.example.com/" }},
                "responseMapping": "${{configRegister:TABLE-{number}}}" }}"#
        );
        assert_eq!(check(&world, &text).await, [], "{number}");
    }
}

#[tokio::test]
async fn what_no_run_can_save_is_told() {
    let world = world();
    let saves = |around: &str, sent: &str, url: &str| {
        format!(
            r#"{{ {around} "requestMapping": {{ "url": "{sent}" }}, "onResponseActions": [
                {{ "action": "saveSecret", "data": {{ "key": "s", "value": "${{currentObject:response}}", "url": "{url}" }} }}
            ] }}"#
        )
    };
    let login = "https://login.example.com/v1/session";
    assert_eq!(check(&world, &saves("", login, "https://login.example.com")).await, []);
    let text = saves("", login, "https://api.example.com");
    let found = check_as(&world, caller(&CONFIGURATOR), &text).await;
    let [told] = &found[..] else { panic!("{found:?}") };
    assert_eq!((told.code.as_str(), told.severity(), told.line), ("save-scope", Severity::Error, 2));
    assert!(told.message.contains("https://login.example.com"), "{told:?}");
    assert!(told.help.contains("[save_secret]"), "{told:?}");
    assert_eq!(codes(&check(&world, &saves("", login, "http://login.example.com")).await), ["save-scope"]);
    // What data decides is left to the run.
    for (sent, url) in [
        ("https://${currentObject:input.host}/", "https://api.example.com"),
        (login, "https://${currentObject:response.host}"),
    ] {
        assert_eq!(check(&world, &saves("", sent, url)).await, []);
    }

    let endpoint = |url: &str| Endpoint { url: url.into(), methods: Vec::new() };
    let crm = |redirects| Integration {
        anonymous_access: AnonymousAccess::Allowed.into(),
        endpoints: vec![endpoint("https://login.example.com/**"), endpoint("https://www.example.com/**")],
        limits: Some(Limits { redirects, ..Default::default() }),
        ..Default::default()
    };
    world.create("STAYS", crm(0)).await.unwrap();
    world.create("FOLLOWS", crm(1)).await.unwrap();
    for (integration, url, expected) in [
        ("STAYS", "https://login.example.com", &[][..]),
        ("STAYS", "https://www.example.com", &["save-scope"]),
        ("FOLLOWS", "https://www.example.com", &[]),
        ("FOLLOWS", "https://api.example.com", &["save-scope"]),
    ] {
        let text = saves(&format!(r#""integration": "{integration}","#), login, url);
        assert_eq!(codes(&check(&world, &text).await), expected, "{integration} {url}");
    }
}
