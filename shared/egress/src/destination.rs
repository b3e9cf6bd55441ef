//! The URL of a request, parsed once, and refused wherever two parsers could read it differently.

mod authority;
mod path;
mod special_names;

use std::{fmt, sync::OnceLock};

use url::{Host, Url};

use self::authority::Authority;

/// The longest URL that is looked at, in bytes.
const MAX_URL: usize = 8192;

/// The two schemes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS: nothing secret travels so.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The port where a URL names none.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no destination. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// Another scheme than the two there are.
    #[error("its scheme is neither https nor http")]
    Scheme,
    /// No URL, or one that two parsers could read differently; what is wrong with it.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Where a request goes: the URL that was parsed is the one that is matched and the one that is sent.
///
/// It has no `Debug`: a URL may hold secrets once its holes are filled.
pub struct Destination {
    /// Without its query, by which nothing is decided.
    base: Url,
    query: Option<String>,
    /// With its query, once somebody asks for it.
    whole: OnceLock<Url>,
    scheme: Scheme,
    host: Host<String>,
    port: u16,
    /// What else than `base.path()` some server could take the path for.
    other_readings: Vec<String>,
}

impl Destination {
    /// Parses a URL under the strict policy: `http` or `https` with exactly two slashes, no user, no control characters,
    /// spaces or backslashes, a host in its one canonical spelling, and a path without encoded control characters.
    /// A fragment is cut off, as it is never sent.
    ///
    /// # Errors
    ///
    /// [`UrlProblem`] for everything else. It comes before any look-up and holds nothing of the text.
    pub fn parse(text: &str) -> Result<Self, UrlProblem> {
        if text.len() > MAX_URL {
            return Err(UrlProblem::Malformed("it is longer than 8192 bytes"));
        }
        // Without an early end, so that many bytes are looked at in one step.
        if text.bytes().fold(false, |found, byte| found | (byte <= b' ') | (byte == 0x7f) | (byte == b'\\')) {
            return Err(UrlProblem::Malformed("it holds a space, a control character or a backslash"));
        }
        let text = text.split_once('#').map_or(text, |(sent, _)| sent);
        let (text, query) = text.split_once('?').map_or((text, None), |(base, query)| (base, Some(query)));
        let (scheme, rest) = split_scheme(text)?;
        let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
        let written = Authority::parse(authority).map_err(UrlProblem::Malformed)?;

        let base = Url::parse(text).map_err(|_| UrlProblem::Malformed("it is no URL"))?;
        let port = written.port.unwrap_or(scheme.default_port());
        // Two parsers, one written here and one not, have to agree before anything is believed.
        let agreed = base.scheme() == scheme.as_str()
            && base.port_or_known_default() == Some(port)
            && base.host().is_some_and(|host| written.host == host);
        if !agreed {
            return Err(UrlProblem::Malformed("its host is not in its canonical spelling"));
        }
        let other_readings = path::other_readings(base.path()).map_err(UrlProblem::Malformed)?;
        let (query, whole) = (query.map(str::to_owned), OnceLock::new());
        Ok(Self { base, query, whole, scheme, host: written.host, port, other_readings })
    }

    /// The URL as it is sent.
    #[must_use]
    pub fn url(&self) -> &Url {
        match &self.query {
            None => &self.base,
            Some(query) => self.whole.get_or_init(|| with_query(self.base.clone(), query)),
        }
    }

    /// The URL as it is sent.
    #[must_use]
    pub fn into_url(self) -> Url {
        match self.query {
            None => self.base,
            Some(query) => self.whole.into_inner().unwrap_or_else(|| with_query(self.base, &query)),
        }
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The port that is connected to, named in the URL or not.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host: an address, or a name in lower-case ASCII.
    #[must_use]
    pub fn host(&self) -> Host<&str> {
        match &self.host {
            Host::Domain(name) => Host::Domain(name),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        }
    }

    /// The host as it is written in a URL: an IPv6 address stands in brackets.
    #[must_use]
    pub fn host_text(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The path as it is sent.
    #[must_use]
    pub fn path(&self) -> &str {
        self.base.path()
    }

    /// Every reading of the path that some server could have, the parsed one first. An endpoint covers all of them or none.
    pub fn path_readings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.path()).chain(self.other_readings.iter().map(String::as_str))
    }

    /// Whether the host is a name that is special by nature, and on no public network.
    #[must_use]
    pub fn has_special_name(&self) -> bool {
        matches!(self.host(), Host::Domain(name) if special_names::contains(name))
    }

    /// Whether scheme, host and port are the same.
    #[must_use]
    pub fn same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host == other.host
    }

    /// The URL of the origin: scheme, host and port, with the path `/`.
    #[must_use]
    pub fn origin(&self) -> Url {
        let mut origin = self.base.clone();
        origin.set_path("/");
        origin
    }
}

/// The URL with a query, encoded where a parser would encode it.
fn with_query(mut url: Url, query: &str) -> Url {
    url.set_query(Some(query));
    url
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
