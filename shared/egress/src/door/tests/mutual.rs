//! Mutual TLS: what a counterpart that asks for a certificate sees, and when.

use std::{
    convert::Infallible,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mapping::{Content, Encoder, Template};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle, task::JoinSet};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier},
};

use super::{Door, HOST, Keeper, Loopback, secret};
use crate::{Body, EgressPolicy, Endpoint, ErrorKind, Outbound, Proxy};

/// Signs both sides' certificates.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    /// A certificate for a name, and its key.
    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    /// The same as a secret holds it.
    fn identity(&self, name: &str) -> String {
        let (certificate, key) = self.sign(name);
        format!("{}{}", certificate.pem(), key.serialize_pem())
    }
}

/// A counterpart over HTTP/2 that keeps its connections and answers which one it is and what it was shown.
struct Mutual {
    port: u16,
    authority: Authority,
    folder: TempDir,
    connections: Arc<AtomicUsize>,
    answer: Arc<Mutex<Option<String>>>,
    /// The name in TLS, and the authority in HTTP, of every request.
    asked_for: Arc<Mutex<Vec<(String, String)>>>,
    accepting: JoinHandle<()>,
}

impl Mutual {
    async fn start(demanding: bool) -> Self {
        let authority = Authority::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &authority.1).unwrap();
        let acceptor = acceptor(&authority, demanding);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, answer) = (Arc::<AtomicUsize>::default(), Arc::<Mutex<Option<String>>>::default());
        let asked_for = Arc::<Mutex<Vec<(String, String)>>>::default();
        let names = Arc::clone(&asked_for);
        let (counted, told) = (Arc::clone(&connections), Arc::clone(&answer));
        let accepting = tokio::spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (acceptor, counted, told) = (acceptor.clone(), Arc::clone(&counted), Arc::clone(&told));
                let names = Arc::clone(&names);
                open.spawn(async move {
                    let Ok(stream) = acceptor.accept(socket).await else { return };
                    let number = counted.fetch_add(1, Ordering::SeqCst);
                    let shown =
                        stream.get_ref().1.peer_certificates().map_or("nothing".to_owned(), |chain| {
                            String::from_utf8_lossy(&chain[0]).into_owned()
                        });
                    let known = ["ada.example", "bob.example", "nothing"];
                    let shown = known.into_iter().find(|name| shown.contains(name)).unwrap().to_owned();
                    let sni = stream.get_ref().1.server_name().unwrap_or_default().to_owned();
                    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
                        let authority =
                            request.uri().authority().map(ToString::to_string).unwrap_or_default();
                        names.lock().unwrap().push((sni.clone(), authority));
                        let own = format!("connection {number}, shown {shown}");
                        let body = told.lock().unwrap().clone().unwrap_or(own);
                        std::future::ready(Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(
                            body,
                        )))))
                    });
                    // The connection ends when the client lets go of it.
                    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { port, authority, folder, connections, answer, asked_for, accepting }
    }

    fn policy(&self) -> EgressPolicy {
        EgressPolicy {
            ports: vec![self.port..=self.port],
            networks: vec!["127.0.0.0/8".parse().unwrap()],
            ca_files: vec![self.ca_file()],
            ..EgressPolicy::default()
        }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn door(&self) -> Door {
        Door::new(self.policy(), Arc::new(Loopback)).unwrap()
    }

    /// A GET, with the client certificate of this name.
    fn get(&self, certificate: Option<&str>) -> Outbound {
        let origin = format!("https://{HOST}:{}", self.port);
        Outbound {
            tenant: String::new(),
            integration: String::new(),
            method: "GET".to_owned(),
            url: Template::text(format!("{origin}/")),
            headers: vec![],
            credentials: vec![],
            query_credentials: vec![],
            trace_headers: vec![],
            body: Body::None,
            endpoints: [Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()].into(),
            redirects: 0,
            client_certificate: certificate.map(|name| Content::Secret(name.to_owned())),
            timeout: std::time::Duration::from_secs(20),
            response_bytes: 1 << 20,
        }
    }
}

