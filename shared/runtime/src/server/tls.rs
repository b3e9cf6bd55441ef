//! TLS of listeners, and its renewal while they serve.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use ring::digest::{Context, SHA256};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig,
        pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, pem, pem::PemObject},
        server::{VerifierBuilderError, WebPkiClientVerifier},
    },
};

/// Why a listener's certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not PEM.
    #[error("{}: holds no PEM {what}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was sought in it.
        what: &'static str,
        /// What is wrong.
        source: pem::Error,
    },
    /// Certificate and key do not go together.
    #[error("certificate and key do not go together")]
    Pair(#[from] rustls::Error),
    /// No client could be verified.
    #[error("{}: holds no certificate authority of clients", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Option<VerifierBuilderError>,
    },
}

/// Who must show a client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// Nobody is asked for one.
    Off,
    /// Who shows one, shows one of these authorities (a PEM file).
    Optional(PathBuf),
    /// Everybody.
    Required(PathBuf),
}

impl ClientAuth {
    fn authorities(&self) -> Option<&Path> {
        match self {
            Self::Off => None,
            Self::Optional(path) | Self::Required(path) => Some(path),
        }
    }
}

/// The files of a listener.
#[derive(Clone, Debug)]
pub struct Files {
    /// The certificate chain, in PEM.
    pub certificates: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
    /// Who must show a certificate.
    pub clients: ClientAuth,
    /// The revocation lists of the clients' authorities (RFC 5280), in PEM. None: nobody asks whether a certificate was
    /// taken back.
    pub revoked: Option<PathBuf>,
}

/// TLS as its files say, now and after they have changed.
#[derive(Debug)]
pub struct Tls {
    /// None: it stays as it is.
    files: Option<Files>,
    current: RwLock<Arc<ServerConfig>>,
    /// Of the files when they were last read, good or not.
    seen: Mutex<[u8; 32]>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one cannot be read, or certificate and key do not go together.
    pub fn open(files: Files) -> Result<Arc<Self>, TlsError> {
        let contents = Contents::read(&files)?;
        let (current, seen) = (contents.config(&files)?, contents.digest());
        Ok(Arc::new(Self { files: Some(files), current: RwLock::new(current), seen: Mutex::new(seen) }))
    }

    /// TLS that is not in files.
    pub fn fixed(config: ServerConfig) -> Arc<Self> {
        Arc::new(Self { files: None, current: RwLock::new(Arc::new(config)), seen: Mutex::default() })
    }

    /// Reads the files again, and has new connections use what they say; whether they had changed. Connections that are
    /// there go on as they are.
    ///
    /// # Errors
    /// As for [`open`](Self::open), once for each change; what was used before stays in use.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let Some(files) = &self.files else { return Ok(false) };
        let contents = Contents::read(files)?;
        let digest = contents.digest();
        // Nothing that could panic happens under the locks.
        if std::mem::replace(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner), digest) == digest
        {
            return Ok(false);
        }
        let config = contents.config(files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(true)
    }

    /// What the next connection is accepted with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// What was in the files, each read once.
struct Contents {
    certificates: Vec<u8>,
    key: Vec<u8>,
    clients: Vec<u8>,
    revoked: Vec<u8>,
}

impl Contents {
    fn read(files: &Files) -> Result<Self, TlsError> {
        let read =
            |path: &Path| fs::read(path).map_err(|source| TlsError::Io { path: path.to_owned(), source });
        Ok(Self {
            certificates: read(&files.certificates)?,
            key: read(&files.key)?,
            clients: files.clients.authorities().map(read).transpose()?.unwrap_or_default(),
            revoked: files.revoked.as_deref().map(read).transpose()?.unwrap_or_default(),
        })
    }

    fn digest(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        for part in [&self.certificates, &self.key, &self.clients, &self.revoked] {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }

    fn config(&self, files: &Files) -> Result<Arc<ServerConfig>, TlsError> {
        let pem = |path: &Path, what| {
            let path = path.to_owned();
            move |source| TlsError::Pem { path, what, source }
        };
        let chain = certificates(&self.certificates).map_err(pem(&files.certificates, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(pem(&files.key, "private key"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // TLS 1.2 and 1.3.
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = match &files.clients {
            ClientAuth::Off => builder.with_no_client_auth(),
            ClientAuth::Optional(path) | ClientAuth::Required(path) => {
                let wrong = |source| TlsError::Authority { path: path.clone(), source };
                let mut roots = RootCertStore::empty();
                for authority in certificates(&self.clients).map_err(pem(path, "certificate"))? {
                    roots.add(authority).map_err(|_| wrong(None))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = match files.clients {
                    ClientAuth::Required(_) => verifier,
                    _ => verifier.allow_unauthenticated(),
                };
                let verifier = match &files.revoked {
                    None => verifier,
                    // Every certificate up to the authority's own is looked up, and where no list in force speaks of it,
                    // it is not good.
                    Some(path) => verifier.with_crls(self.revoked(path)?).enforce_revocation_expiration(),
                };
                builder.with_client_cert_verifier(verifier.build().map_err(|error| wrong(Some(error)))?)
            }
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl Contents {
    /// The revocation lists; a file without any would let nobody in.
    fn revoked(&self, path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
        let lists =
            CertificateRevocationListDer::pem_slice_iter(&self.revoked).collect::<Result<Vec<_>, _>>();
        let lists =
            lists.and_then(|lists| if lists.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(lists) });
        lists.map_err(|source| TlsError::Pem { path: path.to_owned(), what: "revocation list", source })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

#[cfg(test)]
mod tests;
