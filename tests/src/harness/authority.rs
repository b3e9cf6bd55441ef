//! The certificate authority of a test, and the certificate of everything that stands on loopback.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa,
    KeyIdMethod, KeyPair, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tempfile::TempDir;

use oracle::Canary;

/// A certificate authority that exists for one test.
pub(crate) struct Authority {
    folder: TempDir,
    server: Arc<ServerConfig>,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in files.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    /// Makes one, and a certificate of it for 127.0.0.1.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "the tests' authority");
        let issuer =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()])
            .and_then(|params| params.signed_by(&key, &issuer))
            .expect("a certificate");
        Canary::known("the key of a certificate", key.serialize_pem());
        for (name, text) in
            [("ca.pem", issuer.pem()), ("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem())]
        {
            fs::write(folder.path().join(name), text).expect("a temporary file can be written");
        }
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("certificate and key belong together");
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self { folder, server: Arc::new(server), issuer }
    }

    /// Signs a certificate for somebody: `common_name`, which names the files too, and alternative names, where one with
    /// `://` is a URI, and another one a DNS name or an address.
    pub(crate) fn certify(&self, common_name: &str, names: &[&str]) -> Shown {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.subject_alt_names = names
            .iter()
            .map(|name| match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) if name.contains("://") => SanType::URI((*name).try_into().expect("ASCII")),
                Err(_) => SanType::DnsName((*name).try_into().expect("ASCII")),
            })
            .collect();
        params.serial_number = Some(serial(common_name));
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Canary::known("the key of a certificate", key.serialize_pem());
        let shown = Shown {
            cert: self.file(&format!("{common_name}.pem")),
            key: self.file(&format!("{common_name}.key")),
        };
        fs::write(&shown.cert, certificate.pem()).expect("a temporary file can be written");
        fs::write(&shown.key, key.serialize_pem()).expect("a temporary file can be written");
        fs::set_permissions(&shown.key, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
        shown
    }

    /// Writes the revocation list, in PEM, with the certificates of these common names, and says where it is.
    pub(crate) fn revoke(&self, common_names: &[&str]) -> PathBuf {
        let revoked = |name: &&str| RevokedCertParams {
            serial_number: serial(name),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2999, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: common_names.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = params.signed_by(&self.issuer).expect("a revocation list");
        let path = self.file("revoked.pem");
        fs::write(&path, list.pem().expect("PEM")).expect("a temporary file can be written");
        path
    }

    /// What counterparts serve with that demand a client certificate of the same authority.
    pub(crate) fn demanding_server(&self) -> Arc<ServerConfig> {
        let read = |file: PathBuf| fs::read(file).expect("it was written");
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(&read(self.ca_file())).expect("a certificate"))
            .expect("an authority");
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows them")
            .with_client_cert_verifier(verifier.expect("an authority"))
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(&read(self.cert_file())).expect("a certificate")],
                PrivateKeyDer::from_pem_slice(&read(self.key_file())).expect("a key"),
            );
        Arc::new(server.expect("certificate and key belong together"))
    }

    /// What its counterparts serve with.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }

    /// The authority's certificate, in PEM.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// The certificate for 127.0.0.1, in PEM.
    pub(crate) fn cert_file(&self) -> PathBuf {
        self.file("cert.pem")
    }

    /// Its key, in PEM.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.file("key.pem")
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}

/// The number of a certificate, by its common name; it has 20 bytes at most (RFC 5280, 4.1.2.2).
fn serial(common_name: &str) -> SerialNumber {
    let bytes = common_name.as_bytes();
    SerialNumber::from_slice(&bytes[..bytes.len().min(20)])
}
