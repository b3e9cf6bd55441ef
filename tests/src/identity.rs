//! Callers who prove who they are by a signed token: of a real OpenID provider, and of an issuer as Kubernetes is one.

use std::{fs, os::unix::fs::PermissionsExt};

use proto::registers::v1::{
    ListRegistersRequest, PutRegisterRequest, Register, register_service_client::RegisterServiceClient,
};
use serde_json::{Value, json};
use tonic::{Code, Request, Status};

use crate::harness::{
    Authority, Canary, Issuer, Known, OpenIdProvider, Setup, Signer, Suite, encode, now, reason,
};

const CAME: &str = "the keys of an issuer came";

/// Lists the registers of a tenant, which wants the role `caller` there.
async fn list(suite: &Suite, token: &str, tenant: &str) -> Result<(), Status> {
    let request = ListRegistersRequest { parent: format!("tenants/{tenant}"), ..Default::default() };
    RegisterServiceClient::new(suite.client_of(token)).list_registers(request).await.map(drop)
}

/// Writes a register of a tenant, which wants the role `configurator` there.
async fn put(suite: &Suite, token: &str, tenant: &str) -> Result<Register, Status> {
    let request = PutRegisterRequest {
        name: format!("tenants/{tenant}/registers/NOTE"),
        text: "{}".into(),
        etag: String::new(),
    };
    Ok(RegisterServiceClient::new(suite.client_of(token)).put_register(request).await?.into_inner())
}

#[track_caller]
fn refused(answer: Result<(), Status>, text: &str) {
    let refusal = answer.expect_err("this must be refused");
    assert_eq!(
        (reason(&refusal).as_str(), refusal.code()),
        ("UNAUTHENTICATED", Code::Unauthenticated),
        "{refusal:?}"
    );
    assert!(refusal.message().contains(text), "`{text}` is not in: {}", refusal.message());
}

#[tokio::test]
async fn tokens_of_an_openid_provider_are_good_in_every_algorithm_and_over_a_rotation_of_its_keys() {
    let authority = Authority::new();
    let mut provider = OpenIdProvider::start(&authority).await;
    let table = format!(
        "[[identity.issuers]]\nname = \"login\"\nissuer = {:?}\naudiences = [\"outgate\"]\nca_file = {:?}\n\
         networks = [\"127.0.0.0/8\"]\nalgorithms = [\"RS256\", \"PS256\", \"ES256\", \"EdDSA\"]\n\
         [[identity.bindings]]\nissuer = \"login\"\nclaim = \"client_id\"\nvalue = \"backend\"\n\
         tenants = [\"acme\"]\nroles = [\"caller\"]\n",
        provider.url(),
        authority.ca_file(),
    );
    let suite = Setup::new(&authority).config(&table).start().await;
    suite.has_logged(CAME).await;
    let mut old = Vec::new();
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = provider.token(algorithm).await;
        list(&suite, &token, "acme").await.unwrap_or_else(|refusal| panic!("{algorithm}: {refusal:?}"));
        let refusal = list(&suite, &token, "other").await.expect_err("it is bound to one tenant");
        assert_eq!(reason(&refusal), "ROLE_MISSING");
        old.push(token);
    }
    provider.rotate().await;
    let new = provider.token("RS256").await;
    list(&suite, &new, "acme").await.expect("the new keys are fetched for it");
    for token in old {
        refused(list(&suite, &token, "acme").await, "a key that its issuer does not publish");
    }
}

/// Reads a service account's token as a pod has it, and who it stands for.
fn service_account(issuer: &Issuer, namespace: &str, name: &str) -> String {
    let mut claims = issuer.claims(&format!("system:serviceaccount:{namespace}:{name}"));
    claims["jti"] = json!("8bd4bd64-a2c8-4fa7-b9ed-a5b2f6a6d6a0");
    claims["kubernetes.io"] = json!({
        "namespace": namespace,
        "pod": { "name": format!("{name}-0"), "uid": "7a3e9c3f-6f0d-4c6b-9b7a-1a2b3c4d5e6f" },
        "serviceaccount": { "name": name, "uid": "0f1e2d3c-4b5a-4968-8776-655443322110" }
    });
    issuer.sign(&claims)
}

