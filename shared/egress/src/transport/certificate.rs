//! A client certificate and its private key, as they come out of a secret.

use data_encoding::BASE64;
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{PemObject, SectionKind},
};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a key that make a whole line of PEM (RFC 7468, 2).
const LINE: usize = 48;
/// A shorter piece of a key would be found in unrelated text by chance.
const SHORTEST: usize = 12;

/// A certificate chain and its private key in PEM, as they are shown to a counterpart that asks for them. It has no
/// `Debug`: the key is secret.
pub struct ClientCertificate {
    pem: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    /// The certificate of the key, in DER.
    own: CertificateDer<'static>,
}

/// What is in a file of PEM. The parts are copies that the TLS library keeps and does not wipe.
pub(super) struct Parts {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl ClientCertificate {
    /// Reads PEM (RFC 7468): at least one certificate, the counterpart's own view of us first, and exactly one private
    /// key, not encrypted, in PKCS #8, PKCS #1 or SEC 1. `None` for anything else, so that nothing of it is told.
    #[must_use]
    pub fn parse(pem: &[u8]) -> Option<Self> {
        let parts = Parts::read(pem)?;
        let key = Zeroizing::new(parts.key.secret_der().to_vec());
        let mut unused = parts.key;
        unused.zeroize();
        let own = parts.chain.into_iter().next()?;
        Some(Self { pem: Zeroizing::new(pem.to_vec()), key, own })
    }

    /// The PEM text.
    #[must_use]
    pub fn pem(&self) -> &[u8] {
        &self.pem
    }

    /// What must not come back: the private key, piece by piece, since an echo may break its lines elsewhere. The
    /// certificates are no secret, nor is what the key has in common with them: the public key is in both.
    pub(crate) fn pieces_of_key(&self) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
        let secret = |piece: &&[u8]| piece.len() >= SHORTEST && !self.is_public(piece);
        let pieces = self.key.chunks(LINE).filter(secret);
        let encoded = pieces.clone().map(|piece| BASE64.encode(piece).into_bytes());
        pieces.map(<[u8]>::to_vec).chain(encoded).map(Zeroizing::new).chain(self.written_lines())
    }

    /// The lines of the key as they are written, which need not be as long as they should be.
    fn written_lines(&self) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
        let mut within = false;
        let lines = self.pem.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
        lines.filter_map(move |line| {
            if line.starts_with(b"-----") {
                within = line.starts_with(b"-----BEGIN") && line.ends_with(b"PRIVATE KEY-----");
                return None;
            }
            let secret = within && line.len() >= SHORTEST && !self.is_public_text(line);
            secret.then(|| Zeroizing::new(line.to_vec()))
        })
    }

    fn is_public(&self, piece: &[u8]) -> bool {
        self.own.windows(piece.len()).any(|window| window == piece)
    }

    fn is_public_text(&self, line: &[u8]) -> bool {
        BASE64.decode(line).map(Zeroizing::new).is_ok_and(|piece| self.is_public(&piece))
    }

    pub(super) fn parts(&self) -> Option<Parts> {
        Parts::read(&self.pem)
    }
}

impl Parts {
    fn read(pem: &[u8]) -> Option<Self> {
        let (mut chain, mut keys) = (Vec::new(), Vec::new());
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
            let (kind, der) = section.ok()?;
            match kind {
                SectionKind::Certificate => chain.push(der.into()),
                SectionKind::PrivateKey => keys.push(PrivateKeyDer::Pkcs8(der.into())),
                SectionKind::RsaPrivateKey => keys.push(PrivateKeyDer::Pkcs1(der.into())),
                SectionKind::EcPrivateKey => keys.push(PrivateKeyDer::Sec1(der.into())),
                _ => return None,
            }
        }
        let only = keys.pop().filter(|_| keys.is_empty() && !chain.is_empty())?;
        Some(Self { chain, key: only })
    }
}

#[cfg(test)]
mod tests;
