//! The URL vectors, each through a whole send: what reaches the transport is what would have been connected to.

use std::{
    collections::HashMap,
    fs, io,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use http::{HeaderMap, StatusCode};
use mapping::{Content, Template};
use seal::Plaintext;
use serde_json::Value;
use url::Url;

use super::Door;
use crate::{
    Body, EgressPolicy, Endpoint, Error, ErrorKind, Outbound, Reply, Resolver, SecretSource, SourceError,
    Transport, TransportError, Vetted,
};

/// The lines of a vector file.
pub(crate) fn read(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/vectors").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What every host resolves to that its vector says nothing of.
const ELSEWHERE: &str = "93.184.215.14";

/// Answers from a table, each host's answers in turn, the last one for ever.
#[derive(Debug, Default)]
struct Table {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Table {
    fn of(vector: &Value) -> Self {
        let mut table = HashMap::new();
        for (host, answer) in vector["resolves"].as_object().into_iter().flatten() {
            table.insert(host.clone(), vec![addresses(answer)]);
        }
        for (host, answers) in vector["resolve_sequence"].as_object().into_iter().flatten() {
            table.insert(host.clone(), answers.as_array().unwrap().iter().map(addresses).collect());
        }
        Self { answers: Mutex::new(table), asked: Mutex::default() }
    }
}

fn addresses(list: &Value) -> Vec<IpAddr> {
    list.as_array().unwrap().iter().map(|address| address.as_str().unwrap().parse().unwrap()).collect()
}

#[async_trait]
impl Resolver for Table {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut table = self.answers.lock().unwrap();
        let answers = table.entry(host.to_owned()).or_insert_with(|| vec![vec![ELSEWHERE.parse().unwrap()]]);
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

/// Writes down what it was given, and answers with nothing.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<(Url, Vec<SocketAddr>)>>);

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError> {
        self.0.lock().unwrap().push((request.url, request.addresses.to_vec()));
        Ok(Reply { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), body: stream::empty().boxed() })
    }
}

/// For requests that have no hole.
pub(super) struct NoSecrets;

#[async_trait]
impl SecretSource for NoSecrets {
    async fn admits(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        panic!("a secret was asked about")
    }

    async fn open(&self, _: &Content, _: &Url) -> Result<Plaintext, SourceError> {
        panic!("a secret was asked for")
    }

    async fn leaving(&self, _: &[Content], _: &Url) -> Result<(), SourceError> {
        panic!("a secret was said to leave")
    }
}

/// The endpoints of an entry: what is below its path, and where it does not end in a slash the path itself.
fn endpoints(entry: &str) -> Vec<Endpoint> {
    let texts = match entry {
        "*" => return vec![Endpoint::anywhere()],
        entry if entry.ends_with('/') => vec![format!("{entry}**")],
        entry => vec![entry.to_owned(), format!("{entry}/**")],
    };
    // Some entries are as malformed as the URLs they are to catch. Nobody can list those.
    texts.iter().filter_map(|text| Endpoint::parse(text, &[]).ok()).collect()
}

/// What the entries leave to the operator's policy: `*` means the default ports, an entry says its port itself.
fn policy(vector: &Value, allowlist: &[&str]) -> EgressPolicy {
    let networks = vector["egress_allow"].as_array().into_iter().flatten();
    EgressPolicy {
        ports: if allowlist.contains(&"*") { vec![80..=80, 443..=443] } else { vec![1..=65535] },
        allow_http: true,
        networks: networks.map(|network| network.as_str().unwrap().parse().unwrap()).collect(),
        ..EgressPolicy::default()
    }
}

/// The URL that a redirect leads to, as a client would make it out: the door itself follows none.
fn target(vector: &Value) -> Option<String> {
    let url = vector["url"].as_str().unwrap();
    if vector["via"] != "redirect" {
        return Some(url.to_owned());
    }
    let broken = url.is_empty()
        || url.starts_with("//")
        || url.chars().any(|character| character <= ' ' || character == '\\');
    // What is absolute goes to the guard as it is, so that joining repairs nothing.
    match url.split_once(':') {
        _ if broken => None,
        Some((scheme, _)) if !scheme.contains(['/', '?', '#']) => Some(url.to_owned()),
        _ => Some(Url::parse(vector["from"].as_str().unwrap()).unwrap().join(url).unwrap().to_string()),
    }
}

/// What became of a vector's URL.
struct Outcome {
    connected: Option<(Url, Vec<SocketAddr>)>,
    refused: Option<Error>,
    /// The names that were looked up.
    asked: Vec<String>,
}

async fn outcome(vector: &Value) -> Outcome {
    let Some(url) = target(vector) else { return Outcome { connected: None, refused: None, asked: vec![] } };
    let allowlist: Vec<&str> =
        vector["allowlist"].as_array().unwrap().iter().map(|entry| entry.as_str().unwrap()).collect();
    let recorder = Arc::new(Recorder::default());
    let policy = policy(vector, &allowlist);
    let table = Arc::new(Table::of(vector));
    let door = Door::with_transport(policy, Arc::<Table>::clone(&table), Arc::<Recorder>::clone(&recorder));
    let outbound = Outbound {
        tenant: String::new(),
        integration: String::new(),
        method: "GET".to_owned(),
        url: Template::text(url),
        headers: vec![],
        credentials: vec![],
        query_credentials: vec![],
        trace_headers: vec![],
        body: Body::None,
        endpoints: allowlist.into_iter().flat_map(endpoints).collect(),
        redirects: 0,
        client_certificate: None,
        timeout: Duration::from_secs(5),
        response_bytes: 0,
    };
    let refused = door.send(outbound, &NoSecrets).await.err();
    let connected = recorder.0.lock().unwrap().pop();
    let asked = std::mem::take(&mut *table.asked.lock().unwrap());
    Outcome { connected, refused, asked }
}

/// The addresses that a URL's host has by its vector: those of the first answer, or the host itself.
fn expected(vector: &Value, url: &Url) -> Vec<IpAddr> {
    let host = url.host_str().unwrap();
    if let Ok(literal) = host.trim_matches(['[', ']']).parse() {
        return vec![literal];
    }
    match (&vector["resolves"][host], &vector["resolve_sequence"][host][0]) {
        (Value::Null, Value::Null) => vec![ELSEWHERE.parse().unwrap()],
        (Value::Null, answer) | (answer, _) => addresses(answer),
    }
}

#[tokio::test]
async fn every_url_vector_is_decided_as_written() {
    let vectors = read("ssrf_vectors.jsonl");
    let mut wrong = Vec::new();
    let mut decided: HashMap<&str, usize> = HashMap::new();
    let mut by_address = 0;
    for vector in &vectors {
        let outcome = outcome(vector).await;
        assert!(outcome.asked.len() <= 1, "asked more than once: {vector}");
        if let Some((url, addresses)) = &outcome.connected {
            // What was vetted is what the vector's name server says, and that is what is connected to.
            let connected: Vec<IpAddr> = addresses.iter().map(SocketAddr::ip).collect();
            assert_eq!(connected, expected(vector, url), "{vector}");
            let port = url.port_or_known_default();
            assert!(addresses.iter().all(|address| Some(address.port()) == port), "{vector}");
        }
        let of_address =
            outcome.refused.is_some_and(|error| matches!(error.kind(), ErrorKind::AddressRefused));
        // Where an answer of the name server decides, it was asked for it.
        by_address += usize::from(of_address && !outcome.asked.is_empty());
        let allowed = outcome.connected.is_some();
        *decided.entry(if allowed { "allow" } else { "deny" }).or_default() += 1;
        if allowed != (vector["expected"] == "allow") {
            wrong.push(vector);
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), vectors.len());
    assert_eq!(decided, HashMap::from([("allow", 120), ("deny", 1589)]));
    assert_eq!(by_address, 66, "refused for what the name server answered");
}
