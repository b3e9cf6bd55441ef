//! Where a secret may be sent.

use std::fmt;

use url::{Host, Url};

/// The longest URL, in bytes.
const MAX_URL: usize = 8192;
const SCHEME: &str = "https://";

/// The origin that a secret may be sent to (RFC 6454, 6.2): `https://host`, and the port where it is not 443.
///
/// Two URLs have the same scope exactly when a client opens the same kind of connection to the same place for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    origin: String,
    /// The length of the host, which stands behind the scheme.
    host: usize,
}

/// Why a URL has no scope. The text does not repeat the URL, which may hold a credential.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub(crate) struct ScopeError(String);

impl Scope {
    /// The scope of an https URL.
    ///
    /// A URL that two parsers may read as two places is refused, and so is one that names more than one place: the
    /// authority must be spelt as a URL parser spells it (WHATWG URL, 4.5), letter case aside.
    pub(crate) fn of(url: &str) -> Result<Self, ScopeError> {
        let authority = authority(url)?;
        let parsed = Url::parse(url).map_err(|error| ScopeError(format!("is no URL: {error}")))?;
        let none = || ScopeError("names no host".into());
        check_host(&parsed.host().ok_or_else(none)?)?;
        let host = parsed.host_str().ok_or_else(none)?;
        // The port of the scheme is none to the parser.
        let origin = match parsed.port() {
            None => [SCHEME, host].concat(),
            Some(port) => format!("{SCHEME}{host}:{port}"),
        };
        let canonical = origin.strip_prefix(SCHEME).unwrap_or_default();
        if !authority.strip_suffix(":443").unwrap_or(authority).eq_ignore_ascii_case(canonical) {
            return Err(ScopeError(format!(
                "can be read in more than one way; write its origin as `{origin}`"
            )));
        }
        Ok(Self { host: host.len(), origin })
    }

    /// The host, for errors.
    pub(crate) fn host(&self) -> &str {
        self.origin.get(SCHEME.len()..).and_then(|rest| rest.get(..self.host)).unwrap_or_default()
    }

    /// The origin, as it is stored and sealed in.
    pub(crate) fn as_str(&self) -> &str {
        &self.origin
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

/// The text between `https://` and the path.
fn authority(url: &str) -> Result<&str, ScopeError> {
    let refuse = |text: &str| Err(ScopeError(text.into()));
    if url.is_empty() {
        return refuse("is missing; name the URL that the secret is for, such as `https://api.example.com`");
    }
    if url.len() > MAX_URL {
        return refuse("is longer than 8192 bytes");
    }
    // A URL parser drops tabs and line breaks and turns backslashes round: what it reads is not what stands there.
    if url.chars().any(|c| c <= ' ' || c == '\u{7f}' || c == '\\') {
        return refuse("holds a space, a control character or a backslash");
    }
    let Some((_, rest)) = url.split_at_checked(SCHEME.len()).filter(|(s, _)| s.eq_ignore_ascii_case(SCHEME))
    else {
        return refuse("must begin with `https://`: a secret travels over TLS alone");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return refuse("holds a user or a password; a secret's URL names a place and nothing else");
    }
    if authority.contains('*') {
        return refuse("names more than one host; a secret is for exactly one");
    }
    Ok(authority)
}

fn check_host(host: &Host<&str>) -> Result<(), ScopeError> {
    match host {
        Host::Ipv6(address) if address.to_ipv4_mapped().is_some() => {
            Err(ScopeError("names an IPv4 address inside an IPv6 one; write the IPv4 address".into()))
        }
        Host::Domain(name) if name.ends_with('.') => {
            Err(ScopeError("ends its host with a dot; leave it out".into()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
