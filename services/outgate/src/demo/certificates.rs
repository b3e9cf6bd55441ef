//! A certificate authority for an afternoon.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use runtime::server::tls::Tls;
use rustls::ServerConfig;

use crate::failure::Failure;

/// The authority's certificate in a file, as egress.ca_files wants it, and a listener's TLS that it has signed.
pub(super) struct Certificates {
    /// The authority, in PEM.
    pub(super) ca_file: PathBuf,
    /// For the counterparts, at 127.0.0.1 and localhost.
    pub(super) tls: Arc<Tls>,
}

/// Makes an authority and a certificate. Keys stay in memory.
pub(super) fn make(folder: &Path) -> Result<Certificates, Failure> {
    let (ca, tls) =
        sign().map_err(|error| Failure::refused("INTERNAL", format!("the demo's certificates: {error}")))?;
    let ca_file = folder.join("ca.pem");
    fs::write(&ca_file, ca).map_err(|error| Failure::file(format!("{}: {error}", ca_file.display())))?;
    Ok(Certificates { ca_file, tls })
}

fn sign() -> Result<(String, Arc<Tls>), Box<dyn std::error::Error>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names)?.signed_by(&key, &authority)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((authority.pem(), Tls::fixed(config)))
}
