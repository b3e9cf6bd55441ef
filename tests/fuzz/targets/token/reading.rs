//! The second reading of a token: lenient about form, strict about everything that makes a token good.

use std::{
    collections::BTreeSet,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::signing::{ED, X, Y, decoded};

pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const AUDIENCE: &str = "outgate";
/// Seconds.
pub(crate) const LEEWAY: u64 = 60;

/// Whom a token is good for, or why it is not.
pub(crate) fn subject(token: &[u8]) -> Result<String, &'static str> {
    let parts: Vec<_> = token.split(|byte| *byte == b'.').collect();
    let [header, claims, signature] = parts[..] else { return Err("has not three parts") };
    let (header, claims) = (object(header)?, object(claims)?);
    let key = match (header["alg"].as_str(), header["kid"].as_str()) {
        (Some("ES256"), Some("p256")) => UnparsedPublicKey::new(
            &ECDSA_P256_SHA256_FIXED as &dyn ring::signature::VerificationAlgorithm,
            [&[4][..], &decoded(X), &decoded(Y)].concat(),
        ),
        (Some("EdDSA" | "Ed25519"), Some("ed")) => UnparsedPublicKey::new(&ED25519, decoded(ED)),
        _ => return Err("has no algorithm that is pinned, or not that of its key"),
    };
    let signed = &token[..token.len() - signature.len() - 1];
    let signature = BASE64URL_NOPAD.decode(signature).map_err(|_| "has no signature")?;
    key.verify(signed, &signature).map_err(|_| "is signed by somebody else")?;
    if !header["crit"].is_null() {
        return Err("demands an extension");
    }
    if claims["iss"] != ISSUER {
        return Err("is of another issuer");
    }
    let audience = &claims["aud"];
    if audience != AUDIENCE && !audience.as_array().is_some_and(|all| all.iter().any(|one| one == AUDIENCE)) {
        return Err("is for somebody else");
    }
    in_time(&claims)?;
    let subject = claims["sub"].as_str().ok_or("has no subject")?;
    let is_plain = subject.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if subject.is_empty() || subject.len() > 255 || !is_plain {
        Err("has an odd subject")
    } else {
        Ok(subject.to_owned())
    }
}

fn in_time(claims: &Value) -> Result<(), &'static str> {
    // A second more than the leeway: time goes on between the two readings.
    let leeway = (LEEWAY + 1) as f64;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_secs_f64();
    if claims["exp"].as_f64().is_none_or(|end| end + leeway < now) {
        return Err("has ended, or has no end");
    }
    let early = |name: &str| claims[name].as_f64().is_some_and(|begin| begin > now + leeway);
    if early("nbf") || early("iat") { Err("is not good yet") } else { Ok(()) }
}

/// The object in a part, whose members have different names.
fn object(part: &[u8]) -> Result<Value, &'static str> {
    let bytes = BASE64URL_NOPAD.decode(part).map_err(|_| "has a part that is no base64url")?;
    let Members(names) = serde_json::from_slice(&bytes).map_err(|_| "has a part that is no object")?;
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        return Err("says something twice");
    }
    serde_json::from_slice(&bytes).map_err(|_| "has a part that is no JSON")
}

/// The names of an object's members, as often as they are there.
struct Members(Vec<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = members.next_entry()? {
                    names.push(name);
                }
                Ok(Members(names))
            }
        }

        deserializer.deserialize_map(Names)
    }
}
