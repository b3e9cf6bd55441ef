//! JSON Web Tokens, read strictly (RFC 7515, 7519, 8725): who signed one decides nothing before everything about its form
//! is as it must be.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

pub use algorithm::Algorithm;
pub(super) use key::KeySet;

mod algorithm;
mod key;
mod object;

/// The longest token, in bytes. A longer one is refused unread.
pub(super) const MAX_TOKEN: usize = 8 * 1024;
/// The longest subject, in bytes (OpenID Connect Core 1.0, 2).
const MAX_SUBJECT: usize = 255;
/// What `typ` may say, in any case: ID tokens, and access tokens (RFC 9068).
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// Why a token is refused; it follows the words "the token". Nothing of the token is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("is longer than 8192 bytes; have its issuer put less into it")]
    TooLong,
    #[error("is no JSON Web Token")]
    NoJwt,
    #[error(
        "is malformed: a part of it is no base64url, or no JSON object whose members all have different names"
    )]
    Malformed,
    #[error(
        "is not signed with an algorithm that its issuer is configured for (identity.issuers, `algorithms`)"
    )]
    Algorithm,
    #[error("demands extensions (`crit`) that are not understood here")]
    Critical,
    #[error("is of a type (`typ`) that is no credential; send an ID token or an access token")]
    Type,
    #[error(
        "is of an issuer that is not configured here (identity.issuers), or names none; get one from an issuer that is"
    )]
    Issuer,
    #[error("is of an issuer whose tokens do not stand for this (identity.issuers, `stands_for`)")]
    Stands,
    #[error(
        "cannot be checked: the keys of its issuer could not be fetched yet, or not for an hour; try again later"
    )]
    NoKeys,
    #[error("is signed with a key that its issuer does not publish; get a new one")]
    Key,
    #[error("bears a signature that is not its issuer's; get a new one")]
    Signature,
    #[error(
        "was not issued for this suite (`aud`); ask its issuer for one with an audience of identity.issuers"
    )]
    Audience,
    #[error("does not say until when it is good (`exp`); have its issuer limit it")]
    Endless,
    #[error("has expired; get a new one")]
    Expired,
    #[error("is not good yet; check the clocks of this machine and of its issuer")]
    Early,
    #[error("names no subject (`sub`) of 1 to 255 printable ASCII characters")]
    Subject,
}

/// A token in its parts. Nothing is proved yet.
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    /// Which key its issuer signed it with.
    pub(super) key: Option<String>,
    claims: Map<String, Value>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes a token apart (RFC 7515, 5.2), its form alone being looked at.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Problem> {
        if bytes.len() > MAX_TOKEN {
            return Err(Problem::TooLong);
        }
        let mut dots = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(Problem::NoJwt);
        };
        let decode = |part: &[u8]| URL_SAFE_NO_PAD.decode(part).map_err(|_| Problem::Malformed);
        let object = |part| object::parse(&decode(part)?).ok_or(Problem::Malformed);
        let mut header = object(&bytes[..first])?;
        if header.contains_key("crit") {
            return Err(Problem::Critical);
        }
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            _ => Err(Problem::Malformed),
        };
        let kind = header.remove("typ").map(text).transpose()?;
        if !kind.is_none_or(|kind| TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known))) {
            return Err(Problem::Type);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse);
        Ok(Self {
            algorithm: algorithm.ok_or(Problem::Algorithm)?,
            key: header.remove("kid").map(text).transpose()?,
            claims: object(&bytes[first + 1..second])?,
            signed: &bytes[..second],
            signature: decode(&bytes[second + 1..])?,
        })
    }

    /// Whom the token says it is of.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    /// Insists on a signature by a key of the set that fits the header.
    pub(super) fn check_signature(&self, keys: &KeySet) -> Result<(), Problem> {
        let mut fitting = keys.fitting(self.algorithm, self.key.as_deref()).peekable();
        fitting.peek().ok_or(Problem::Key)?;
        let proved = fitting.any(|key| key.verify(self.algorithm, self.signed, &self.signature));
        if proved { Ok(()) } else { Err(Problem::Signature) }
    }

    /// Insists on what the claims must say at a moment (RFC 7519, 4.1), and hands them out with their subject.
    pub(super) fn check_claims(
        self,
        audiences: &[String],
        leeway: Duration,
        now: SystemTime,
    ) -> Result<(String, Value), Problem> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let leeway = leeway.as_secs_f64();
        let time = |name| match self.claims.get(name) {
            None => Ok(None),
            Some(value) => {
                value.as_f64().filter(|at| at.is_finite() && *at >= 0.0).map(Some).ok_or(Problem::Malformed)
            }
        };
        let ours =
            |value: &Value| value.as_str().is_some_and(|text| audiences.iter().any(|ours| ours == text));
        let meant = match self.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(ours),
            Some(one) => ours(one),
            None => false,
        };
        if !meant {
            return Err(Problem::Audience);
        }
        if now >= time("exp")?.ok_or(Problem::Endless)? + leeway {
            return Err(Problem::Expired);
        }
        for name in ["nbf", "iat"] {
            if time(name)?.is_some_and(|from| now + leeway < from) {
                return Err(Problem::Early);
            }
        }
        let subject = self.claims.get("sub").and_then(Value::as_str).filter(|subject| {
            (1..=MAX_SUBJECT).contains(&subject.len())
                && subject.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        });
        let subject = subject.ok_or(Problem::Subject)?.to_owned();
        Ok((subject, Value::Object(self.claims)))
    }
}

#[cfg(test)]
pub(super) mod tests;
