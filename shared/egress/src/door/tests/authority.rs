//! A certificate authority for one test, and the servers it vouches for.

use std::{path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

use super::HOST;

/// An authority whose certificate lies in a file of its own.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

/// Certificates, the server's own first, and its key.
pub(super) struct Chain {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: KeyPair,
}

impl Authority {
    pub(super) fn new() -> Self {
        Self::with(CertificateParams::new(vec![]).unwrap())
    }

    /// One with these parameters, for instance constraints.
    pub(super) fn with(mut params: CertificateParams) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate of these parameters.
    pub(super) fn chain(&self, params: &CertificateParams) -> Chain {
        let key = KeyPair::generate().unwrap();
        Chain { certificates: vec![self.signed(params, &key)], key }
    }

    /// The same, for this key.
    pub(super) fn signed(&self, params: &CertificateParams, key: &KeyPair) -> CertificateDer<'static> {
        params.signed_by(key, &self.issuer).unwrap().der().clone()
    }
}

/// What a certificate for the counterpart says.
pub(super) fn params() -> CertificateParams {
    CertificateParams::new(vec![HOST.to_owned()]).unwrap()
}

impl Chain {
    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    pub(super) fn server(self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
        let key = self.private_key();
        let config = ServerConfig::builder_with_protocol_versions(versions).with_no_client_auth();
        Arc::new(config.with_single_cert(self.certificates, key).unwrap())
    }

    /// A server that speaks HTTP/2 alone.
    pub(super) fn server_http2(self) -> Arc<ServerConfig> {
        let mut config = (*self.server(rustls::ALL_VERSIONS)).clone();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config)
    }
}
