use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa,
    KeyIdMethod, KeyPair, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};

use super::*;
use crate::identity::Peer;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for these names, and its key.
fn certificate(authority: &Authority, common_name: &str, names: Vec<SanType>) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.subject_alt_names = names;
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

fn server(authority: &Authority, common_name: &str) -> (String, String) {
    certificate(authority, common_name, vec![SanType::DnsName("localhost".try_into().unwrap())])
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn files(&self, clients: fn(PathBuf) -> ClientAuth) -> Files {
        let path = |name| self.0.path().join(name);
        Files {
            certificates: path("cert"),
            key: path("key"),
            clients: clients(path("clients")),
            revoked: None,
        }
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn put_pair(&self, (certificate, key): &(String, String)) {
        self.put("cert", certificate);
        self.put("key", key);
    }
}

/// Connects, and says whom the server saw and whom the client saw.
async fn connect(
    tls: &Tls,
    trusted: &Authority,
    shown: Option<&(String, String)>,
) -> Result<(Option<Peer>, Option<Peer>), io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match shown {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(
                certificates(certificate.as_bytes()).unwrap(),
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap(),
    };
    let (near, far) = duplex(64 * 1024);
    let connecting = async {
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, near).await?;
        let seen = Peer::of(&stream.get_ref().1.peer_certificates().unwrap()[0]);
        stream.write_all(b"!").await?;
        // In TLS 1.3 a client hears only now that its certificate is not wanted.
        stream.read_exact(&mut [0]).await?;
        Ok::<_, io::Error>(seen)
    };
    let accepting = async {
        let mut stream = tls.acceptor().accept(far).await?;
        let seen = stream.get_ref().1.peer_certificates().and_then(|chain| Peer::of(&chain[0]));
        stream.read_exact(&mut [0]).await?;
        stream.write_all(b"!").await?;
        Ok::<_, io::Error>(seen)
    };
    let (client, server) = tokio::join!(connecting, accepting);
    Ok((server?, client?))
}

fn off(_: PathBuf) -> ClientAuth {
    ClientAuth::Off
}

async fn serves(tls: &Tls, trusted: &Authority) -> String {
    let (_, server) = connect(tls, trusted, None).await.unwrap();
    server.unwrap().common_name().unwrap().to_owned()
}

#[tokio::test]
async fn new_files_are_used_and_broken_ones_leave_the_old_in_use() {
    let (authority, place) = (authority(), Place::new());
    place.put_pair(&server(&authority, "one"));
    let tls = Tls::open(place.files(off)).unwrap();
    assert_eq!(serves(&tls, &authority).await, "one");
    assert!(!tls.reload().unwrap(), "nothing has changed");

    let (certificate, key) = server(&authority, "two");
    place.put("cert", &certificate);
    // The pair is half there.
    assert!(matches!(tls.reload(), Err(TlsError::Pair(_))));
    assert!(!tls.reload().unwrap(), "it is told once");
    assert_eq!(serves(&tls, &authority).await, "one");
    place.put("key", &key);
    assert!(tls.reload().unwrap());
    assert_eq!(serves(&tls, &authority).await, "two");

    for (file, text) in [
        ("cert", "no PEM"),
        ("key", ""),
        ("cert", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        place.put(file, text);
        tls.reload().unwrap_err();
        assert_eq!(serves(&tls, &authority).await, "two");
    }
    fs::remove_file(place.0.path().join("cert")).unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Io { .. })));
    assert_eq!(serves(&tls, &authority).await, "two");
    place.put_pair(&server(&authority, "three"));
    assert!(tls.reload().unwrap());
    assert_eq!(serves(&tls, &authority).await, "three");
}

#[tokio::test]
async fn a_client_is_who_its_certificate_names() {
    let (ours, place) = (authority(), Place::new());
    place.put_pair(&server(&ours, "server"));
    place.put("clients", &ours.pem());
    let names = vec![
        SanType::URI("spiffe://example.com/billing".try_into().unwrap()),
        SanType::DnsName("billing.example.com".try_into().unwrap()),
    ];
    let billing = certificate(&ours, "billing", names);
    let stranger = certificate(&authority(), "billing", Vec::new());
    for (clients, without) in
        [(ClientAuth::Optional as fn(_) -> _, true), (ClientAuth::Required as fn(_) -> _, false)]
    {
        let tls = Tls::open(place.files(clients)).unwrap();
        let (peer, _) = connect(&tls, &ours, Some(&billing)).await.unwrap();
        let peer = peer.unwrap();
        assert_eq!(peer.uris().collect::<Vec<_>>(), ["spiffe://example.com/billing"]);
        assert_eq!(peer.dns_names().collect::<Vec<_>>(), ["billing.example.com"]);
        assert_eq!(peer.common_name(), Some("billing"));
        assert_eq!(connect(&tls, &ours, None).await.is_ok(), without);
        connect(&tls, &ours, Some(&stranger)).await.unwrap_err();
    }
    let tls = Tls::open(place.files(off)).unwrap();
    assert_eq!(connect(&tls, &ours, Some(&billing)).await.unwrap().0, None, "nobody is asked");
}

