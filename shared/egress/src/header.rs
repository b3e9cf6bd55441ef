//! Which headers may leave.

use http::{HeaderName, HeaderValue};

/// The most that the head of a request or an answer may have, in bytes: names, values, and four for each line.
pub(crate) const MAX_HEAD: usize = 64 * 1024;

const MAX_NAME: usize = 256;

/// Names that frame the message, belong to one connection (RFC 9110, 7.6.1), or speak for a proxy or for a cloud's
/// metadata service.
const REFUSED: [&str; 20] = [
    "alt-used",
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "metadata",
    "metadata-flavor",
    "proxy",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-aws-ec2-metadata-token",
    "x-aws-ec2-metadata-token-ttl-seconds",
    "x-google-metadata-request",
    "x-metadata-token",
];

/// A name that an adapter, a caller or an integration may set.
pub(crate) fn name(text: &str) -> Result<HeaderName, &'static str> {
    if text.len() > MAX_NAME {
        return Err("its name is longer than 256 bytes");
    }
    let name =
        HeaderName::from_bytes(text.as_bytes()).map_err(|_| "its name is not a token (RFC 9110, 5.1)")?;
    if REFUSED.iter().any(|refused| is_alike(refused, name.as_str()))
        || name.as_str().get(..6).is_some_and(|begin| is_alike(begin, "proxy-"))
    {
        return Err("it would change framing, routing or identity");
    }
    Ok(name)
}

/// Whether some servers take one name for the other: in any case, and with `_` for `-`, as those do that hand headers on
/// as variables (RFC 3875, 4.1.18).
pub(crate) fn is_alike(one: &str, other: &str) -> bool {
    let plain = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    one.bytes().map(plain).eq(other.bytes().map(plain))
}

/// A value, with the white space around it trimmed: visible ASCII, spaces and tabs, and nothing else (RFC 9110, 5.5).
/// What lies beyond ASCII is refused, since no two servers read it alike.
pub(crate) fn value(bytes: &[u8]) -> Result<HeaderValue, &'static str> {
    let trimmed = bytes.trim_ascii();
    if bytes.iter().any(|byte| !matches!(byte, b'\t' | b' '..=b'~')) {
        return Err("its value holds a control character, a line break, or a character beyond ASCII");
    }
    if trimmed.len() > MAX_HEAD {
        return Err("its value is longer than 65536 bytes");
    }
    HeaderValue::from_bytes(trimmed).map_err(|_| "its value is none (RFC 9110, 5.5)")
}

/// A name as it may be shown in an error: visible ASCII, cut.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_default).collect()
}

/// Bytes that a header takes in the head.
pub(crate) fn weight(name: &HeaderName, value: &HeaderValue) -> usize {
    name.as_str().len() + value.len() + 4
}

/// Whether a header of an answer belongs to the connection it came over, and means nothing beyond it.
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

#[cfg(test)]
mod tests;
