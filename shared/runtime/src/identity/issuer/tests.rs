use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use proto::errors::v1::Reason;
use serde_json::json;
use tokio::{sync::Notify, time::advance};

use super::*;
use crate::{
    Caller, Refusal, Role,
    identity::{Binding, Grant, Identities, Match, Subjects, Tenants, USER_TOKEN_HEADER, jwt::tests::Signer},
    names::Id,
};

/// What an issuer publishes, as the network would bring it.
#[derive(Clone, Default)]
struct Published(Arc<Site>);

#[derive(Default)]
struct Site {
    keys: std::sync::Mutex<Vec<Value>>,
    down: AtomicBool,
    fetched: AtomicU64,
    /// While it is set, an answer waits until it is told to come.
    slow: AtomicBool,
    go_on: Notify,
}

impl Published {
    fn publish(&self, keys: &[Value]) {
        *self.0.keys.lock().unwrap() = keys.to_vec();
    }

    fn fetched(&self) -> u64 {
        self.0.fetched.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Documents for Published {
    async fn get(&self, url: &str) -> Result<Document, Box<dyn Error + Send + Sync>> {
        if self.0.down.load(Ordering::SeqCst) {
            return Err("nobody answers".into());
        }
        let text = match url {
            "https://login.example.com/.well-known/openid-configuration" => {
                json!({ "issuer": "https://login.example.com", "jwks_uri": "https://keys.example.com/jwks" })
            }
            "https://keys.example.com/jwks" => {
                self.0.fetched.fetch_add(1, Ordering::SeqCst);
                if self.0.slow.load(Ordering::SeqCst) {
                    self.0.go_on.notified().await;
                }
                json!({ "keys": *self.0.keys.lock().unwrap() })
            }
            other => return Err(format!("{other} is not here").into()),
        };
        Ok(Document { bytes: text.to_string().into_bytes(), max_age: None })
    }
}

fn settings() -> Settings {
    Settings {
        name: "login".into(),
        issuer: "https://login.example.com".to_owned(),
        audiences: vec!["outgate".to_owned()],
        algorithms: vec![Algorithm::ES256],
        leeway: Duration::from_secs(60),
        jwks_url: None,
        callers: true,
        users: false,
    }
}

fn token_with(signer: &Signer, key: &str, subject: &str, more: Value) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let mut claims =
        json!({ "iss": "https://login.example.com", "aud": "outgate", "sub": subject, "exp": now + 300 });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    signer.sign(&json!({ "alg": "ES256", "kid": key }).to_string(), &claims.to_string())
}

fn token(signer: &Signer, key: &str, subject: &str) -> String {
    token_with(signer, key, subject, json!({}))
}

fn bound(matches: Match, tenant: &str, roles: &[Role]) -> Binding {
    let grant = Grant { tenants: Tenants::One(id(tenant)), roles: roles.into() };
    Binding { matches, grants: [grant].into(), of_the_suite: false }
}

fn subject(subjects: Subjects) -> Match {
    Match::Subject { issuer: "login".into(), subjects }
}

fn id(text: &str) -> Id {
    Id::parse("tenant", text).unwrap()
}

/// An issuer, and everybody of whom it says who they are.
fn known(settings: Settings, published: &Published, bindings: Vec<Binding>) -> (Arc<Issuer>, Identities) {
    let issuer = Issuer::new(settings, Box::new(published.clone()));
    (issuer.clone(), Identities::default().and(vec![issuer], bindings, None))
}

/// The same, where everybody may call for the tenant `a`.
fn all(published: &Published) -> (Arc<Issuer>, Identities) {
    known(settings(), published, vec![bound(subject(Subjects::All), "a", &[Role::Caller])])
}

async fn call(identities: &Identities, token: &str) -> Result<Caller, Refusal> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}")).unwrap());
    let answer = identities.authenticate(&headers, None).await;
    if let Err(refusal) = &answer {
        assert_eq!(refusal.reason(), Reason::Unauthenticated);
        let parts = token.split('.').filter(|part| part.len() > 8);
        assert!(parts.clone().all(|part| !refusal.message().contains(part)), "{refusal}");
    }
    answer
}