impl Drop for Mutual {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn acceptor(authority: &Authority, demanding: bool) -> TlsAcceptor {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (certificate, key) = authority.sign(HOST);
    let mut roots = RootCertStore::empty();
    let root = rustls_pki_types::pem::PemObject::from_pem_slice(authority.1.as_bytes()).unwrap();
    roots.add(root).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
    let verifier = if demanding { verifier } else { verifier.allow_unauthenticated() };
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// What the counterpart answers to each of these in turn, by one door.
async fn told(mutual: &Mutual, certificates: &[Option<&str>], keeper: &Keeper) -> Vec<String> {
    let door = mutual.door();
    let mut all = Vec::new();
    for certificate in certificates {
        let answer = door.send(mutual.get(*certificate), keeper).await.unwrap();
        all.push(String::from_utf8(answer.body.to_vec()).unwrap());
    }
    all
}

fn keeper(mutual: &Mutual) -> Keeper {
    let (ada, bob) = (mutual.authority.identity("ada.example"), mutual.authority.identity("bob.example"));
    Keeper::with(&[("ada", ada.as_bytes()), ("bob", bob.as_bytes())])
}

#[tokio::test]
async fn a_counterpart_that_demands_a_certificate_gets_it_and_turns_away_who_has_none() {
    let mutual = Mutual::start(true).await;
    let keeper = keeper(&mutual);
    assert_eq!(told(&mutual, &[Some("ada")], &keeper).await, ["connection 0, shown ada.example"]);
    let origin = format!("https://{HOST}:{}/", mutual.port);
    assert_eq!(keeper.asked(), [(Content::Secret("ada".into()), origin)], "released like any secret");

    let error = mutual.door().send(mutual.get(None), &keeper).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TlsFailed | ErrorKind::BrokeOff), "{error:?}");
    let stranger = Authority::new().identity("ada.example");
    let stranger = Keeper::with(&[("ada", stranger.as_bytes())]);
    let error = mutual.door().send(mutual.get(Some("ada")), &stranger).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TlsFailed | ErrorKind::BrokeOff), "{error:?}");
}

#[tokio::test]
async fn no_connection_is_shared_between_calls_with_different_certificates_or_none() {
    let mutual = Mutual::start(false).await;
    let calls = [None, Some("ada"), None, Some("bob"), Some("ada"), Some("bob"), None];
    assert_eq!(
        told(&mutual, &calls, &keeper(&mutual)).await,
        [
            "connection 0, shown nothing",
            "connection 1, shown ada.example",
            "connection 0, shown nothing",
            "connection 2, shown bob.example",
            "connection 1, shown ada.example",
            "connection 2, shown bob.example",
            "connection 0, shown nothing",
        ]
    );
    assert_eq!(mutual.connections.load(Ordering::SeqCst), 3, "and those that may be are");
}

