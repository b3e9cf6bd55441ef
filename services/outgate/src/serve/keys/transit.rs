//! The transit engine of OpenBao or Vault, which wraps the keys of the ring so that their file opens nothing by itself.
//!
//! It is spoken to through a guarded door of its own, which lets out nothing but requests to the engine's origin. The
//! token, and the key that is wrapped, are holes of the request. An unwrapped key comes in an answer, whose bytes the HTTP
//! and TLS libraries hold for a moment in memory that is not wiped.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use egress::{
    Answer, Body, Destination, Door, EgressPolicy, Endpoint, ErrorKind, Outbound, SecretSource, SourceError,
    SourceErrorKind, SystemResolver,
};
use mapping::{Content, Encoder, Template};
use runtime::{config, identity::read_token};
use seal::{Key, Plaintext};
use serde::Deserialize;
use url::Url;

use super::KeysError;

/// How long the engine may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer: a wrapped key, and what stands around it.
const ANSWER_BYTES: usize = 64 << 10;
/// The names of the two holes.
const TOKEN: &str = "the token of the transit engine";
const KEY: &str = "the key to wrap";

/// A transit engine.
#[derive(Debug)]
pub(crate) struct Transit {
    door: Door,
    endpoint: Endpoint,
    origin: Url,
    /// `https://host:port/v1/MOUNT`.
    base: String,
    key: String,
    token_file: PathBuf,
    group_readable: bool,
}

/// Why the engine does not do its part. Each names the address and the next step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransitError {
    /// It cannot be reached.
    #[error("the transit engine at {base} cannot be reached ({source}); start it, or correct seal.transit")]
    Unreachable { base: String, source: egress::Error },
    /// There is no token to show it.
    #[error("the transit engine at {base} is not asked: {text}; correct seal.transit.token_file")]
    Token { base: String, text: String },
    /// It is sealed, or stands by.
    #[error("the transit engine at {base} is sealed or not ready (status {status}); unseal it")]
    Sealed { base: String, status: u16 },
    /// The token may not.
    #[error(
        "the transit engine at {base} refuses the token in seal.transit.token_file (status {status}); renew it, or allow it `update` on encrypt/{key} and decrypt/{key}"
    )]
    Forbidden { base: String, key: String, status: u16 },
    /// There is no such key, or it is not the one that wrapped this.
    #[error(
        "the transit engine at {base} has no key `{key}` that fits (status {status}); correct seal.transit, or make the key there"
    )]
    Unknown { base: String, key: String, status: u16 },
    /// Anything else that is no success.
    #[error("the transit engine at {base} failed (status {status}); see its log")]
    Failed { base: String, status: u16 },
    /// A success that is none.
    #[error("what answers at {base} is no transit engine, or gives what is no key; correct seal.transit")]
    Misunderstood { base: String },
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

/// Texts that hold no escapes: base64, and what stands before it.
#[derive(Deserialize)]
struct Data<'a> {
    ciphertext: Option<&'a str>,
    plaintext: Option<&'a str>,
}

impl Transit {
    /// The engine that the configuration names, if any. Nothing is sent yet.
    ///
    /// # Errors
    /// When a value cannot be used.
    pub(crate) fn of(config: &config::Seal) -> Result<Option<Self>, KeysError> {
        let config::Transit { address, mount, key, token_file, ca_file } = &config.transit;
        let Some(address) = address else { return Ok(None) };
        let wrong = |key, text: &str| KeysError::Config { key, text: text.to_owned() };
        let origin = address.trim_end_matches('/');
        let destination = Destination::parse(origin).ok().filter(|parsed| {
            let url = parsed.url();
            url.scheme() == "https" && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
        });
        let destination = destination.ok_or_else(|| {
            wrong("seal.transit.address", "is no origin; write https://host:port, without a path")
        })?;
        if !mount.split('/').all(is_name) {
            return Err(wrong("seal.transit.mount", "is no name of a mount; write one such as \"transit\""));
        }
        if !is_name(key) {
            return Err(wrong("seal.transit.key", "is no name of a key; write one such as \"outgate\""));
        }
        let token_file = token_file.clone().ok_or_else(|| {
            wrong(
                "seal.transit.token_file",
                "is empty, and the engine must know who asks; name the token's file",
            )
        })?;
        let base = format!("{origin}/v1/{mount}");
        let endpoint = Endpoint::parse(&format!("{base}/**"), &["POST".to_owned()])
            .map_err(|error| wrong("seal.transit", &error.to_string()))?;
        let door = Door::new(policy(destination.port(), ca_file.clone())?, Arc::new(SystemResolver))
            .map_err(|error| wrong("seal.transit.ca_file", &error.to_string()))?;
        let (key, group_readable) = (key.clone(), config.group_readable);
        Ok(Some(Self { door, endpoint, origin: destination.origin(), base, key, token_file, group_readable }))
    }

    /// Wraps a key.
    ///
    /// # Errors
    /// When the engine does not.
    pub(crate) async fn wrap(&self, key: &Key) -> Result<String, TransitError> {
        let mut body = Template::text("{\"plaintext\":\"");
        body.push_hole(Content::Secret(KEY.to_owned()), Encoder::Base64);
        body.push_text("\"}");
        let answer = self.ask("encrypt", body, Some(key)).await?;
        let wrapped = self.read(&answer)?.ciphertext.filter(|text| is_wrapped(text));
        wrapped.map(str::to_owned).ok_or_else(|| self.misunderstood())
    }