#[tokio::test]
async fn subjects_and_claims_are_given_what_is_bound_to_them() {
    let (published, signer) = (Published::default(), Signer::p256());
    published.publish(&[signer.jwk("1")]);
    let claim = |claim: &str| Match::Claim {
        issuer: "login".into(),
        claim: claim.to_owned(),
        value: "staff".to_owned(),
    };
    let elsewhere = Match::Subject { issuer: "other".into(), subjects: Subjects::All };
    let (_, identities) = known(
        settings(),
        &published,
        vec![
            bound(subject(Subjects::One("ada".to_owned())), "a", &[Role::Caller]),
            bound(claim("groups"), "b", &[Role::Configurator]),
            bound(claim("/realm/roles"), "c", &[Role::Operator]),
            bound(elsewhere, "d", &[Role::Caller]),
        ],
    );
    let groups = json!({ "groups": ["guests", "staff"], "realm": { "roles": "staff" } });
    let ada = call(&identities, &token_with(&signer, "1", "ada", groups)).await.unwrap();
    assert_eq!(ada.name(), "login:ada");
    let has = |caller: &Caller, role, tenant| caller.require(role, &id(tenant)).is_ok();
    assert!(
        has(&ada, Role::Caller, "a") && has(&ada, Role::Configurator, "b") && has(&ada, Role::Operator, "c")
    );
    assert!(
        !has(&ada, Role::Caller, "b") && !has(&ada, Role::Configurator, "a") && !has(&ada, Role::Caller, "d")
    );

    let staff = json!({ "groups": "staff", "/realm/roles": "staff" });
    let bob = call(&identities, &token_with(&signer, "1", "bob", staff)).await.unwrap();
    assert!(
        has(&bob, Role::Configurator, "b")
            && !has(&bob, Role::Caller, "a")
            && !has(&bob, Role::Operator, "c")
    );

    for nobody in [json!({}), json!({ "groups": ["staffing"] }), json!({ "groups": { "staff": true } })] {
        let refusal = call(&identities, &token_with(&signer, "1", "eve", nobody)).await.unwrap_err();
        assert!(refusal.message().contains("`login:eve` is bound to no role"), "{refusal}");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_once_and_one_that_is_taken_back_is_good_no_more() {
    let published = Published::default();
    let (old, new) = (Signer::p256(), Signer::p256());
    let (_, identities) = all(&published);
    published.publish(&[old.jwk("1")]);
    call(&identities, &token(&old, "1", "ada")).await.unwrap();
    assert_eq!(published.fetched(), 1);

    published.publish(&[new.jwk("2")]);
    // A key by the same name is the same key: nothing is asked.
    call(&identities, &token(&new, "1", "ada")).await.unwrap_err();
    assert_eq!(published.fetched(), 1);
    // Ten seconds between two questions that callers ask for.
    call(&identities, &token(&new, "2", "ada")).await.unwrap_err();
    assert_eq!(published.fetched(), 1);
    tokio::time::pause();
    advance(ASKED_AT_MOST_EVERY).await;
    call(&identities, &token(&new, "2", "ada")).await.unwrap();
    assert_eq!(published.fetched(), 2);
    let refusal = call(&identities, &token(&old, "1", "ada")).await.unwrap_err();
    assert!(refusal.message().contains("a key that its issuer does not publish"), "{refusal}");
}

#[tokio::test]
async fn however_many_wait_for_a_new_key_it_is_fetched_once() {
    let (published, signer) = (Published::default(), Signer::p256());
    published.publish(&[signer.jwk("1")]);
    published.0.slow.store(true, Ordering::SeqCst);
    let (_, identities) = all(&published);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (identities, token) = (identities.clone(), token(&signer, "1", "ada"));
            tokio::spawn(async move { call(&identities, &token).await.map(drop) })
        })
        .collect();
    while published.fetched() == 0 {
        tokio::task::yield_now().await;
    }
    published.0.go_on.notify_one();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(published.fetched(), 1);
}