#[tokio::test]
async fn a_service_account_of_kubernetes_is_known_by_keys_that_are_shown_to_whoever_has_a_token() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own =
        Canary::known("the pod's own token", format!("the-pods-own-token-{}", Known::new("x", &[]).token()));
    let token_file = folder.path().join("token");
    fs::write(&token_file, own.text()).expect("a temporary file can be written");
    fs::set_permissions(&token_file, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
    let name = "https://kubernetes.default.svc.cluster.local";
    let cluster = Issuer::start_as(&authority, "cluster", Some(name)).await;
    let keys = format!("jwks_url = {:?}\ntoken_file = {token_file:?}\n", cluster.jwks_url());
    let suite = Setup::new(&authority)
        .config(&cluster.table(&keys))
        .config(&cluster.binding("system:serviceaccount:billing:backend", "acme", &["caller"]))
        .config(&cluster.binding(
            "system:serviceaccount:billing:backend",
            "umbrella",
            &["caller", "configurator"],
        ))
        .start()
        .await;
    suite.has_logged(CAME).await;
    for received in cluster.received() {
        assert_eq!(received.path, "/openid/v1/jwks");
        assert_eq!(received.header("authorization"), format!("Bearer {}", own.text()));
    }

    let backend = service_account(&cluster, "billing", "backend");
    list(&suite, &backend, "acme").await.expect("it is bound");
    let refusal = put(&suite, &backend, "acme").await.expect_err("it configures another tenant");
    assert_eq!(reason(&refusal), "ROLE_MISSING");
    let register = put(&suite, &backend, "umbrella").await.expect("it configures this one");
    assert_eq!(register.updated_by, "cluster:system:serviceaccount:billing:backend");
    for (namespace, name) in [("billing", "frontend"), ("other", "backend"), ("billing:backend", "x")] {
        refused(
            list(&suite, &service_account(&cluster, namespace, name), "acme").await,
            "is bound to no role",
        );
    }
}

/// Changes one claim of a good token; `null` takes it away.
fn with(issuer: &Issuer, claim: &str, value: Value) -> String {
    let mut claims = issuer.claims("ada");
    if value.is_null() {
        claims.as_object_mut().expect("an object").remove(claim);
    } else {
        claims[claim] = value;
    }
    issuer.sign(&claims)
}

