mod answers;
mod authority;
mod counterpart;
mod decoding;
mod echoes;
mod heard;
mod hostile;
mod leaks;
mod live;
mod log;
mod mutual;
mod proxy;
mod raw;
mod redirects;
mod refusals;
mod resolvers;
mod scopes;
mod streams;
mod tls;
pub(crate) mod vectors;
mod wire;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use mapping::{Content, Encoder, Template};
use oracle::Canary;
use seal::Plaintext;
use url::Url;

use self::heard::Door;
use crate::{Body, EgressPolicy, Endpoint, Outbound, Resolver, SecretSource, SourceError, SourceErrorKind};

/// The counterpart's name in these tests. Nothing but [`Loopback`] resolves it.
const HOST: &str = "counterpart.example";

/// Everything is on this machine.
#[derive(Debug)]
struct Loopback;

#[async_trait]
impl Resolver for Loopback {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

/// Hands out what it was given, and remembers what it was asked. None of it may come out of the door.
#[derive(Default)]
struct Keeper {
    values: HashMap<&'static str, Vec<u8>>,
    /// The only origin that anything of it is for; any, where there is none.
    scope: Arc<Mutex<Option<String>>>,
    checked: Mutex<Vec<(Vec<Content>, String)>>,
    asked: Mutex<Vec<(Content, String)>>,
    /// What was said to leave, and for which origin.
    left: Mutex<Vec<(Vec<Content>, String)>>,
    /// Whether nothing may leave.
    shut: AtomicBool,
}

impl Keeper {
    fn with(values: &[(&'static str, &[u8])]) -> Self {
        for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
            Canary::known(&format!("the secret {name}"), value);
        }
        Self::with_short(values)
    }

    /// The same for values that other texts hold by chance, which nobody can look for.
    fn with_short(values: &[(&'static str, &[u8])]) -> Self {
        let values = values.iter().map(|(name, value)| (*name, value.to_vec())).collect();
        Self { values, ..Self::default() }
    }

    fn checked(&self) -> Vec<(Vec<Content>, String)> {
        self.checked.lock().unwrap().clone()
    }

    fn asked(&self) -> Vec<(Content, String)> {
        self.asked.lock().unwrap().clone()
    }

    fn left(&self) -> Vec<(Vec<Content>, String)> {
        self.left.lock().unwrap().clone()
    }
}

#[async_trait]
impl SecretSource for Keeper {
    async fn admits(&self, contents: &[Content], destination: &Url) -> Result<(), SourceError> {
        self.checked.lock().unwrap().push((contents.to_vec(), destination.to_string()));
        match &*self.scope.lock().unwrap() {
            Some(scope) if scope != destination.as_str() => {
                Err(SourceError::new(SourceErrorKind::OutOfScope, "key", "it is for elsewhere"))
            }
            _ => Ok(()),
        }
    }

    async fn open(&self, content: &Content, destination: &Url) -> Result<Plaintext, SourceError> {
        self.asked.lock().unwrap().push((content.clone(), destination.to_string()));
        let (Content::Secret(name) | Content::Token(name)) = content else { panic!("asked for a template") };
        match self.values.get(name.as_str()) {
            Some(value) => Ok(Plaintext::new(value.clone())),
            None => {
                Err(SourceError::new(SourceErrorKind::NotFound, name, format!("there is no secret {name}")))
            }
        }
    }

    async fn leaving(&self, contents: &[Content], destination: &Url) -> Result<(), SourceError> {
        if self.shut.load(Ordering::Relaxed) {
            return Err(SourceError::new(SourceErrorKind::Unavailable, "", "it cannot be written down"));
        }
        self.left.lock().unwrap().push((contents.to_vec(), destination.to_string()));
        Ok(())
    }
}

/// Whoever listens on this machine.
trait Peer {
    fn port(&self) -> u16;
    /// `https://counterpart.example:PORT`, or the same with `http`.
    fn origin(&self) -> String;
    /// The authority that its certificate is from.
    fn ca_file(&self) -> PathBuf;
}

/// A policy that lets out to the counterpart, and nothing else.
fn policy(counterpart: &impl Peer) -> EgressPolicy {
    EgressPolicy {
        ports: vec![counterpart.port()..=counterpart.port()],
        allow_http: false,
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        ca_files: vec![counterpart.ca_file()],
        ..EgressPolicy::default()
    }
}

fn door(counterpart: &impl Peer) -> Door {
    Door::new(policy(counterpart), Arc::new(Loopback)).unwrap()
}

/// A GET of everything below the counterpart's origin.
fn get(counterpart: &impl Peer, path: &str) -> Outbound {
    let origin = counterpart.origin();
    Outbound {
        tenant: String::new(),
        integration: String::new(),
        method: "GET".to_owned(),
        url: Template::text(format!("{origin}{path}")),
        headers: vec![],
        credentials: vec![],
        query_credentials: vec![],
        trace_headers: vec![],
        body: Body::None,
        endpoints: [Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()].into(),
        redirects: 0,
        client_certificate: None,
        timeout: Duration::from_secs(20),
        response_bytes: 1024 * 1024,
    }
}

fn secret(name: &str, encoder: Encoder) -> Template {
    Template::hole(Content::Secret(name.to_owned()), encoder)
}

/// `before`, a secret, and nothing after.
fn after(before: &str, name: &str, encoder: Encoder) -> Template {
    let mut template = Template::text(before);
    template.push_hole(Content::Secret(name.to_owned()), encoder);
    template
}
