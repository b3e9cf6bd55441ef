//! What a token endpoint answered (RFC 6749, 5.1 and 5.2), read as tolerantly as real servers demand and as strictly as
//! a header that is sent to others must be.

mod fields;

use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822;
use seal::Plaintext;

use crate::failure::Failure;

use fields::{Fields, Parsed, Scalar};

/// The longest token, in bytes: more does not fit into the headers that servers accept.
const MAX_TOKEN: usize = 32 * 1024;
/// The longest error code that is passed on.
const MAX_CODE: usize = 64;
/// What stands for an error code where there is none that can be shown.
const NO_CODE: &str = "unspecified";
/// Codes by which servers say to come back.
const PASSING: [&str; 3] = ["server_error", "slow_down", "temporarily_unavailable"];

/// The parts of an answer that matter.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) retry_after: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// A token as the endpoint gave it.
pub(crate) struct Granted {
    pub(crate) value: Plaintext,
    pub(crate) token_type: String,
    /// How long it lives; none where the endpoint did not say so that it can be understood.
    pub(crate) life: Option<Duration>,
}

impl Answer<'_> {
    /// The token, or why there is none. Nothing of the body but a well-formed error code gets into a failure.
    pub(crate) fn read(&self, host: &str) -> Result<Granted, Failure> {
        let parsed = fields::parse(self.content_type, self.body);
        match (self.status, parsed) {
            (408 | 425 | 429 | 500.., _) => Err(self.come_back(host)),
            (300..400, _) => Err(Failure::unusable(
                host,
                "the token endpoint redirects; name the URL that it redirects to",
            )),
            (_, Parsed::Fields(fields)) if !matches!(fields.error, Scalar::Null) => {
                Err(self.refused(host, &fields))
            }
            (200..300, Parsed::Fields(fields)) => granted(host, fields),
            (200..300, Parsed::Broken) => {
                Err(Failure::unusable(host, "the token endpoint's answer is no JSON object with a token"))
            }
            (200..300, Parsed::Foreign) => {
                Err(Failure::passing(host, "the token endpoint's answer is no token answer", None))
            }
            (400 | 401 | 403, _) => Err(Failure::refused(host, self.status, NO_CODE)),
            (status, _) => {
                Err(Failure::unusable(host, &format!("the token endpoint answered {status}; check its URL")))
            }
        }
    }

    fn come_back(&self, host: &str) -> Failure {
        let retry_after = self.retry_after.and_then(|text| retry_after(text, SystemTime::now()));
        Failure::passing(host, &format!("the token endpoint answered {}", self.status), retry_after)
    }

    fn refused(&self, host: &str, fields: &Fields) -> Failure {
        let code = match &fields.error {
            Scalar::Text(text) if is_code(text) => text.as_str(),
            _ => NO_CODE,
        };
        if PASSING.contains(&code) {
            let retry_after = self.retry_after.and_then(|text| retry_after(text, SystemTime::now()));
            return Failure::passing(host, &format!("the token endpoint answered `{code}`"), retry_after);
        }
        Failure::refused(host, self.status, code)
    }
}

fn granted(host: &str, fields: Fields) -> Result<Granted, Failure> {
    let Fields { access_token, token_type, expires_in, error: _ } = fields;
    let Scalar::Text(value) = access_token else {
        return Err(Failure::unusable(host, "the token endpoint's answer holds no access token"));
    };
    if !is_token(&value) {
        return Err(Failure::unusable(host, "the access token holds what cannot stand in a header"));
    }
    let token_type = match token_type {
        Scalar::Null => {
            tracing::warn!(
                host,
                "the token endpoint names no token_type (RFC 6749, 5.1); it is taken for Bearer"
            );
            "Bearer".to_owned()
        }
        // A client must not use a token of a type that it does not understand (RFC 6749, 7.1).
        Scalar::Text(text) if text.eq_ignore_ascii_case("bearer") => text.to_string(),
        _ => return Err(Failure::unusable(host, "the token is of a type other than Bearer")),
    };
    Ok(Granted { value: Plaintext::new(value.as_bytes().to_vec()), token_type, life: life(&expires_in) })
}

/// The characters of RFC 6750, 2.1, and the few more that servers are known to use. It leaves out whatever a header's
/// grammar, a quoted string or a template gives a meaning to.
fn is_token(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=!|:%@*".contains(&b);
    (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(fits)
}

/// An error code that may be shown: what RFC 6749 and its extensions register, and URIs.
fn is_code(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_-.:/".contains(&b);
    (1..=MAX_CODE).contains(&text.len()) && text.bytes().all(fits)
}

/// `expires_in`: seconds, as a number or as text. Nothing, garbage and what is not above zero mean that the endpoint
/// did not say.
fn life(expires_in: &Scalar) -> Option<Duration> {
    let seconds = match expires_in {
        Scalar::Number(seconds) => *seconds,
        Scalar::Text(text) => text.trim().parse().ok()?,
        Scalar::Null | Scalar::Other => return None,
    };
    if !seconds.is_finite() || seconds <= 0.0 {
        return None;
    }
    // More than can be counted is as long as can be: whoever keeps the token has a limit of its own.
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). A time that has passed says nothing.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(text).ok().or_else(|| {
        // Some servers get the day of the week wrong.
        let relaxed = rfc2822::DateTimeParser::new().relaxed_weekday(true);
        relaxed.parse_timestamp(text).ok().map(SystemTime::from)
    });
    date?.duration_since(now).ok()
}

#[cfg(test)]
mod tests;