/// Tokens that are not good, and a part of what is said about each.
fn bad_tokens(issuer: &Issuer) -> Vec<(&'static str, String, &'static str)> {
    let good = issuer.token("ada");
    let (signed, signature) = good.rsplit_once('.').expect("a token");
    let claims = issuer.claims("ada");
    let under = |more: Value| {
        let mut header = issuer.header();
        header.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        issuer.sign_under(&header, &claims)
    };
    let unsigned =
        format!("{}.{}.", encode(json!({ "alg": "none" }).to_string()), encode(claims.to_string()));
    let mut other = issuer.claims("eve");
    other["sub"] = json!("root");
    let swapped =
        format!("{}.{}.{signature}", signed.split('.').next().expect("a header"), encode(other.to_string()));
    let twice = claims.to_string().replacen('{', "{\"sub\":\"root\",", 1);
    vec![
        ("alg none", unsigned.clone(), "an algorithm that its issuer is configured for"),
        ("alg none, and a signature", format!("{unsigned}{signature}"), "an algorithm that"),
        ("a shared secret", under(json!({ "alg": "HS256" })), "an algorithm that"),
        ("an algorithm that is not pinned", under(json!({ "alg": "ES384" })), "an algorithm that"),
        ("an algorithm of another kind of key", under(json!({ "alg": "RS256" })), "does not publish"),
        ("an unknown key", under(json!({ "kid": "another-key-of-somebody" })), "does not publish"),
        (
            "a key that it brings itself",
            under(json!({ "kid": "mine", "jwk": { "kty": "EC" } })),
            "does not publish",
        ),
        ("extensions", under(json!({ "crit": ["exp"] })), "`crit`"),
        ("another type", under(json!({ "typ": "secevent+jwt" })), "`typ`"),
        (
            "somebody else's key",
            Signer::new().sign(&issuer.header().to_string(), &claims.to_string()),
            "signature",
        ),
        ("other claims under the signature", swapped, "signature"),
        ("no signature", format!("{signed}."), "signature"),
        ("another audience", with(issuer, "aud", json!("another-service")), "`aud`"),
        ("no audience", with(issuer, "aud", Value::Null), "`aud`"),
        ("expired beyond the leeway", with(issuer, "exp", json!(now() - 61)), "has expired; get a new one"),
        ("no end", with(issuer, "exp", Value::Null), "`exp`"),
        ("not good yet", with(issuer, "nbf", json!(now() + 120)), "not good yet"),
        ("issued later", with(issuer, "iat", json!(now() + 120)), "not good yet"),
        (
            "another issuer",
            with(issuer, "iss", json!("https://login.example.com")),
            "an issuer that is not configured",
        ),
        ("no issuer", with(issuer, "iss", Value::Null), "an issuer that is not configured"),
        ("no subject", with(issuer, "sub", Value::Null), "`sub`"),
        ("an endless subject", with(issuer, "sub", json!("a".repeat(256))), "`sub`"),
        ("a subject over two lines", with(issuer, "sub", json!("ada\nroot")), "`sub`"),
        ("a subject with a control character", with(issuer, "sub", json!("ada\u{1b}[2J")), "`sub`"),
        ("a subject with a zero", with(issuer, "sub", json!("ada\0")), "`sub`"),
        ("a subject that looks like another", with(issuer, "sub", json!("\u{430}d\u{430}")), "`sub`"),
        ("a subject from right to left", with(issuer, "sub", json!("\u{202e}ada")), "`sub`"),
        ("two subjects", issuer.sign_under(&issuer.header(), twice), "different names"),
        ("giant", format!("{good}{}", "A".repeat(12 * 1024)), "longer than 8192 bytes"),
        ("not base64url", good.replace(signed, &format!("{signed}*")), "malformed"),
        ("JSON Web Encryption", format!("{good}.{signature}.{signature}"), "no known token"),
    ]
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused_with_the_reason_and_without_the_token() {
    let authority = Authority::new();
    let issuer = Issuer::start(&authority, "login").await;
    let shop = Known::new("shop", &["caller"]);
    let suite = Setup::new(&authority)
        .config(&issuer.table("stands_for = [\"callers\", \"users\"]"))
        .config(&issuer.binding("*", "acme", &["caller"]))
        .config(&issuer.binding("*", "default", &["user"]))
        .know(&shop)
        .start()
        .await;
    suite.has_logged(CAME).await;
    list(&suite, &issuer.token("ada"), "acme").await.expect("this one is good");
    // A minute's leeway.
    list(&suite, &with(&issuer, "exp", json!(now() - 30)), "acme").await.expect("clocks differ");

    for (what, token, text) in bad_tokens(&issuer) {
        let answer = list(&suite, &token, "acme").await;
        let refusal = answer.expect_err(what);
        assert_eq!(reason(&refusal), "UNAUTHENTICATED", "{what}: {refusal:?}");
        assert!(refusal.message().contains(text), "{what}: `{text}` is not in: {}", refusal.message());
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!refusal.message().contains(part), "{what}: {}", refusal.message());
        }
        // The same as an end user's.
        let mut request =
            Request::new(ListRegistersRequest { parent: "tenants/acme".to_owned(), ..Default::default() });
        request.metadata_mut().insert("outgate-user-token", token.parse().expect("visible text"));
        let answer = RegisterServiceClient::new(suite.client_of(shop.token())).list_registers(request).await;
        let refusal = answer.expect_err(what);
        assert_eq!(reason(&refusal), "UNAUTHENTICATED", "{what}: {refusal:?}");
        assert!(refusal.message().starts_with("the end user's token"), "{what}: {}", refusal.message());
    }
    // More than any header may be: nobody reads it, and the suite lives on.
    list(&suite, &"A".repeat(256 * 1024), "acme").await.expect_err("it is no token");
    list(&suite, &issuer.token("ada"), "acme").await.expect("this one is good");
}

