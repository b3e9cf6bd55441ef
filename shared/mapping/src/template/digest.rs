//! Hashes and HMACs: computed here, whether their parts are data or are filled by the guarded client.

use ring::{digest, hmac};

use super::{Encoder, Template};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SHA-1 (FIPS 180-4): broken for signatures, and still what some counterparties ask for.
    Sha1,
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-384 (FIPS 180-4).
    Sha384,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

/// The hash of a template, or its HMAC under the key that another template gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest {
    /// The hash function.
    pub algorithm: Algorithm,
    /// The key of an HMAC (RFC 2104); `None` for a hash.
    pub key: Option<Template>,
    /// What is hashed, or signed.
    pub message: Template,
}

impl Algorithm {
    /// How many bytes the longest of them gives.
    pub const LONGEST: usize = 64;

    /// The name it has in adapters: `sha256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Appends the HMAC of `message` under `key`; without a key, its hash. What is appended is at most
    /// [`Algorithm::LONGEST`] bytes.
    pub fn compute(self, key: Option<&[u8]>, message: &[u8], out: &mut Vec<u8>) {
        match key {
            Some(key) => {
                let key = hmac::Key::new(self.hmac(), key);
                out.extend_from_slice(hmac::sign(&key, message).as_ref());
            }
            None => out.extend_from_slice(digest::digest(self.hash(), message).as_ref()),
        }
    }

    fn hash(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

impl Digest {
    /// The templates it is made of: the key, if there is one, then the message.
    pub fn templates(&self) -> impl DoubleEndedIterator<Item = &Template> {
        self.key.iter().chain([&self.message])
    }

    /// As its author wrote it, its holes masked.
    pub(super) fn mask_into(&self, form: Encoder, out: &mut String) {
        let form = match form {
            Encoder::Base64 => "base64",
            Encoder::Base64Url => "base64Url",
            _ => "hex",
        };
        out.push_str(if self.key.is_some() { "{{hmac:" } else { "{{hash:" });
        out.push_str(self.algorithm.name());
        out.push(' ');
        out.push_str(form);
        for template in self.templates() {
            out.push(',');
            template.mask_into(out);
        }
        out.push_str("}}");
    }
}
