//! The names in a client certificate that TLS has verified.

use tokio_rustls::rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// Whom a connection's client certificate names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    uris: Vec<String>,
    dns_names: Vec<String>,
    common_name: Option<String>,
}

impl Peer {
    /// Reads the names. None: the certificate cannot be read, or names nobody.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = EndEntityCert::try_from(certificate).ok()?;
        let peer = Self {
            uris: certificate.valid_uri_names().map(str::to_owned).collect(),
            dns_names: certificate.valid_dns_names().map(str::to_owned).collect(),
            common_name: common_name(certificate.subject()),
        };
        (peer != Self::default()).then_some(peer)
    }

    pub(crate) fn uris(&self) -> impl Iterator<Item = &str> {
        self.uris.iter().map(String::as_str)
    }

    pub(crate) fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.dns_names.iter().map(String::as_str)
    }

    pub(crate) fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }
}

/// DER tags (X.690, 8).
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `id-at-commonName`, 2.5.4.3 (RFC 5280, appendix A).
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// The one common name of a subject (RFC 5280, 4.1.2.4). A subject with two is ambiguous, and has none.
fn common_name(mut subject: &[u8]) -> Option<String> {
    let mut found = None;
    while !subject.is_empty() {
        let mut names = take(&mut subject, SET)?;
        while !names.is_empty() {
            let mut pair = take(&mut names, SEQUENCE)?;
            if take(&mut pair, OBJECT_IDENTIFIER)? != COMMON_NAME {
                continue;
            }
            let tag = *pair.first()?;
            let text = take(&mut pair, tag)?;
            let text =
                matches!(tag, UTF8_STRING | PRINTABLE_STRING).then(|| std::str::from_utf8(text).ok())??;
            if found.replace(text).is_some() {
                return None;
            }
        }
    }
    found.map(str::to_owned)
}

/// Takes the content of the next element, which must have this tag. Lengths beyond two bytes are none of a name.
fn take<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (length, content) = match **rest {
        [found, length @ 0..=0x7f, ref content @ ..] if found == tag => (usize::from(length), content),
        [found, 0x81, length, ref content @ ..] if found == tag => (usize::from(length), content),
        [found, 0x82, high, low, ref content @ ..] if found == tag => {
            (usize::from(u16::from_be_bytes([high, low])), content)
        }
        _ => return None,
    };
    let (content, after) = content.split_at_checked(length)?;
    *rest = after;
    Some(content)
}