#[tokio::test]
async fn an_issuer_that_is_down_stops_nothing_and_its_tokens_are_good_once_it_is_up() {
    let authority = Authority::new();
    let issuer = Issuer::start(&authority, "login").await;
    issuer.set_up(false);
    let suite = Setup::new(&authority)
        .config(&issuer.table(""))
        .config(&issuer.binding("ada", "acme", &["caller"]))
        .start()
        .await;
    suite.has_logged("the keys of an issuer cannot be fetched").await;
    refused(list(&suite, &issuer.token("ada"), "acme").await, "could not be fetched yet");
    list(&suite, suite.token(), "acme").await.expect("everybody else is known");

    issuer.set_up(true);
    suite.has_logged(CAME).await;
    list(&suite, &issuer.token("ada"), "acme").await.expect("it is good now");
}

#[tokio::test]
async fn a_token_of_one_issuer_says_nothing_about_another() {
    let authority = Authority::new();
    let (ours, theirs) = (Issuer::start(&authority, "ours").await, Issuer::start(&authority, "theirs").await);
    let suite = Setup::new(&authority)
        .config(&ours.table(""))
        .config(&theirs.table(""))
        .config(&ours.binding("ada", "acme", &["caller"]))
        .start()
        .await;
    list(&suite, &ours.token("ada"), "acme").await.expect("she is bound");
    refused(list(&suite, &theirs.token("ada"), "acme").await, "`theirs:ada` is bound to no role");
    // Its own name, and the other's word for it.
    refused(list(&suite, &theirs.sign(&ours.claims("ada")), "acme").await, "signature");
}

#[tokio::test]
async fn what_may_not_be_bound_stops_the_start() {
    let authority = Authority::new();
    let issuer = Issuer::start(&authority, "login").await;
    let start = async |lines: String| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (config, data) = (folder.path().join("outgate.toml"), folder.path().join("data"));
        fs::write(&config, lines).expect("a temporary file can be written");
        let (config, data) = (config.display().to_string(), data.display().to_string());
        let output =
            crate::harness::run(&["serve", "--json", "--data", &data, "--config", &config], "").await;
        let message = output.json()["error"]["message"].as_str().expect("an error has a message").to_owned();
        assert_eq!(message.lines().count(), 1, "{message}");
        message
    };
    let known = issuer.table("");
    for (lines, key, text) in [
        (
            known.clone() + &issuer.binding("*", "acme", &["boss"]),
            "identity.bindings[0].roles[0]",
            "unknown variant `boss`",
        ),
        (
            known.clone() + &issuer.binding("*", "acme", &["releaser"]),
            "identity.bindings[0].roles",
            "`releaser`",
        ),
        (issuer.binding("*", "acme", &["caller"]), "identity.bindings[0].issuer", "`login` is no name"),
        (
            known.clone() + &issuer.binding("*", "acme", &["caller"]).repeat(2),
            "identity.bindings[1].tenants",
            "in identity.bindings[0]",
        ),
        (
            "[[identity.tokens]]\nname = \"a\"\ntoken_file = \"a\"\nroles = [\"boss\"]\n".to_owned(),
            "identity.tokens[0].roles[0]",
            "unknown variant `boss`",
        ),
        (known.replace("[\"outgate\"]", "[]"), "identity.issuers[0].audiences", "is empty"),
        (known.repeat(2), "identity.issuers[1].name", "another issuer's"),
    ] {
        let message = start(lines).await;
        assert!(message.contains(key) && message.contains(text), "{key}: {message}");
    }
}