    /// Unwraps a key.
    ///
    /// # Errors
    /// When the engine does not, or gives what is no key.
    pub(crate) async fn unwrap(&self, wrapped: &str) -> Result<Key, TransitError> {
        let body = serde_json::json!({ "ciphertext": wrapped }).to_string();
        let answer = self.ask("decrypt", Template::text(body), None).await?;
        let text = self.read(&answer)?.plaintext.ok_or_else(|| self.misunderstood())?;
        Key::from_base64(text).map_err(|_| self.misunderstood())
    }

    async fn ask(&self, action: &str, body: Template, key: Option<&Key>) -> Result<Answer, TransitError> {
        let token = Template::hole(Content::Secret(TOKEN.to_owned()), Encoder::Header);
        let outbound = Outbound {
            tenant: String::new(),
            integration: String::new(),
            method: "POST".to_owned(),
            url: Template::text(format!("{}/{action}/{}", self.base, self.key)),
            headers: vec![("content-type".to_owned(), Template::text("application/json"))],
            credentials: vec![("x-vault-token".to_owned(), token)],
            query_credentials: Vec::new(),
            trace_headers: Vec::new(),
            body: Body::Template(body),
            endpoints: [self.endpoint.clone()].into(),
            redirects: 0,
            client_certificate: None,
            timeout: TIMEOUT,
            response_bytes: ANSWER_BYTES,
        };
        let secrets = Secrets { transit: self, key };
        let answer = self.door.send(outbound, &secrets).await.map_err(|error| self.unsent(error))?;
        let (base, key, status) = (self.base.clone(), self.key.clone(), answer.status);
        match status {
            200 => Ok(answer),
            // A standby, a sealed one, and one that was never set up.
            429 | 472 | 473 | 501 | 503 => Err(TransitError::Sealed { base, status }),
            401 | 403 => Err(TransitError::Forbidden { base, key, status }),
            400 | 404 => Err(TransitError::Unknown { base, key, status }),
            _ => Err(TransitError::Failed { base, status }),
        }
    }

    fn read<'a>(&self, answer: &'a Answer) -> Result<Data<'a>, TransitError> {
        // The parser's own message could show what it read.
        serde_json::from_slice::<Reply<'_>>(&answer.body)
            .map(|reply| reply.data)
            .map_err(|_| self.misunderstood())
    }

    fn unsent(&self, error: egress::Error) -> TransitError {
        let base = self.base.clone();
        match error.kind() {
            ErrorKind::SecretRefused(source) => TransitError::Token { base, text: source.to_string() },
            _ => TransitError::Unreachable { base, source: error },
        }
    }

    fn misunderstood(&self) -> TransitError {
        TransitError::Misunderstood { base: self.base.clone() }
    }
}

/// What may leave for the engine: requests to its own port, to wherever its name leads. The operator names it, and no
/// tenant can.
fn policy(port: u16, ca_file: Option<PathBuf>) -> Result<EgressPolicy, KeysError> {
    let anywhere = ["0.0.0.0/0", "::/0"].map(str::parse);
    let networks = anywhere.into_iter().collect::<Result<_, _>>();
    Ok(EgressPolicy {
        ports: vec![port..=port],
        networks: networks.map_err(|_| KeysError::Config {
            key: "seal.transit",
            text: "no network can be named".to_owned(),
        })?,
        ca_files: ca_file.into_iter().collect(),
        ..EgressPolicy::default()
    })
}

/// A segment of a path that needs no encoding.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.bytes().all(plain) && text.bytes().any(|byte| byte != b'.')
}

/// What can stand in a line of a key file.
fn is_wrapped(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The holes of one request.
struct Secrets<'a> {
    transit: &'a Transit,
    key: Option<&'a Key>,
}

impl Secrets<'_> {
    /// Both holes are for the engine's origin alone.
    fn check(&self, destination: &Url) -> Result<(), SourceError> {
        if destination.origin() == self.transit.origin.origin() {
            return Ok(());
        }
        Err(SourceError::new(SourceErrorKind::OutOfScope, TOKEN, "is for the transit engine alone"))
    }
}

fn refused(name: &str, text: impl Into<String>) -> SourceError {
    SourceError::new(SourceErrorKind::Unavailable, name, text)
}

#[async_trait]
impl SecretSource for Secrets<'_> {
    async fn admits(&self, _: &[Content], destination: &Url) -> Result<(), SourceError> {
        self.check(destination)
    }

    async fn open(&self, content: &Content, destination: &Url) -> Result<Plaintext, SourceError> {
        self.check(destination)?;
        match content {
            Content::Secret(name) if name == TOKEN => {
                read_token(&self.transit.token_file, self.transit.group_readable)
                    .map(Plaintext::new)
                    .map_err(|error| refused(TOKEN, error.to_string()))
            }
            Content::Secret(name) if name == KEY => {
                self.key.map(Key::plaintext).ok_or_else(|| refused(KEY, "there is none"))
            }
            _ => Err(refused("", "a request to the transit engine has no other hole")),
        }
    }

    /// The ledger keeps the uses of tenants' secrets, and these are the operator's; nor is it open when the first keys are
    /// unwrapped.
    async fn leaving(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        Ok(())
    }
}
