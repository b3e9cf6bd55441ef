//! Signed tokens: whatever comes as one, it is refused or is good by a second reading, which shares no code with the first:
//! a pinned algorithm of the key that it names, that key's signature, the issuer, the audience, its time and its subject.
//!
//! The first byte says what follows: `r` a token as it is; `p`, `e` or `x` a header and, behind a line end, claims, which the
//! target signs with the issuer's P-256 key, its Ed25519 key, or a stranger's. So what stands behind the signature is reached.

#![no_main]

mod token {
    pub(crate) mod reading;
    pub(crate) mod signing;
}

use std::{error::Error, sync::LazyLock, time::Duration};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use libfuzzer_sys::fuzz_target;
use runtime::{
    Role,
    identity::{
        Algorithm, Binding, Document, Documents, Grant, Identities, Issuer, Match, Settings, Subjects,
        Tenants,
    },
};
use tokio::runtime::{Builder, Runtime};

use token::{
    reading::{AUDIENCE, ISSUER, LEEWAY, subject},
    signing::{jwks, sign},
};

/// A token that is good: without one that is, nothing would be tried.
const GOOD: &[u8] = br#"e{"alg":"EdDSA","kid":"ed"}
{"iss":"https://login.example.com","aud":"outgate","sub":"ada","exp":4102444800}"#;

/// The issuer's keys, as the network would bring them.
struct Published;

#[async_trait]
impl Documents for Published {
    async fn get(&self, _: &str) -> Result<Document, Box<dyn Error + Send + Sync>> {
        Ok(Document { bytes: jwks().into_bytes(), max_age: None })
    }
}

static SCENE: LazyLock<(Runtime, Identities)> = LazyLock::new(|| {
    let settings = Settings {
        name: "login".into(),
        issuer: ISSUER.to_owned(),
        audiences: vec![AUDIENCE.to_owned()],
        algorithms: vec![Algorithm::ES256, Algorithm::EdDsa],
        leeway: Duration::from_secs(LEEWAY),
        jwks_url: Some("https://login.example.com/jwks".to_owned()),
        callers: true,
        users: false,
    };
    let grant = Grant { tenants: Tenants::All, roles: [Role::Caller].into() };
    let matches = Match::Subject { issuer: "login".into(), subjects: Subjects::All };
    let binding = Binding { matches, grants: [grant].into(), of_the_suite: false };
    let issuer = Issuer::new(settings, Box::new(Published));
    let identities = Identities::default().and(vec![issuer], vec![binding], None);
    let scene = (Builder::new_current_thread().enable_time().build().expect("a runtime"), identities);
    assert_eq!(accepted(&scene, &token(GOOD)).as_deref(), Some("login:ada"));
    scene
});

fuzz_target!(|bytes: &[u8]| {
    let token = token(bytes);
    let accepted = accepted(&SCENE, &token);
    let Some(name) = accepted else { return };
    match subject(&token) {
        Ok(subject) => assert_eq!(name, format!("login:{subject}")),
        Err(why) => panic!("{name} was accepted, and the token {why}: {}", token.escape_ascii()),
    }
});

/// The token that an input stands for.
fn token(bytes: &[u8]) -> Vec<u8> {
    let Some((kind, rest)) = bytes.split_first() else { return Vec::new() };
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return rest.to_vec() };
    let (header, claims) = (&rest[..end], &rest[end + 1..]);
    sign(*kind, header, claims).unwrap_or_else(|| rest.to_vec())
}

/// The name of whoever is known by a token.
fn accepted((runtime, identities): &(Runtime, Identities), token: &[u8]) -> Option<String> {
    let value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    let headers: HeaderMap = [(AUTHORIZATION, value)].into_iter().collect();
    let caller = runtime.block_on(identities.authenticate(&headers, None)).ok()?;
    Some(caller.name().to_owned())
}
