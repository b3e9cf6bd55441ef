//! The public keys that an issuer publishes (RFC 7517).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value};

use super::{
    algorithm::{Algorithm, Kind},
    object,
};

/// The most keys of one issuer. A set with more is refused.
const MAX_KEYS: usize = 64;

/// The keys of an issuer.
#[derive(Debug, Default)]
pub(in crate::identity) struct KeySet(Vec<Key>);

/// A key that signatures may be verified with.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    /// The one algorithm that it is for, where it says so.
    algorithm: Option<Algorithm>,
    kind: Kind,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point, or an Ed25519 key.
    Curve(Vec<u8>),
}

/// Why an answer is no set of keys.
#[derive(Debug, thiserror::Error)]
pub(in crate::identity) enum KeySetError {
    #[error("is no JSON object with `keys` whose members all have different names")]
    Form,
    #[error("has more than {MAX_KEYS} keys")]
    Many,
    #[error("has no key that a token may be signed with")]
    None,
}

impl KeySet {
    /// Reads a set. Keys that are for something else, or of kinds that are not known, are left out (RFC 7517, 5).
    pub(in crate::identity) fn parse(bytes: &[u8]) -> Result<Self, KeySetError> {
        let set = object::parse(bytes).ok_or(KeySetError::Form)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::Form)?;
        if keys.len() > MAX_KEYS {
            return Err(KeySetError::Many);
        }
        let keys: Vec<_> = keys.iter().filter_map(|key| Key::read(key.as_object()?)).collect();
        if keys.is_empty() { Err(KeySetError::None) } else { Ok(Self(keys)) }
    }

    pub(in crate::identity) fn len(&self) -> usize {
        self.0.len()
    }

    /// Keys that a token with this header may be signed with. One that names no key is the only key's.
    pub(super) fn fitting(&self, algorithm: Algorithm, id: Option<&str>) -> impl Iterator<Item = &Key> {
        let only = self.0.len() == 1;
        self.0.iter().filter(move |key| {
            key.kind == algorithm.kind()
                && key.algorithm.is_none_or(|own| own == algorithm)
                && match id {
                    Some(id) => key.id.as_deref() == Some(id),
                    None => only,
                }
        })
    }
}

impl Key {
    fn read(key: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| match key.get(name) {
            None => Some(None),
            Some(value) => value.as_str().map(Some),
        };
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(key.get(name)?.as_str()?).ok();
        let signs = text("use")?.is_none_or(|purpose| purpose == "sig")
            && key.get("key_ops").is_none_or(|all| {
                all.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some("verify")))
            });
        let (kind, material) = match (text("kty")??, text("crv")?) {
            ("RSA", _) => {
                let unsigned = |name| Some(bytes(name)?.into_iter().skip_while(|byte| *byte == 0).collect());
                (Kind::Rsa, Material::Rsa { n: unsigned("n")?, e: unsigned("e")? })
            }
            ("EC", Some("P-256")) => (Kind::P256, point(bytes("x")?, bytes("y")?, 32)?),
            ("EC", Some("P-384")) => (Kind::P384, point(bytes("x")?, bytes("y")?, 48)?),
            ("OKP", Some("Ed25519")) => {
                (Kind::Ed25519, Material::Curve(bytes("x").filter(|key| key.len() == 32)?))
            }
            _ => return None,
        };
        let algorithm = match text("alg")? {
            None => None,
            // For an algorithm that is not known, it is of no use here.
            Some(name) => Some(Algorithm::parse(name).filter(|algorithm| algorithm.kind() == kind)?),
        };
        signs.then_some(Self { id: text("kid")?.map(str::to_owned), algorithm, kind, material })
    }

    pub(super) fn verify(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { n, e } => algorithm
                .rsa()
                .is_some_and(|rsa| RsaPublicKeyComponents { n, e }.verify(rsa, signed, signature).is_ok()),
            Material::Curve(point) => algorithm
                .curve()
                .is_some_and(|curve| UnparsedPublicKey::new(curve, point).verify(signed, signature).is_ok()),
        }
    }
}

/// An uncompressed point (SEC 1, 2.3.3). Both coordinates have the full length (RFC 7518, 6.2.1).
fn point(x: Vec<u8>, y: Vec<u8>, length: usize) -> Option<Material> {
    (x.len() == length && y.len() == length).then(|| Material::Curve([vec![4], x, y].concat()))
}
