//! The URL of a request, parsed once, and refused wherever two parsers could read it differently.

mod authority;
mod path;
mod special_names;

use std::fmt;

use url::{Host, Url};

use self::authority::Authority;

/// The longest URL that is looked at, in bytes.
const MAX_URL: usize = 8192;

/// The two schemes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// Why a text is no destination. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlProblem {
    #[error("its scheme is neither https nor http")]
    Scheme,
    #[error("{0}")]
    Malformed(&'static str),
}

/// Where a request goes: the URL that was parsed is the one that is matched and the one that is sent.
pub(crate) struct Destination {
    url: Url,
    scheme: Scheme,
    port: u16,
    /// What else than `url.path()` some server could take the path for.
    other_readings: Vec<String>,
}

impl Destination {
    /// Parses a URL under the strict policy: `http` or `https` with exactly two slashes, no user, no control characters,
    /// spaces or backslashes, a host in its one canonical spelling, and a path without encoded control characters.
    /// A fragment is cut off, as it is never sent.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlProblem> {
        if text.len() > MAX_URL {
            return Err(UrlProblem::Malformed("it is longer than 8192 bytes"));
        }
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f || byte == b'\\') {
            return Err(UrlProblem::Malformed("it holds a space, a control character or a backslash"));
        }
        let (scheme, rest) = split_scheme(text)?;
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let written = Authority::parse(authority).map_err(UrlProblem::Malformed)?;

        let mut url = Url::parse(text).map_err(|_| UrlProblem::Malformed("it is no URL"))?;
        let port = written.port.unwrap_or(scheme.default_port());
        // Two parsers, one written here and one not, have to agree before anything is believed.
        let agreed = url.scheme() == scheme.to_string()
            && url.port_or_known_default() == Some(port)
            && url.host().is_some_and(|host| written.is(&host));
        if !agreed {
            return Err(UrlProblem::Malformed("its host is not in its canonical spelling"));
        }
        url.set_fragment(None);
        let other_readings = path::other_readings(url.path()).map_err(UrlProblem::Malformed)?;
        Ok(Self { url, scheme, port, other_readings })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn into_url(self) -> Url {
        self.url
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn host(&self) -> Host<&str> {
        // A parsed destination has a host: `parse` compared it. The empty name stands for what cannot be.
        self.url.host().unwrap_or(Host::Domain(""))
    }

    /// The host as it is written in a URL.
    pub(crate) fn host_text(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Every reading of the path that some server could have, the parsed one first.
    pub(crate) fn path_readings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.url.path()).chain(self.other_readings.iter().map(String::as_str))
    }

    /// Whether the host is a name that is special by nature, and on no public network.
    pub(crate) fn has_special_name(&self) -> bool {
        matches!(self.host(), Host::Domain(name) if special_names::contains(name))
    }

    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host() == other.host()
    }

    /// The URL of the origin: scheme, host and port, with the path `/`.
    pub(crate) fn origin(&self) -> Url {
        let mut origin = self.url.clone();
        origin.set_path("/");
        origin.set_query(None);
        origin
    }
}

/// The scheme, and what follows its two slashes.
fn split_scheme(text: &str) -> Result<(Scheme, &str), UrlProblem> {
    let (scheme, rest) = text.split_once(':').ok_or(UrlProblem::Malformed("it is not absolute"))?;
    let scheme = match scheme {
        _ if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
        _ if scheme.eq_ignore_ascii_case("http") => Scheme::Http,
        _ => return Err(UrlProblem::Scheme),
    };
    match rest.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => Ok((scheme, rest)),
        _ => Err(UrlProblem::Malformed("its scheme is not followed by exactly two slashes")),
    }
}

#[cfg(test)]
pub(crate) mod tests;
