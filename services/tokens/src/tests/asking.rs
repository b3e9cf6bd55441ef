//! What a token endpoint is asked, and what callers are told about what they ask.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proto::{errors::v1::Reason, tokens::v1::ClientAuthentication};
use tonic::Code;

use super::{counterpart::Reply, *};

#[tokio::test]
async fn basic_carries_id_and_secret_form_encoded() {
    let suite = Suite::new();
    suite.secrets.put("acme", "odd", "p:ä s+%s-4f9d2c71aa");
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = ClientCredentials {
        client_id: "id:with space".into(),
        client_secret: "{{secret:odd}}".into(),
        scope: vec!["customers.read".into(), "customers.write".into()],
        audience: "https://api.example.com/".into(),
        resource: vec!["urn:one".into(), "urn:two".into()],
        token_url: counterpart.url("/oauth/token?policy=b2c"),
        ..credentials(&counterpart)
    };
    suite.get(&credentials).await.unwrap();

    let [seen] = &counterpart.seen()[..] else { panic!("one request") };
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/oauth/token?policy=b2c"));
    let basic = seen.headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    assert_eq!(STANDARD.decode(basic).unwrap(), b"id%3Awith+space:p%3A%C3%A4+s%2B%25s-4f9d2c71aa");
    assert_eq!(seen.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(seen.headers["accept"], "application/json");
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(seen.body.as_bytes()).into_owned().collect();
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "customers.read customers.write"),
        ("audience", "https://api.example.com/"),
        ("resource", "urn:one"),
        ("resource", "urn:two"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn in_the_body_goes_what_basic_would_carry() {
    let suite = Suite::new();
    suite.secrets.put("acme", "odd", "p&q=r-4f9d2c71aa05");
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = ClientCredentials {
        client_secret: "{{secret:odd}}".into(),
        client_authentication: ClientAuthentication::Body.into(),
        ..credentials(&counterpart)
    };
    suite.get(&credentials).await.unwrap();
    let [seen] = &counterpart.seen()[..] else { panic!("one request") };
    assert!(!seen.headers.contains_key("authorization"));
    assert_eq!(
        seen.body,
        "grant_type=client_credentials&client_id=outgate&client_secret=p%26q%3Dr-4f9d2c71aa05"
    );
}

#[tokio::test]
async fn the_secret_is_asked_for_the_endpoints_origin() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    suite.get(&credentials(&counterpart)).await.unwrap();
    let [asked] = &suite.secrets.asked()[..] else { panic!("one release") };
    assert_eq!(asked.name, "tenants/acme/secrets/crm");
    assert_eq!(asked.destination_url, counterpart.url("/"));
    let [checked] = &suite.secrets.checked()[..] else { panic!("one question before it") };
    assert_eq!(checked.names, ["tenants/acme/secrets/crm"]);
    assert_eq!(checked.destination_url, asked.destination_url);
    let [used] = &suite.secrets.used()[..] else { panic!("one use") };
    assert_eq!((&used.name, used.release, used.version), (&asked.name, 7, 1));
    assert_eq!((&used.destination_url, used.purpose), (&asked.destination_url, asked.purpose));
}

#[tokio::test]
async fn a_use_that_cannot_be_written_down_does_not_happen() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    suite.secrets.record_nothing(Reason::AuditUnavailable);
    let refused = suite.get(&credentials(&counterpart)).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("AUDIT_UNAVAILABLE", Code::Unavailable));
    assert_eq!((counterpart.count(), suite.secrets.asked().len()), (0, 1));
}