#[tokio::test]
async fn another_authority_of_clients_is_taken_and_the_old_ones_clients_go() {
    let (old, new, place) = (authority(), authority(), Place::new());
    place.put_pair(&server(&old, "server"));
    place.put("clients", &old.pem());
    let tls = Tls::open(place.files(ClientAuth::Required)).unwrap();
    let (before, after) = (certificate(&old, "a", Vec::new()), certificate(&new, "b", Vec::new()));
    connect(&tls, &old, Some(&before)).await.unwrap();
    connect(&tls, &old, Some(&after)).await.unwrap_err();
    place.put("clients", &new.pem());
    assert!(tls.reload().unwrap());
    connect(&tls, &old, Some(&before)).await.unwrap_err();
    connect(&tls, &old, Some(&after)).await.unwrap();
    place.put("clients", "");
    assert!(matches!(tls.reload(), Err(TlsError::Authority { .. })));
    connect(&tls, &old, Some(&after)).await.unwrap();
}

/// A certificate with a number, as revocation lists name it.
fn numbered(authority: &Authority, common_name: &str, serial: u64) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.serial_number = Some(SerialNumber::from(serial));
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

/// The revocation list of an authority, in force until the first day of a year.
fn list(authority: &Authority, until: i32, serials: &[u64]) -> String {
    let revoked = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2024, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 1),
        next_update: date_time_ymd(until, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(authority).unwrap().pem().unwrap()
}

#[tokio::test]
async fn a_certificate_that_was_taken_back_is_not_good() {
    let (ours, place) = (authority(), Place::new());
    place.put_pair(&server(&ours, "server"));
    place.put("clients", &ours.pem());
    let (one, two) = (numbered(&ours, "one", 1), numbered(&ours, "two", 2));
    for (clients, without) in
        [(ClientAuth::Optional as fn(_) -> _, true), (ClientAuth::Required as fn(_) -> _, false)]
    {
        place.put("revoked", &list(&ours, 2999, &[]));
        let files = Files { revoked: Some(place.0.path().join("revoked")), ..place.files(clients) };
        let tls = Tls::open(files).unwrap();
        for shown in [&one, &two] {
            connect(&tls, &ours, Some(shown)).await.unwrap();
        }
        // Taken back while this serves.
        place.put("revoked", &list(&ours, 2999, &[2]));
        assert!(tls.reload().unwrap());
        connect(&tls, &ours, Some(&one)).await.unwrap();
        let refused = connect(&tls, &ours, Some(&two)).await.unwrap_err();
        assert!(refused.to_string().contains("Revoked"), "{refusal}", refusal = refused);
        assert_eq!(connect(&tls, &ours, None).await.is_ok(), without);
        // A list that ran out, or that is another authority's, says of nobody that they are good.
        for says_nothing in [list(&ours, 2025, &[2]), list(&authority(), 2999, &[])] {
            place.put("revoked", &says_nothing);
            assert!(tls.reload().unwrap());
            connect(&tls, &ours, Some(&one)).await.unwrap_err();
        }
        // What is no list leaves in use what was.
        place.put("revoked", &list(&ours, 2999, &[1]));
        assert!(tls.reload().unwrap());
        for no_list in ["", "no PEM", &one.0] {
            place.put("revoked", no_list);
            assert!(matches!(tls.reload(), Err(TlsError::Pem { what: "revocation list", .. })));
            connect(&tls, &ours, Some(&one)).await.unwrap_err();
            connect(&tls, &ours, Some(&two)).await.unwrap();
        }
    }
}

#[test]
fn two_common_names_are_none() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, "billing");
    let one = params.self_signed(&key).unwrap();
    assert_eq!(
        Peer::of(one.der()).and_then(|peer| peer.common_name().map(str::to_owned)),
        Some("rcgen self signed cert".to_owned())
    );
    params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 3]), "root");
    let two = params.self_signed(&key).unwrap();
    assert_eq!(Peer::of(two.der()), None);
    assert_eq!(Peer::of(&CertificateDer::from(vec![0x30, 0x03, 1, 2, 3])), None);
}
