//! Through an operator's proxy: a real one, that writes down all it sees.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use mapping::{Encoder, Template};
use oracle::Canary;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::{
    Door, HOST, Keeper, Loopback, after,
    counterpart::{Counterpart, Identity, ok},
    get, policy,
};
use crate::{Body, EgressPolicy, Endpoint, Error, ErrorKind, Outbound, Proxy, Resolver};

const TOKEN: &[u8] = b"tok-4f9d2c71aa05e8b6";

/// What the proxy does with a request.
#[derive(Clone, Copy)]
enum Manner {
    /// Connects, and carries bytes both ways.
    Obliging,
    /// Answers this and closes.
    Refusing(&'static str),
}

/// A proxy on this machine. It asks nobody for names: every counterpart is on this machine too.
struct TestProxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    carried: Arc<Mutex<Vec<u8>>>,
    folder: TempDir,
    accepting: JoinHandle<()>,
}

impl TestProxy {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heads, carried) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Vec<u8>>>::default());
        let (seen, tunnelled) = (Arc::clone(&heads), Arc::clone(&carried));
        let accepting = tokio::spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                open.spawn(serve(socket, manner, Arc::clone(&seen), Arc::clone(&tunnelled)));
            }
        });
        Self { port, heads, carried, folder: tempfile::tempdir().unwrap(), accepting }
    }

    /// The heads of all requests that it was sent.
    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// All bytes that went to counterparts.
    fn carried(&self) -> String {
        String::from_utf8_lossy(&self.carried.lock().unwrap()).into_owned()
    }

    /// A file with credentials for it.
    fn credentials(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("credentials");
        for password in text.lines().filter_map(|line| Some(line.split_once(':')?.1)) {
            Canary::known("a password for the proxy", password);
        }
        fs::write(&path, text).unwrap();
        path
    }

    /// A policy that lets out to the counterpart through the proxy, which is found by its name.
    fn policy(&self, counterpart: &Counterpart, credentials: Option<PathBuf>) -> EgressPolicy {
        let proxy = Proxy::parse(&format!("http://proxy.example:{}", self.port), credentials).unwrap();
        EgressPolicy { proxy: Some(proxy), ..policy(counterpart) }
    }

    fn door(&self, counterpart: &Counterpart) -> Door {
        Door::new(self.policy(counterpart, None), Arc::new(Loopback)).unwrap()
    }
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    manner: Manner,
    heads: Arc<Mutex<Vec<String>>>,
    carried: Arc<Mutex<Vec<u8>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    if let Manner::Refusing(answer) = manner {
        let _ = client.write_all(answer.as_bytes()).await;
        return;
    }
    let target = head.split(' ').nth(1).unwrap();
    let authority = target.trim_start_matches("http://").split('/').next().unwrap();
    let port: u16 = authority.rsplit(':').next().unwrap().parse().unwrap();
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    if head.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    } else {
        // What is for the proxy goes no further (RFC 9110, 11.7.2).
        let lines = head.split_inclusive("\r\n").filter(|line| !line.starts_with("proxy-authorization: "));
        server.write_all(lines.collect::<String>().as_bytes()).await.unwrap();
    }
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let up = async {
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = from_client.read(&mut chunk).await {
            carried.lock().unwrap().extend_from_slice(&chunk[..length]);
            if to_server.write_all(&chunk[..length]).await.is_err() {
                break;
            }
        }
    };
    let down = async { tokio::io::copy(&mut from_server, &mut to_client).await.map(drop) };
    tokio::select! {
        () = up => {}
        _ = down => {}
    }
}

fn with_secret(counterpart: &Counterpart) -> Outbound {
    let mut outbound = get(counterpart, "/path?q=mine");
    outbound.credentials = vec![("authorization".into(), after("Bearer ", "key", Encoder::Header))];
    outbound
}

fn keeper() -> Keeper {
    Keeper::with(&[("key", TOKEN)])
}