#[tokio::test]
async fn a_token_is_described_as_the_endpoint_gave_it() {
    let suite = Suite::new();
    let counterpart = Counterpart::start(&suite.authority, |_, _| {
        Reply::json(200, r#"{"access_token":"00D!AQ.x","token_type":"bEARER","expires_in":"120"}"#)
    })
    .await;
    let before = std::time::SystemTime::now();
    let token = suite.get(&credentials(&counterpart)).await.unwrap();
    assert_eq!((&token.access_token[..], token.token_type.as_str()), (&b"00D!AQ.x"[..], "bEARER"));
    let expires = std::time::SystemTime::try_from(token.expire_time.unwrap()).unwrap();
    let left = expires.duration_since(before).unwrap();
    assert!(left >= Duration::from_secs(120) && left < Duration::from_secs(180), "{left:?}");
}

#[tokio::test]
async fn a_field_that_cannot_be_used_is_named() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let good = credentials(&counterpart);
    let of = |name: &str| format!("grant.client_credentials.{name}");
    for (field, credentials) in [
        (
            of("token_url"),
            ClientCredentials { token_url: "http://login.example.com/".into(), ..good.clone() },
        ),
        (of("client_id"), ClientCredentials { client_id: String::new(), ..good.clone() }),
        (of("client_secret"), ClientCredentials { client_secret: "literal".into(), ..good.clone() }),
        (of("client_authentication"), ClientCredentials { client_authentication: 9, ..good.clone() }),
        (of("scope[0]"), ClientCredentials { scope: vec![String::new()], ..good.clone() }),
        (of("resource[0]"), ClientCredentials { resource: vec!["x".into()], ..good.clone() }),
    ] {
        let refused = suite.get(&credentials).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("FIELD_INVALID", Code::InvalidArgument));
        assert_eq!(metadata(&refused, "field"), Some(field), "{refused}");
    }
    let mut client = suite.client(Caller::service("integrations"));
    for (field, request) in [
        ("parent", asking("acme", good.clone())),
        ("grant", GetTokenRequest { grant: None, ..asking("tenants/acme", good.clone()) }),
        (
            "grant",
            GetTokenRequest { grant: Some(Grant { kind: None }), ..asking("tenants/acme", good.clone()) },
        ),
    ] {
        let refused = client.get_token(request).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some(field));
    }
    let refused = suite.invalidate(&good, 0).await.unwrap_err();
    assert_eq!(metadata(&refused, "field").as_deref(), Some("generation"));
    for secret in ["", "crm", "tenants/other/secrets/crm"] {
        let request = InvalidateTokenRequest {
            parent: "tenants/acme".into(),
            grant: Some(grant(good.clone())),
            generation: 1,
            secret: secret.into(),
            secret_version: 1,
        };
        let refused = client.invalidate_token(request).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some("secret"));
    }
    assert_eq!(metadata(&suite.list(-1, "").await.unwrap_err(), "field").as_deref(), Some("page_size"));
    assert_eq!(metadata(&suite.list(0, "zz").await.unwrap_err(), "field").as_deref(), Some("page_token"));
    assert_eq!(counterpart.count(), 0);
}

#[tokio::test]
async fn every_method_wants_its_role() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let get = asking("tenants/acme", credentials(&counterpart));
    let invalidate = InvalidateTokenRequest {
        parent: "tenants/acme".into(),
        grant: Some(grant(credentials(&counterpart))),
        generation: 1,
        secret: "tenants/acme/secrets/crm".into(),
        secret_version: 1,
    };
    let list = ListTokensRequest { parent: "tenants/acme".into(), ..Default::default() };
    for who in [
        caller("eve", Role::Caller, None),
        caller("eve", Role::Configurator, None),
        caller("eve", Role::Releaser, Some("other")),
    ] {
        let mut client = suite.client(who);
        for refused in [
            client.get_token(get.clone()).await.unwrap_err(),
            client.invalidate_token(invalidate.clone()).await.unwrap_err(),
        ] {
            assert_eq!((reason(&refused).as_str(), refused.code()), ("ROLE_MISSING", Code::PermissionDenied));
            assert_eq!(metadata(&refused, "role").as_deref(), Some("releaser"));
        }
        let refused = client.list_tokens(list.clone()).await.unwrap_err();
        assert_eq!(metadata(&refused, "role").as_deref(), Some("operator"));
    }
    let mut nobody = TokenServiceClient::new(suite.routes());
    for refused in [
        nobody.get_token(get).await.unwrap_err(),
        nobody.invalidate_token(invalidate).await.unwrap_err(),
        nobody.list_tokens(list).await.unwrap_err(),
    ] {
        assert_eq!((reason(&refused).as_str(), refused.code()), ("UNAUTHENTICATED", Code::Unauthenticated));
    }
    assert_eq!(counterpart.count(), 0);
}