#[tokio::test]
async fn who_asks_and_goes_away_keeps_nobody_from_the_new_key() {
    let (published, signer) = (Published::default(), Signer::p256());
    published.publish(&[signer.jwk("1")]);
    published.0.slow.store(true, Ordering::SeqCst);
    let (_, identities) = all(&published);
    let gone = {
        let (identities, token) = (identities.clone(), token(&signer, "invented", "eve"));
        tokio::spawn(async move { call(&identities, &token).await.map(drop) })
    };
    while published.fetched() == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    gone.await.unwrap_err();
    published.0.go_on.notify_one();
    call(&identities, &token(&signer, "1", "ada")).await.unwrap();
    assert_eq!(published.fetched(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_ahead_and_serve_for_an_hour_while_the_issuer_is_away() {
    let (published, signer) = (Published::default(), Signer::p256());
    published.publish(&[signer.jwk("1")]);
    published.0.down.store(true, Ordering::SeqCst);
    let (issuer, identities) = all(&published);
    let end = CancellationToken::new();
    let following = tokio::spawn(issuer.follow(end.clone()));
    let ada = token(&signer, "1", "ada");
    let refusal = call(&identities, &ada).await.unwrap_err();
    assert!(refusal.message().contains("could not be fetched yet"), "{refusal}");

    published.0.down.store(false, Ordering::SeqCst);
    sleep(AGAIN + Duration::from_millis(1)).await;
    assert_eq!(published.fetched(), 1, "it is tried again without being asked");
    call(&identities, &ada).await.unwrap();

    // A key that is taken back ends by itself.
    let (other, late) = (Signer::p256(), token(&signer, "1", "ada"));
    published.publish(&[other.jwk("2")]);
    sleep(FRESH).await;
    assert_eq!(published.fetched(), 2);
    call(&identities, &late).await.unwrap_err();
    let ada = token(&other, "2", "ada");
    call(&identities, &ada).await.unwrap();

    published.0.down.store(true, Ordering::SeqCst);
    sleep(STALE_AT_MOST - Duration::from_secs(1)).await;
    call(&identities, &ada).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let refusal = call(&identities, &ada).await.unwrap_err();
    assert!(refusal.message().contains("not for an hour"), "{refusal}");
    end.cancel();
    following.await.unwrap();
}

#[tokio::test]
async fn a_token_of_somebody_else_is_refused_before_its_signature_is_looked_at() {
    let (published, signer) = (Published::default(), Signer::p256());
    published.publish(&[signer.jwk("1")]);
    let (_, identities) = all(&published);
    let of = |issuer: Value| token_with(&signer, "1", "ada", json!({ "iss": issuer }));
    for issuer in [
        json!("https://login.example.com/"),
        json!("https://LOGIN.example.com"),
        json!(["https://login.example.com"]),
        json!(null),
    ] {
        let refusal = call(&identities, &of(issuer)).await.unwrap_err();
        assert!(refusal.message().contains("an issuer that is not configured"), "{refusal}");
    }
    assert_eq!(published.fetched(), 0, "nobody is asked for it");

    // An algorithm that fits the key, and is not pinned.
    let pinned = Settings { algorithms: vec![Algorithm::EdDsa], ..settings() };
    let (_, identities) = known(pinned, &published, Vec::new());
    let refusal = call(&identities, &token(&signer, "1", "ada")).await.unwrap_err();
    assert!(refusal.message().contains("not signed with an algorithm"), "{refusal}");
    assert_eq!(published.fetched(), 0);
}

#[tokio::test]
async fn a_token_stands_for_what_its_issuer_may_say() {
    let (published, signer) = (Published::default(), Signer::p256());
    published.publish(&[signer.jwk("1")]);
    let roles = [Role::Caller, Role::User];
    let token = token(&signer, "1", "ada");
    for (callers, users) in [(true, false), (false, true), (true, true)] {
        let settings = Settings { callers, users, ..settings() };
        let (_, identities) = known(settings, &published, vec![bound(subject(Subjects::All), "a", &roles)]);
        assert_eq!(call(&identities, &token).await.is_ok(), callers);

        identities.replace([(
            b"shop-token".to_vec(),
            crate::identity::Identity::with_roles("shop", Tenants::All, &[Role::Caller]),
        )]);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer shop-token"));
        headers.insert(USER_TOKEN_HEADER, HeaderValue::from_str(&token).unwrap());
        let caller = identities.authenticate(&headers, None).await;
        let user = caller
            .ok()
            .map(|caller| (caller.user(&id("a")).map(str::to_owned), caller.user(&id("b")).is_some()));
        assert_eq!(user, users.then(|| (Some("login:ada".to_owned()), false)));
    }
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_not_believed() {
    let (published, signer) = (Published::default(), Signer::p256());
    published.publish(&[signer.jwk("1")]);
    // Its document, and its keys, are where the ones of another are.
    let imposter = Settings { issuer: "https://login.example.com/".to_owned(), ..settings() };
    let (_, identities) =
        known(imposter, &published, vec![bound(subject(Subjects::All), "a", &[Role::Caller])]);
    let token = token_with(&signer, "1", "ada", json!({ "iss": "https://login.example.com/" }));
    let refusal = call(&identities, &token).await.unwrap_err();
    assert!(refusal.message().contains("could not be fetched"), "{refusal}");
}
