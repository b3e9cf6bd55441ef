//! An issuer that signs whatever a test wants, over TLS on loopback.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, OnceLock},
    time::SystemTime,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

use super::{Answer, Authority, Counterpart, Received};

/// A key of an issuer, on P-256.
pub(crate) struct Signer(EcdsaKeyPair);

impl Signer {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        Self(
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random)
                .expect("it is one"),
        )
    }

    fn published(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "kid": KEY, "use": "sig", "x": encode(x), "y": encode(y) })
    }

    /// A token of this header and these claims, whatever they are.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("it signs");
        format!("{signed}.{}", encode(signature))
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The name of the issuer's one key.
const KEY: &str = "the-key-of-the-test";

/// An issuer, as an API server of Kubernetes is one: with a discovery document and its keys.
pub(crate) struct Issuer {
    signer: Signer,
    name: &'static str,
    issuer: String,
    site: Counterpart,
    ca_file: std::path::PathBuf,
    is_up: Arc<Mutex<bool>>,
}

impl Issuer {
    /// One that its discovery document leads to, called `name` in the configuration.
    pub(crate) async fn start(authority: &Authority, name: &'static str) -> Self {
        Self::start_as(authority, name, None).await
    }

    /// One whose `iss` is no address that anything answers at.
    pub(crate) async fn start_as(authority: &Authority, name: &'static str, issuer: Option<&str>) -> Self {
        let signer = Signer::new();
        let (keys, is_up) = (json!({ "keys": [signer.published()] }), Arc::new(Mutex::new(true)));
        let (up, own) = (is_up.clone(), Arc::new(OnceLock::new()));
        let base = own.clone();
        let site = Counterpart::start(authority, move |received: &Received| match received.path.as_str() {
            _ if !*up.lock().expect("nobody panics with it") => Answer::json(503, &json!({})),
            "/.well-known/openid-configuration" => {
                let base: &String = base.get().expect("it was told where it is");
                Answer::json(200, &json!({ "issuer": base, "jwks_uri": format!("{base}/openid/v1/jwks") }))
            }
            "/openid/v1/jwks" => Answer::json(200, &keys),
            _ => Answer::json(404, &json!({})),
        })
        .await;
        own.set(site.url("")).expect("it is told once");
        let issuer = issuer.map_or_else(|| site.url(""), str::to_owned);
        Self { signer, name, issuer, site, ca_file: authority.ca_file(), is_up }
    }

    /// Whether it answers with anything but an error.
    pub(crate) fn set_up(&self, up: bool) {
        *self.is_up.lock().expect("nobody panics with it") = up;
    }

    /// Where its keys are.
    pub(crate) fn jwks_url(&self) -> String {
        self.site.url("/openid/v1/jwks")
    }

    /// What it was asked.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.site.received()
    }

    /// The table of the configuration that makes it known; `more` are further keys.
    pub(crate) fn table(&self, more: &str) -> String {
        format!(
            "[[identity.issuers]]\nname = {:?}\nissuer = {:?}\naudiences = [\"outgate\"]\nca_file = {:?}\n\
             networks = [\"127.0.0.0/8\"]\n{more}\n",
            self.name, self.issuer, self.ca_file
        )
    }

    /// A table that binds its subject to roles.
    pub(crate) fn binding(&self, subject: &str, tenant: &str, roles: &[&str]) -> String {
        format!(
            "[[identity.bindings]]\nissuer = {:?}\nsubject = {subject:?}\ntenants = [{tenant:?}]\nroles = {roles:?}\n",
            self.name
        )
    }

    /// The claims of a good token.
    pub(crate) fn claims(&self, subject: &str) -> Value {
        let now = now();
        json!({ "iss": self.issuer, "aud": ["outgate"], "sub": subject, "iat": now, "nbf": now, "exp": now + 300 })
    }

    /// A token of claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.signer.sign(&json!({ "alg": "ES256", "kid": KEY }).to_string(), &claims.to_string())
    }

    /// A token whose header is not the usual one.
    pub(crate) fn sign_under(&self, header: &Value, claims: impl Display) -> String {
        self.signer.sign(&header.to_string(), &claims.to_string())
    }

    /// The header of its tokens.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "ES256", "kid": KEY })
    }

    /// A good token.
    pub(crate) fn token(&self, subject: &str) -> String {
        self.sign(&self.claims(subject))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later").as_secs()
}
