use std::collections::HashSet;

use super::*;
use crate::release::SecretVersion;

fn parts() -> Parts {
    Parts {
        token_url: "https://login.example.com/oauth/token".into(),
        client_id: "outgate".into(),
        client_secret: "{{secret:crm}}".into(),
        authentication: Authentication::Basic,
        scope: vec!["customers.read".into()],
        audience: String::new(),
        resource: vec![],
    }
}

/// A grant with the given changes.
pub(crate) fn grant(change: impl FnOnce(&mut Parts)) -> Grant {
    let mut parts = parts();
    change(&mut parts);
    Grant::parse(parts).unwrap()
}

fn refused(change: impl FnOnce(&mut Parts)) -> Refusal {
    let mut parts = parts();
    change(&mut parts);
    Grant::parse(parts).unwrap_err()
}

#[test]
fn the_url_is_the_one_endpoint() {
    let parsed = grant(|_| {});
    assert_eq!(parsed.endpoint.to_string(), "https://login.example.com/oauth/token");
    assert_eq!(parsed.host, "login.example.com");
    assert_eq!(parsed.secret.as_str(), "crm");
    let with_query = grant(|parts| parts.token_url = "https://Login.example.com:44300?policy=b2c".into());
    assert_eq!(with_query.endpoint.to_string(), "https://login.example.com:44300/");
    assert_eq!(with_query.token_url, "https://login.example.com:44300/?policy=b2c");
}

#[test]
fn a_field_that_cannot_be_used_is_named() {
    let long = "x".repeat(2049);
    for (name, refusal) in [
        ("token_url", refused(|parts| parts.token_url.clear())),
        ("token_url", refused(|parts| parts.token_url = "http://login.example.com/token".into())),
        ("token_url", refused(|parts| parts.token_url = "https://ada:pw@login.example.com/token".into())),
        ("token_url", refused(|parts| parts.token_url = "https://login.example.com/*".into())),
        ("token_url", refused(|parts| parts.token_url = "https://*.example.com/token".into())),
        ("token_url", refused(|parts| parts.token_url = "https://login.example.com/token#x".into())),
        ("token_url", refused(|parts| parts.token_url = "https://127.1/token".into())),
        ("token_url", refused(|parts| parts.token_url = "https://login.example.com\\@evil.example/".into())),
        ("token_url", refused(|parts| parts.token_url = format!("https://a.example/{long}"))),
        ("client_id", refused(|parts| parts.client_id.clear())),
        ("client_id", refused(|parts| parts.client_id = "a\r\nb".into())),
        ("client_id", refused(|parts| parts.client_id = long.clone())),
        ("scope[1]", refused(|parts| parts.scope.push("two words".into()))),
        ("scope[1]", refused(|parts| parts.scope.push(String::new()))),
        ("scope[1]", refused(|parts| parts.scope.push("a\"b".into()))),
        ("scope", refused(|parts| parts.scope = vec!["x".into(); 101])),
        ("audience", refused(|parts| parts.audience = "a\nb".into())),
        ("resource[0]", refused(|parts| parts.resource = vec!["not a uri".into()])),
        ("resource[0]", refused(|parts| parts.resource = vec!["https://api.example.com/#x".into()])),
    ] {
        assert_eq!(
            refusal.metadata("field"),
            Some(&*format!("grant.client_credentials.{name}")),
            "{refusal}"
        );
    }
}

#[test]
fn a_secret_is_named_and_never_given() {
    for text in ["{{secret:crm}}", " {{ secret : crm }} "] {
        assert_eq!(grant(|parts| parts.client_secret = text.into()).secret.as_str(), "crm");
    }
    for text in [
        "",
        "canary",
        "{{canary}}",
        "{{secret:canary}}x",
        "x{{secret:canary}}",
        "{{secret:a b canary}}",
        "{{register:canary}}",
    ] {
        let refusal = refused(|parts| parts.client_secret = text.into());
        assert_eq!(refusal.metadata("field"), Some("grant.client_credentials.client_secret"));
        assert!(!format!("{refusal:?}").contains("canary"), "{refusal:?}");
    }
    let refusal = refused(|parts| parts.token_url = "https://x:canary@a.example/".into());
    assert!(!format!("{refusal:?}").contains("canary"), "{refusal:?}");
}

pub(crate) fn secret(name: &str, version: u64) -> SecretVersion {
    SecretVersion { name: name.into(), version }
}

/// The key of a grant with the first value of its secret.
pub(crate) fn key(tenant: &Id, grant: &Grant) -> GrantKey {
    GrantKey::new(tenant, grant, secret("tenants/acme/secrets/crm", 1))
}

#[test]
fn equal_grants_have_one_key_and_any_difference_another() {
    let acme = Id::parse("tenant", "acme").unwrap();
    let other = Id::parse("tenant", "other").unwrap();
    assert_eq!(key(&acme, &grant(|_| {})), key(&acme, &grant(|_| {})));
    let port = grant(|parts| parts.token_url = "https://LOGIN.example.com:443/oauth/token".into());
    assert_eq!(key(&acme, &grant(|_| {})), key(&acme, &port));
    let keys: HashSet<GrantKey> = [
        key(&acme, &grant(|_| {})),
        key(&other, &grant(|_| {})),
        key(&acme, &grant(|parts| parts.token_url.push('x'))),
        key(&acme, &grant(|parts| parts.client_id.push('x'))),
        key(&acme, &grant(|parts| parts.client_secret = "{{secret:other}}".into())),
        key(&acme, &grant(|parts| parts.authentication = Authentication::Body)),
        key(&acme, &grant(|parts| parts.scope.push("x".into()))),
        key(&acme, &grant(|parts| parts.scope = vec!["customers".into(), ".read".into()])),
        key(&acme, &grant(|parts| parts.audience = "x".into())),
        key(&acme, &grant(|parts| parts.resource = vec!["urn:x".into()])),
        key(&acme, &grant(|parts| (parts.scope, parts.resource) = (vec![], vec!["customers:read".into()]))),
        GrantKey::new(&acme, &grant(|_| {}), secret("tenants/acme/secrets/crm", 2)),
        GrantKey::new(&acme, &grant(|_| {}), secret("tenants/acme/businessUnits/u/secrets/crm", 1)),
    ]
    .into();
    assert_eq!(keys.len(), 13);
}