#[tokio::test]
async fn the_name_in_tls_and_the_authority_are_those_of_the_url_that_was_vetted() {
    let mutual = Mutual::start(false).await;
    let keeper = keeper(&mutual);
    for certificate in [None, Some("ada")] {
        let mut outbound = mutual.get(certificate);
        outbound.url = Template::text(format!("HTTPS://Counterpart.EXAMPLE:{}/", mutual.port));
        outbound.headers = vec![
            ("Forwarded".into(), Template::text("host=other.example")),
            ("X-Forwarded-Host".into(), Template::text("other.example")),
        ];
        mutual.door().send(outbound, &keeper).await.unwrap();
    }
    let vetted = (HOST.to_owned(), format!("{HOST}:{}", mutual.port));
    assert_eq!(*mutual.asked_for.lock().unwrap(), [vetted.clone(), vetted]);
    for name in ["Host", "host", ":authority"] {
        let mut outbound = mutual.get(None);
        outbound.headers = vec![(name.into(), Template::text("other.example"))];
        let error = mutual.door().send(outbound, &keeper).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::HeaderRefused { .. }), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn a_new_value_of_the_secret_is_a_new_connection() {
    let mutual = Mutual::start(false).await;
    let (old, new) = (keeper(&mutual), mutual.authority.identity("bob.example"));
    let new = Keeper::with(&[("ada", new.as_bytes())]);
    let door = mutual.door();
    for (keeper, expected) in
        [(&old, "shown ada.example"), (&new, "shown bob.example"), (&old, "shown ada.example")]
    {
        let answer = door.send(mutual.get(Some("ada")), keeper).await.unwrap();
        assert!(String::from_utf8_lossy(&answer.body).ends_with(expected), "{:?}", answer.body);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_released_is_not_shown() {
    let mutual = Mutual::start(false).await;
    let keeper = keeper(&mutual);
    let door = mutual.door();
    door.send(mutual.get(Some("ada")), &keeper).await.unwrap();
    // The client is still kept; without the secret it is not used.
    let error = door.send(mutual.get(Some("ada")), &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SecretRefused(_)), "{error:?}");
    assert_eq!(mutual.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_no_certificate_is_unfit_and_not_shown() {
    let mutual = Mutual::start(false).await;
    let whole = mutual.authority.identity("ada.example");
    let (certificate, key) = mutual.authority.sign("ada.example");
    let (_, other) = mutual.authority.sign("ada.example");
    let [certificate, key, other] = [certificate.pem(), key.serialize_pem(), other.serialize_pem()];
    for pem in [
        String::new(),
        "hunter2-hunter21".to_owned(),
        certificate.clone(),
        key.clone(),
        format!("{certificate}{key}{key}"),
        format!("{certificate}{other}"),
        format!("{certificate}{key}-----BEGIN X509 CRL-----\nhunter2=\n-----END X509 CRL-----\n"),
        whole.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        whole.replace("PRIVATE KEY", "EC PRIVATE KEY"),
        whole.replace("-----END PRIVATE KEY-----", ""),
        "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n".to_owned() + &key,
        "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n".to_owned() + &key,
    ] {
        let keeper = Keeper::with(&[("ada", pem.as_bytes())]);
        let error = mutual.door().send(mutual.get(Some("ada")), &keeper).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::SecretUnfit { hole } if hole == "{{secret:ada}}"),
            "{pem}: {error:?}"
        );
        let told = format!("{error} {error:?}");
        let lines = pem.lines().filter(|line| line.len() > 4 && !line.starts_with('-'));
        for line in lines.chain(["hunter2", "aHVudGVyMg"]) {
            assert!(!told.contains(line), "{told}");
        }
    }
    assert_eq!(mutual.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn its_key_is_scrubbed_when_it_comes_back() {
    let mutual = Mutual::start(false).await;
    let identity = mutual.authority.identity("ada.example");
    let keeper = Keeper::with(&[("ada", identity.as_bytes())]);
    let key = identity.split_once("-----BEGIN PRIVATE KEY-----\n").unwrap().1;
    let one_line: String = key.lines().take_while(|line| !line.starts_with('-')).collect();
    let block = &identity[identity.find("-----BEGIN PRIVATE").unwrap()..];
    let escaped = block.replace('\n', "\\n").replace('/', "\\/");
    let bytes = HEXLOWER.encode(&BASE64.decode(one_line.as_bytes()).unwrap());
    for echo in [identity.as_str(), &one_line, block, &escaped, &bytes] {
        *mutual.answer.lock().unwrap() = Some(format!("I know {echo} of you"));
        let answer = mutual.door().send(mutual.get(Some("ada")), &keeper).await.unwrap();
        assert!(answer.echoed);
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        for line in key.lines().filter(|line| !line.starts_with('-') && line.len() == 64) {
            assert!(!body.contains(line) && !body.contains(&line.replace('/', "\\/")), "{body}");
        }
        assert!(!body.contains(&bytes[..64]), "{body}");
    }
}

#[tokio::test]
async fn the_certificate_itself_may_come_back() {
    let mutual = Mutual::start(false).await;
    let identity = mutual.authority.identity("ada.example");
    let (certificate, _) = identity.split_at(identity.find("-----BEGIN PRIVATE").unwrap());
    let text: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = BASE64.decode(text.as_bytes()).unwrap();
    let policy = EgressPolicy { refuse_echoes: true, ..mutual.policy() };
    let door = Door::new(policy, Arc::new(Loopback)).unwrap();
    let keeper = Keeper::with(&[("ada", identity.as_bytes())]);
    // As proxies in front of a counterpart hand it on.
    for echo in [certificate, &text, &HEXLOWER.encode(&bytes), &BASE64.encode(&bytes[1..])] {
        *mutual.answer.lock().unwrap() = Some(format!("shown {echo}"));
        let answer = door.send(mutual.get(Some("ada")), &keeper).await.unwrap();
        assert_eq!((answer.body, answer.echoed), (Bytes::from(format!("shown {echo}")), false));
    }
}

#[tokio::test]
async fn a_certificate_never_leaves_over_plain_http() {
    let mutual = Mutual::start(false).await;
    let policy = EgressPolicy { allow_http: true, ..mutual.policy() };
    let door = Door::new(policy, Arc::new(Loopback)).unwrap();
    let origin = format!("http://{HOST}:{}", mutual.port);
    let outbound = Outbound {
        url: Template::text(format!("{origin}/")),
        endpoints: [Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()].into(),
        ..mutual.get(Some("ada"))
    };
    let keeper = keeper(&mutual);
    let error = door.send(outbound, &keeper).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SchemeRefused), "{error:?}");
    assert_eq!(keeper.asked(), []);
}

#[tokio::test]
async fn a_certificate_beside_a_secret_header_and_both_are_asked_for_once() {
    let mutual = Mutual::start(true).await;
    let keeper = keeper(&mutual);
    let mut outbound = mutual.get(Some("ada"));
    outbound.headers = vec![("x-fingerprint".into(), secret("bob", Encoder::Base64))];
    mutual.door().send(outbound, &keeper).await.unwrap();
    assert_eq!(keeper.asked().len(), 2);
}

#[tokio::test]
async fn a_certificate_is_not_shown_to_a_proxy() {
    let mutual = Mutual::start(true).await;
    let proxy = Proxy::parse(&format!("https://{HOST}:{}", mutual.port), None).unwrap();
    let policy = EgressPolicy { proxy: Some(proxy), ..mutual.policy() };
    let door = Door::new(policy, Arc::new(Loopback)).unwrap();
    let error = door.send(mutual.get(Some("ada")), &keeper(&mutual)).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SecretUnfit { .. }), "{error:?}");
    assert_eq!(mutual.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn tenants_do_not_share_connections_whatever_their_policies() {
    let mutual = Mutual::start(false).await;
    let mut policies = crate::Policies::new(mutual.policy());
    let narrow = crate::Narrowing { ports: Some(vec![mutual.port..=mutual.port]), ..Default::default() };
    policies.narrow("same", narrow).unwrap();
    let narrow =
        crate::Narrowing { networks: Some(vec!["127.0.0.1/32".parse().unwrap()]), ..Default::default() };
    policies.narrow("other", narrow).unwrap();
    let door = Door::new(policies, Arc::new(Loopback)).unwrap();
    let keeper = keeper(&mutual);
    let mut all = Vec::new();
    for (tenant, certificate) in [
        ("a", None),
        ("other", None),
        ("same", None),
        ("a", None),
        ("a", Some("ada")),
        ("other", Some("ada")),
        ("same", Some("ada")),
        ("a", Some("ada")),
        ("same", None),
    ] {
        let outbound = Outbound { tenant: tenant.to_owned(), ..mutual.get(certificate) };
        let answer = door.send(outbound, &keeper).await.unwrap();
        all.push(String::from_utf8(answer.body.to_vec()).unwrap());
    }
    assert_eq!(
        all,
        [
            "connection 0, shown nothing",
            "connection 1, shown nothing",
            "connection 2, shown nothing",
            "connection 0, shown nothing",
            "connection 3, shown ada.example",
            "connection 4, shown ada.example",
            "connection 5, shown ada.example",
            "connection 3, shown ada.example",
            "connection 2, shown nothing",
        ]
    );
}
