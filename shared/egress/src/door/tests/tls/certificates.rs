//! Counterparts that do not prove who they are, or speak no TLS that is good enough: each ends as such, and of the request
//! it has no byte. (Revocation is not looked up: neither lists nor OCSP.)

use std::sync::{Arc, Mutex};

use mapping::Encoder;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, KeyPair, NameConstraints};
use rustls::{
    crypto::ring::sign::any_supported_type,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::rustls::ServerConfig;

use crate::{
    Error, ErrorKind, Outbound,
    door::tests::{
        Door, HOST, Keeper, Loopback, Peer,
        authority::{Authority, Chain, params},
        get, policy,
        raw::{Dress, Raw},
        secret,
    },
};

pub(super) const CANARY: &[u8] = b"hunter2-hunter21";

/// A request that carries a secret in its URL, a header and its body.
pub(super) fn with_secrets(peer: &impl Peer) -> Outbound {
    let mut outbound = get(peer, "/?q=");
    outbound.method = "POST".to_owned();
    outbound.url.push_hole(mapping::Content::Secret("key".into()), Encoder::Query);
    outbound.credentials = vec![("x-key".into(), secret("key", Encoder::Header))];
    outbound.body = crate::Body::Template(secret("key", Encoder::Raw));
    outbound
}

async fn send(peer: &impl Peer) -> Result<crate::Answer, Error> {
    let door = Door::new(policy(peer), Arc::new(Loopback)).unwrap();
    door.send(with_secrets(peer), &Keeper::with(&[("key", CANARY)])).await
}

/// A counterpart that would answer anything, with this proof of who it is.
async fn counterpart(authority: Authority, config: Arc<ServerConfig>) -> Raw {
    Raw::start_as(authority, Dress::Tls(config), |mut wire| async move {
        wire.read().await;
        wire.write(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        wire.until_closed().await;
    })
    .await
}

/// The request ends at TLS, over either version, and the counterpart was told nothing.
async fn is_told_nothing(what: &str, prove: impl Fn(&Authority) -> Chain, authority: impl Fn() -> Authority) {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let authority = authority();
        let config = prove(&authority).server(&[version]);
        told_nothing(what, &counterpart(authority, config).await).await;
    }
}

async fn told_nothing(what: &str, raw: &Raw) {
    let error = send(raw).await.map(|answer| answer.status).expect_err(what);
    assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{what}: {error:?}");
    assert_eq!(error.host(), Some(HOST));
    assert_eq!(raw.connections(), 1, "{what}: it was the handshake that failed, and it was tried once");
    assert_eq!(raw.received().concat(), b"", "{what}: not a byte");
}

#[tokio::test]
async fn who_proves_its_name_is_told() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let authority = Authority::new();
        let config = authority.chain(&params()).server(&[version]);
        let raw = counterpart(authority, config).await;
        assert_eq!(send(&raw).await.unwrap().status, 204);
        assert_eq!(raw.received().len(), 1);
        assert!(raw.received()[0].windows(CANARY.len()).any(|window| window == CANARY));
    }
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_or_has_not_come() {
    let between = |from, to| {
        move |authority: &Authority| {
            let mut params = params();
            params.not_before = rcgen::date_time_ymd(from, 1, 1);
            params.not_after = rcgen::date_time_ymd(to, 1, 1);
            authority.chain(&params)
        }
    };
    is_told_nothing("expired", between(2000, 2001), Authority::new).await;
    is_told_nothing("not yet valid", between(2200, 2201), Authority::new).await;
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let named = |names: &'static [&'static str]| {
        move |authority: &Authority| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            authority.chain(&CertificateParams::new(names).unwrap())
        }
    };
    is_told_nothing("another name", named(&["other.example"]), Authority::new).await;
    is_told_nothing("a name below", named(&["www.counterpart.example"]), Authority::new).await;
    is_told_nothing("a star below", named(&["*.counterpart.example"]), Authority::new).await;
    is_told_nothing("a star for all", named(&["*"]), Authority::new).await;
    is_told_nothing("the name goes on", named(&["counterpart.example.evil.example"]), Authority::new).await;
    is_told_nothing("the address", named(&["127.0.0.1"]), Authority::new).await;
}

#[tokio::test]
async fn a_name_that_is_only_the_common_name() {
    let common = |authority: &Authority| {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(DnType::CommonName, HOST);
        authority.chain(&params)
    };
    is_told_nothing("common name", common, Authority::new).await;
}

#[tokio::test]
async fn a_certificate_that_nobody_trusted_has_signed() {
    let self_signed = |_: &Authority| {
        let key = KeyPair::generate().unwrap();
        Chain { certificates: vec![params().self_signed(&key).unwrap().der().clone()], key }
    };
    is_told_nothing("self-signed", self_signed, Authority::new).await;
    is_told_nothing("another authority", |_| Authority::new().chain(&params()), Authority::new).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_for_this() {
    let client = |authority: &Authority| {
        let mut params = params();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        authority.chain(&params)
    };
    is_told_nothing("for clients alone", client, Authority::new).await;

    // Whoever has any certificate of the authority signs one for the name with it.
    let by_a_leaf = |authority: &Authority| {
        let leaf_params = CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
        let Chain { certificates, key } = authority.chain(&leaf_params);
        let own = KeyPair::generate().unwrap();
        let signed = params().signed_by(&own, &rcgen::Issuer::new(leaf_params, key)).unwrap();
        Chain { certificates: [vec![signed.der().clone()], certificates].concat(), key: own }
    };
    is_told_nothing("signed by no authority", by_a_leaf, Authority::new).await;

    let constrained = || {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("other.example".to_owned())],
            excluded_subtrees: vec![],
        });
        Authority::with(params)
    };
    is_told_nothing("beyond the authority's names", |authority| authority.chain(&params()), constrained)
        .await;
}

/// Shows one certificate, whatever was asked for, and keeps for which name it was asked.
#[derive(Debug)]
struct Shows {
    key: Arc<CertifiedKey>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl ResolvesServerCert for Shows {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.asked.lock().unwrap().push(hello.server_name().map(str::to_owned));
        Some(Arc::clone(&self.key))
    }
}

/// A counterpart that shows these certificates and signs with this key, whether they belong together or not.
async fn showing(
    authority: Authority,
    shown: Chain,
    signs: &Chain,
) -> (Raw, Arc<Mutex<Vec<Option<String>>>>) {
    let asked = Arc::<Mutex<Vec<Option<String>>>>::default();
    let key = CertifiedKey::new(shown.certificates, any_supported_type(&signs.private_key()).unwrap());
    let shows = Shows { key: Arc::new(key), asked: Arc::clone(&asked) };
    let config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::new(shows));
    (counterpart(authority, Arc::new(config)).await, asked)
}

#[tokio::test]
async fn a_certificate_that_was_shown_for_the_name_asked_for_but_is_for_another() {
    let authority = Authority::new();
    let params = CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let same = Chain { certificates: vec![], key: KeyPair::from_pem(&key.serialize_pem()).unwrap() };
    let certificate = authority.signed(&params, &key);
    let (raw, asked) = showing(authority, Chain { certificates: vec![certificate], key }, &same).await;
    told_nothing("another name by SNI", &raw).await;
    assert_eq!(*asked.lock().unwrap(), [Some(HOST.to_owned())], "it was asked for by the vetted name");
}

#[tokio::test]
async fn a_certificate_without_its_key() {
    let authority = Authority::new();
    let (stolen, own) = (authority.chain(&params()), authority.chain(&params()));
    let (raw, _) = showing(authority, stolen, &own).await;
    told_nothing("a certificate without its key", &raw).await;
}