#[tokio::test]
async fn the_proxy_sees_where_to_and_nothing_else() {
    let counterpart = Counterpart::start(ok).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let answer = proxy.door(&counterpart).send(with_secret(&counterpart), &keeper()).await.unwrap();
    assert_eq!(answer.status, 200);
    let authority = format!("{HOST}:{}", counterpart.port());
    assert_eq!(proxy.heads(), [format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n")]);
    let request = counterpart.request();
    assert!(request.starts_with("GET /path?q=mine HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer tok-4f9d2c71aa05e8b6"), "{request}");
    assert!(!proxy.carried().is_empty());
    for inner in ["tok-", "GET", "mine", "HTTP"] {
        assert!(!proxy.carried().contains(inner), "TLS goes from here to the counterpart");
    }
}

#[tokio::test]
async fn its_credentials_are_for_the_proxy_alone() {
    let counterpart = Counterpart::start(ok).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let file = proxy.credentials("ada:hunter2-hunter21:!\n");
    let door = Door::new(proxy.policy(&counterpart, Some(file)), Arc::new(Loopback)).unwrap();
    let answer = door.send(with_secret(&counterpart), &keeper()).await.unwrap();
    // "ada:hunter2-hunter21:!" in base64.
    assert!(
        proxy.heads()[0].contains("\r\nProxy-Authorization: Basic YWRhOmh1bnRlcjItaHVudGVyMjE6IQ==\r\n"),
        "{:?}",
        proxy.heads()
    );
    let seen = format!("{} {answer:?} {door:?}", counterpart.request()).to_lowercase();
    for gone in ["proxy-authorization", "ywrhomh1bnrlcjitahvudgvymje6iq", "hunter2"] {
        assert!(!seen.contains(gone), "{gone}: {seen}");
    }
}

#[tokio::test]
async fn credentials_that_are_none_stop_the_start() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    for text in
        ["", "hunter2", "ada:hunter2-hunter21\nada:hunter3-hunter31", "ada:hunter2-hunter21\u{e9}\u{7f}"]
    {
        let file = proxy.credentials(text);
        let error = Door::new(proxy.policy(&counterpart, Some(file)), Arc::new(Loopback)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::PolicyInvalid), "{error:?}");
        assert!(error.to_string().contains("egress.proxy_credentials_file"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter"), "{error:?}");
    }
    let missing = proxy.folder.path().join("missing");
    let error = Door::new(proxy.policy(&counterpart, Some(missing)), Arc::new(Loopback)).unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_an_unreachable_counterpart() {
    for answer in [
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\n\r\nproxy secrets",
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy secrets\"\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: https://proxy-secrets.example/\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\n\r\n",
        "no http at all\r\n\r\n",
        "",
    ] {
        let counterpart = Counterpart::start(|_| ok("")).await;
        let proxy = TestProxy::start(Manner::Refusing(answer)).await;
        let file = proxy.credentials("ada:hunter2-hunter21");
        let door = Door::new(proxy.policy(&counterpart, Some(file)), Arc::new(Loopback)).unwrap();
        let outbound = Outbound { redirects: 5, ..with_secret(&counterpart) };
        let error = door.send(outbound, &keeper()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ConnectFailed), "{answer}: {error:?}");
        assert_eq!(error.host(), Some(HOST));
        let told = format!("{error} {error:?}");
        for gone in ["proxy secrets", "proxy-secrets", "hunter2", "YWRhOmh1bnRlcjI", "tok-", "mine"] {
            assert!(!told.contains(gone), "{gone}: {told}");
        }
        assert_eq!(counterpart.connections(), 0);
        assert_eq!(proxy.heads().len(), 1);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_an_unreachable_counterpart() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let proxy = Some(Proxy::parse(&format!("http://{address}"), None).unwrap());
    let door = Door::new(EgressPolicy { proxy, ..policy(&counterpart) }, Arc::new(Loopback)).unwrap();
    let error = door.send(get(&counterpart, "/"), &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ConnectFailed), "{error:?}");
    assert_eq!(counterpart.connections(), 0, "it is never gone round");
}

#[tokio::test]
async fn who_cannot_prove_its_name_gets_no_byte_through_a_proxy_either() {
    let counterpart = Counterpart::start_as(Identity::OtherName, |_| ok("")).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let error = proxy.door(&counterpart).send(with_secret(&counterpart), &keeper()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{error:?}");
    assert_eq!(counterpart.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn plain_http_passes_through_without_a_secret() {
    let plain = Counterpart::start_as(Identity::Plain, ok).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let file = proxy.credentials("ada:hunter2-hunter21");
    let policy = EgressPolicy { allow_http: true, ..proxy.policy(&plain, Some(file)) };
    let door = Door::new(policy, Arc::new(Loopback)).unwrap();
    door.send(get(&plain, "/path"), &Keeper::default()).await.unwrap();
    let head = proxy.heads().pop().unwrap();
    assert!(head.starts_with(&format!("GET {}/path HTTP/1.1\r\n", plain.origin())), "{head}");
    assert!(head.to_lowercase().contains("\r\nproxy-authorization: basic "), "{head}");
    let error = door.send(with_secret(&plain), &keeper()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SchemeRefused), "{error:?}");
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_for_plain_http_is_no_counterpart() {
    let plain = Counterpart::start_as(Identity::Plain, |_| ok("")).await;
    let refusing = Manner::Refusing("HTTP/1.1 407 Wanted\r\nContent-Length: 5\r\n\r\nproxy");
    let proxy = TestProxy::start(refusing).await;
    let policy = EgressPolicy { allow_http: true, ..proxy.policy(&plain, None) };
    let door = Door::new(policy, Arc::new(Loopback)).unwrap();
    let error = door.send(get(&plain, "/"), &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ConnectFailed), "{error:?}");
}

/// Names for which there are addresses, and which were asked for.
#[derive(Debug)]
struct Names(Vec<(&'static str, IpAddr)>, Mutex<Vec<String>>);

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.1.lock().unwrap().push(host.to_owned());
        let known = self.0.iter().filter(|(name, _)| *name == host).map(|(_, address)| *address);
        Ok(known.collect())
    }
}

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));
const INNER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));

