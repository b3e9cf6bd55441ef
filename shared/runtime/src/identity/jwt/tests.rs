use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::json;

use super::*;

/// A key of an issuer.
pub(in crate::identity) enum Signer {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(in crate::identity) fn p256() -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap())
    }

    fn ed25519() -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap())
    }

    /// The public key as an issuer publishes it.
    pub(in crate::identity) fn jwk(&self, id: &str) -> Value {
        match self {
            Self::P256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": encode(x), "y": encode(y) })
            }
            Self::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": encode(key.public_key().as_ref()) })
            }
        }
    }

    /// A token of these texts, whatever they are.
    pub(in crate::identity) fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = match self {
            Self::P256(key) => key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", encode(signature))
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// 2001-09-09.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

const HEADER: &str = r#"{"alg":"ES256","kid":"k","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"iss":"https://issuer","aud":"outgate","sub":"ada","exp":1000000300}"#;

/// What comes of a token at [`now`], with a minute's leeway.
fn check(token: &str, keys: &KeySet) -> Result<String, Problem> {
    let token = Token::parse(token.as_bytes())?;
    token.check_signature(keys)?;
    token.check_claims(&["outgate".to_owned()], Duration::from_secs(60), now()).map(|(subject, _)| subject)
}

#[test]
fn a_good_token_is_its_subjects() {
    let (p256, ed25519) = (Signer::p256(), Signer::ed25519());
    let keys = set(&[p256.jwk("k"), ed25519.jwk("e")]);
    assert_eq!(check(&p256.sign(HEADER, CLAIMS), &keys), Ok("ada".to_owned()));
    for header in [r#"{"alg":"EdDSA","kid":"e"}"#, r#"{"alg":"Ed25519","kid":"e","typ":"at+JWT"}"#] {
        assert_eq!(check(&ed25519.sign(header, CLAIMS), &keys), Ok("ada".to_owned()), "{header}");
    }
    // With one key there is no doubt which is meant.
    let claims = CLAIMS.replace(r#""outgate""#, r#"["other","outgate"]"#);
    assert_eq!(
        check(&p256.sign(r#"{"alg":"ES256"}"#, &claims), &set(&[p256.jwk("k")])),
        Ok("ada".to_owned())
    );
}

#[test]
fn the_signatures_of_rfc_7515_are_good_and_a_changed_bit_is_not() {
    let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    // Appendices A.2 and A.3.
    let rsa = json!({ "kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" });
    let p256 = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    for (header, signature, key) in [
        (
            "eyJhbGciOiJSUzI1NiJ9",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
            rsa,
        ),
        (
            "eyJhbGciOiJFUzI1NiJ9",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            p256,
        ),
    ] {
        let (text, keys) = (format!("{header}.{claims}.{signature}"), set(&[key]));
        let token = Token::parse(text.as_bytes()).unwrap();
        assert_eq!(token.issuer(), Some("joe"));
        assert_eq!(token.check_signature(&keys), Ok(()));
        let mut changed = Token::parse(text.as_bytes()).unwrap();
        for bit in 0..changed.signature.len() * 8 {
            changed.signature[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(changed.check_signature(&keys), Err(Problem::Signature), "bit {bit}");
            changed.signature[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn a_header_that_is_not_as_it_must_be_is_refused() {
    let signer = Signer::p256();
    let keys = set(&[signer.jwk("k"), Signer::ed25519().jwk("e")]);
    for (header, problem) in [
        (r#"{"alg":"none","kid":"k"}"#, Problem::Algorithm),
        (r#"{"alg":"None","kid":"k"}"#, Problem::Algorithm),
        (r#"{"alg":"HS256","kid":"k"}"#, Problem::Algorithm),
        (r#"{"alg":"ES512","kid":"k"}"#, Problem::Algorithm),
        (r#"{"alg":["ES256"],"kid":"k"}"#, Problem::Algorithm),
        (r#"{"kid":"k"}"#, Problem::Algorithm),
        // Of another kind than the key that is named.
        (r#"{"alg":"RS256","kid":"k"}"#, Problem::Key),
        (r#"{"alg":"ES384","kid":"k"}"#, Problem::Key),
        (r#"{"alg":"ES256","kid":"e"}"#, Problem::Key),
        (r#"{"alg":"ES256","kid":"unknown"}"#, Problem::Key),
        (r#"{"alg":"ES256","kid":""}"#, Problem::Key),
        // Two keys, and none is named.
        (r#"{"alg":"ES256"}"#, Problem::Key),
        (r#"{"alg":"ES256","kid":1}"#, Problem::Malformed),
        (r#"{"alg":"ES256","kid":"k","crit":["b64"],"b64":true}"#, Problem::Critical),
        (r#"{"alg":"ES256","kid":"k","crit":[]}"#, Problem::Critical),
        (r#"{"alg":"ES256","kid":"k","typ":"logout+jwt"}"#, Problem::Type),
        (r#"{"alg":"ES256","kid":"k","typ":null}"#, Problem::Malformed),
        (r#"{"alg":"none","alg":"ES256","kid":"k"}"#, Problem::Malformed),
        (r#"{"alg":"ES256","kid":"k""#, Problem::Malformed),
        (r#"["ES256"]"#, Problem::Malformed),
        ("", Problem::Malformed),
    ] {
        assert_eq!(check(&signer.sign(header, CLAIMS), &keys), Err(problem), "{header}");
    }
}

#[test]
fn claims_that_are_not_as_they_must_be_are_refused() {
    let signer = Signer::p256();
    let keys = set(&[signer.jwk("k")]);
    let long = format!(r#"{{"aud":"outgate","sub":"{}","exp":1000000300}}"#, "x".repeat(256));
    for (claims, problem) in [
        (r#"{"aud":"other","sub":"ada","exp":1000000300}"#, Problem::Audience),
        (r#"{"aud":["other"],"sub":"ada","exp":1000000300}"#, Problem::Audience),
        (r#"{"aud":{"outgate":1},"sub":"ada","exp":1000000300}"#, Problem::Audience),
        (r#"{"sub":"ada","exp":1000000300}"#, Problem::Audience),
        (r#"{"aud":"outgate","sub":"ada"}"#, Problem::Endless),
        (r#"{"aud":"outgate","sub":"ada","exp":"1000000300"}"#, Problem::Malformed),
        (r#"{"aud":"outgate","sub":"ada","exp":-1}"#, Problem::Malformed),
        (r#"{"aud":"outgate","sub":"ada","exp":1e999}"#, Problem::Malformed),
        // A minute of leeway, and no more.
        (r#"{"aud":"outgate","sub":"ada","exp":999999940}"#, Problem::Expired),
        (r#"{"aud":"outgate","sub":"ada","exp":1000000300,"nbf":1000000061}"#, Problem::Early),
        (r#"{"aud":"outgate","sub":"ada","exp":1000000300,"iat":1000000061}"#, Problem::Early),
        (r#"{"aud":"outgate","exp":1000000300}"#, Problem::Subject),
        (r#"{"aud":"outgate","sub":"","exp":1000000300}"#, Problem::Subject),
        (r#"{"aud":"outgate","sub":7,"exp":1000000300}"#, Problem::Subject),
        (r#"{"aud":"outgate","sub":"a\nb","exp":1000000300}"#, Problem::Subject),
        (r#"{"aud":"outgate","sub":"\u0430da","exp":1000000300}"#, Problem::Subject),
        (r#"{"aud":"outgate","sub":"a\u202eda","exp":1000000300}"#, Problem::Subject),
        (&long, Problem::Subject),
        (r#"{"aud":"outgate","sub":"ada","sub":"eve","exp":1000000300}"#, Problem::Malformed),
        (r#"{"aud":"outgate","sub":"ada","exp":1000000300,"a":{"b":1,"b":2}}"#, Problem::Malformed),
    ] {
        assert_eq!(check(&signer.sign(HEADER, claims), &keys), Err(problem), "{claims}");
    }
    for claims in [
        r#"{"aud":"outgate","sub":"ada","exp":999999941}"#,
        r#"{"aud":"outgate","sub":"ada","exp":999999940.5}"#,
        r#"{"aud":"outgate","sub":"ada","exp":1000000300,"nbf":1000000060,"iat":1000000060}"#,
    ] {
        assert_eq!(check(&signer.sign(HEADER, claims), &keys), Ok("ada".to_owned()), "{claims}");
    }
}

#[test]
fn a_token_in_another_form_is_refused() {
    let signer = Signer::p256();
    let keys = set(&[signer.jwk("k")]);
    let token = signer.sign(HEADER, CLAIMS);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    for (token, problem) in [
        (String::new(), Problem::NoJwt),
        (signed.to_owned(), Problem::NoJwt),
        (format!("{token}."), Problem::NoJwt),
        (format!("{token}="), Problem::Malformed),
        (format!("{signed}.+/{signature}"), Problem::Malformed),
        (format!(" {token}"), Problem::Malformed),
        (format!("{signed}."), Problem::Signature),
        (format!("{signed}.{}", &signature[..signature.len() - 2]), Problem::Signature),
        (token.replace('.', ".e30."), Problem::NoJwt),
        (format!("{signed}.{}", "A".repeat(MAX_TOKEN)), Problem::TooLong),
    ] {
        assert_eq!(check(&token, &keys), Err(problem), "{token}");
    }
    // Signed by somebody else under the same name.
    assert_eq!(check(&Signer::p256().sign(HEADER, CLAIMS), &keys), Err(Problem::Signature));
}

#[test]
fn keys_that_are_for_something_else_are_left_out() {
    let signer = Signer::p256();
    let with = |name: &str, value: Value| {
        let mut key = signer.jwk("k");
        key[name] = value;
        key
    };
    let other = Signer::p256().jwk("o");
    for (key, fits) in [
        (with("use", json!("sig")), true),
        (with("use", json!("enc")), false),
        (with("key_ops", json!(["verify"])), true),
        (with("key_ops", json!(["sign"])), false),
        (with("alg", json!("ES256")), true),
        (with("alg", json!("RS256")), false),
        (with("alg", json!("ECDH-ES")), false),
        (with("kid", json!(1)), false),
        (with("crv", json!("P-384")), false),
        (with("crv", json!("secp256k1")), false),
        (with("x", json!("AAAA")), false),
        (with("kty", json!("oct")), false),
        (with("kty", json!("RSA")), false),
    ] {
        let problem = check(&signer.sign(HEADER, CLAIMS), &set(&[key.clone(), other.clone()])).err();
        assert_eq!(problem, (!fits).then_some(Problem::Key), "{key}");
    }
}

#[test]
fn a_set_that_is_none_or_has_too_many_keys_is_refused() {
    let key = Signer::p256().jwk("k");
    let many = |count| json!({ "keys": vec![key.clone(); count] }).to_string();
    assert_eq!(KeySet::parse(many(64).as_bytes()).unwrap().len(), 64);
    for text in [
        &many(65),
        "",
        "[]",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","k":"AA"}]}"#,
    ] {
        KeySet::parse(text.as_bytes()).unwrap_err();
    }
    let twice = format!(r#"{{"keys":[],"keys":[{key}]}}"#);
    KeySet::parse(twice.as_bytes()).unwrap_err();
}
