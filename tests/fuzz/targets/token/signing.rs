//! The keys of the issuer, which are those of two RFCs, and what they sign.

use std::sync::LazyLock;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};

/// RFC 7515, A.3.
pub(crate) const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
pub(crate) const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
/// RFC 8037, A.1.
pub(crate) const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ED_SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
/// RFC 8032, 7.1, the second test.
const STRANGER: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";

struct Keys {
    p256: EcdsaKeyPair,
    ed: Ed25519KeyPair,
    stranger: Ed25519KeyPair,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let point = [&[4][..], &decoded(X), &decoded(Y)].concat();
    let p256 = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &decoded(D),
        &point,
        &SystemRandom::new(),
    );
    let stranger = HEXLOWER.decode(STRANGER.as_bytes()).expect("hexadecimal");
    Keys {
        p256: p256.expect("a key"),
        ed: Ed25519KeyPair::from_seed_unchecked(&decoded(ED_SEED)).expect("a key"),
        stranger: Ed25519KeyPair::from_seed_unchecked(&stranger).expect("a key"),
    }
});

/// What the issuer publishes.
pub(crate) fn jwks() -> String {
    format!(
        r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"p256","x":"{X}","y":"{Y}"}},{{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"{ED}"}}]}}"#
    )
}

/// A token of these texts, whatever they are; none: the input is of no kind that is signed.
pub(crate) fn sign(kind: u8, header: &[u8], claims: &[u8]) -> Option<Vec<u8>> {
    let signed = format!("{}.{}", BASE64URL_NOPAD.encode(header), BASE64URL_NOPAD.encode(claims));
    let bytes = signed.as_bytes();
    let signature = match kind {
        b'p' => KEYS.p256.sign(&SystemRandom::new(), bytes).expect("it signs").as_ref().to_vec(),
        b'e' => KEYS.ed.sign(bytes).as_ref().to_vec(),
        b'x' => KEYS.stranger.sign(bytes).as_ref().to_vec(),
        _ => return None,
    };
    Some(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature)).into_bytes())
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")
}