/// A GET of everything of a host.
fn of_host(counterpart: &Counterpart, host: &str) -> Outbound {
    let origin = format!("https://{host}:{}", counterpart.port());
    Outbound {
        url: Template::text(format!("{origin}/")),
        endpoints: [Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()].into(),
        ..get(counterpart, "/")
    }
}

/// Sends through the proxy with no network opened, and gives the outcome with the names that were looked up.
async fn sent(
    proxy: &TestProxy,
    counterpart: &Counterpart,
    host: &str,
    resolves: bool,
) -> (Result<u16, Error>, Vec<String>) {
    let policy =
        EgressPolicy { networks: vec![], proxy_resolves: resolves, ..proxy.policy(counterpart, None) };
    let own = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let names = vec![("proxy.example", own), (HOST, PUBLIC), ("inner.example", INNER), ("localhost", own)];
    let names = Arc::new(Names(names, Mutex::default()));
    let door = Door::new(policy, Arc::<Names>::clone(&names)).unwrap();
    let answer = door.send(of_host(counterpart, host), &Keeper::default()).await.map(|answer| answer.status);
    let asked = names.1.lock().unwrap().clone();
    (answer, asked)
}

#[tokio::test]
async fn the_destination_is_vetted_and_the_proxy_itself_is_the_operators_word() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let (answer, asked) = sent(&proxy, &counterpart, HOST, false).await;
    assert_eq!(answer.unwrap(), 200, "though the proxy is on an address that no integration may reach");
    assert_eq!(asked, [HOST, "proxy.example"], "one look-up of the name, one of the proxy");
    for host in ["inner.example", "10.0.0.7", "169.254.169.254", "[::1]", "localhost"] {
        let (answer, _) = sent(&proxy, &counterpart, host, false).await;
        let error = answer.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{host}: {error:?}");
    }
    let (answer, _) = sent(&proxy, &counterpart, "unknown.example", false).await;
    assert!(matches!(answer.unwrap_err().kind(), ErrorKind::ResolveFailed));
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_resolves_is_asked_for_names_and_only_for_those() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let (answer, asked) = sent(&proxy, &counterpart, HOST, true).await;
    assert_eq!(answer.unwrap(), 200);
    assert_eq!(asked, ["proxy.example"], "the name is looked up by the proxy alone");
    for host in ["10.0.0.7", "169.254.169.254", "[::1]", "localhost", "erp.internal", "metadata"] {
        let (answer, asked) = sent(&proxy, &counterpart, host, true).await;
        let error = answer.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{host}: {error:?}");
        assert_eq!(asked, Vec::<String>::new());
    }
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test]
async fn an_ipv6_address_over_tls_is_refused_behind_a_proxy_and_said_so() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    // A public address, so that nothing else speaks against it.
    for resolves in [false, true] {
        let (answer, asked) = sent(&proxy, &counterpart, "[2606:4700::1111]", resolves).await;
        let error = answer.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{error:?}");
        assert!(error.to_string().contains("IPv6") && error.to_string().contains("proxy"), "{error}");
        assert_eq!(asked, Vec::<String>::new());
    }
    assert_eq!(proxy.heads(), Vec::<String>::new());
    // In the clear there is no name in TLS to be wrong.
    let plain = Counterpart::start_as(Identity::Plain, |_| ok("")).await;
    let networks = vec!["::1/128".parse().unwrap()];
    let policy = EgressPolicy { allow_http: true, networks, ..proxy.policy(&plain, None) };
    let door = Door::new(policy, Arc::new(Loopback)).unwrap();
    let origin = format!("http://[::1]:{}", plain.port());
    let outbound = Outbound {
        url: Template::text(format!("{origin}/")),
        endpoints: [Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()].into(),
        ..get(&plain, "/")
    };
    assert_eq!(door.send(outbound, &Keeper::default()).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_ipv4_address_passes_a_proxy() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let (answer, _) = sent(&proxy, &counterpart, "93.184.215.14", false).await;
    // The proxy of these tests leads everywhere to this machine, whose certificate is for a name.
    assert!(matches!(answer.unwrap_err().kind(), ErrorKind::TlsFailed));
    assert!(proxy.heads()[0].starts_with("CONNECT 93.184.215.14:"), "{:?}", proxy.heads());
}

#[tokio::test]
async fn without_a_proxy_nobody_else_resolves() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let policy = EgressPolicy { networks: vec![], proxy_resolves: true, ..policy(&counterpart) };
    let door = Door::new(policy, Arc::new(Loopback)).unwrap();
    let error = door.send(get(&counterpart, "/"), &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{error:?}");
}

#[tokio::test]
async fn a_body_and_a_redirect_go_through_the_proxy_too() {
    let counterpart = Counterpart::start(|request| match request.split(' ').nth(1).unwrap() {
        "/start" => super::counterpart::answer("HTTP/1.1 307 Moved\r\nLocation: /end\r\n", b""),
        _ => ok("fine"),
    })
    .await;
    let proxy = TestProxy::start(Manner::Obliging).await;
    let mut outbound = Outbound { redirects: 1, ..get(&counterpart, "/start") };
    outbound.method = "POST".to_owned();
    outbound.body = Body::Bytes(Bytes::from_static(b"twelve bytes"));
    let answer = proxy.door(&counterpart).send(outbound, &Keeper::default()).await.unwrap();
    assert_eq!(answer.body, "fine");
    assert!(counterpart.requests()[1].ends_with("twelve bytes"));
    assert_eq!(proxy.heads().len(), 2, "each hop through a tunnel of its own");
}
