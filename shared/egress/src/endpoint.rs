//! What an integration lists as its endpoints.

mod path;

use std::fmt;

use http::Method;
use url::Host;

use crate::destination::{Destination, Scheme};

use self::path::PathPattern;

/// Where a request may go: an origin with a path pattern, and optionally methods.
///
/// Matching is done on the parsed URL, segment by segment. `*` stands for one segment, `**` at the end for any rest
/// (`/v1/**` covers `/v1/` and everything below, but not `/v1`). A host of the form `*.example.com` covers every name
/// below `example.com`, not that name itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    scope: Scope,
    methods: Vec<Method>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope {
    Anywhere,
    Origin { scheme: Scheme, host: HostPattern, port: u16, path: PathPattern },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Exactly(Host<String>),
    /// Every name that ends in this; it begins with a dot.
    Below(String),
}

/// An endpoint that cannot be used, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint `{endpoint}` cannot be used: {problem}")]
pub struct EndpointError {
    endpoint: String,
    problem: String,
}

impl Endpoint {
    /// Reads an endpoint: `https://host[:port]/path/with/*/and/**`. No methods means all.
    ///
    /// # Errors
    ///
    /// When the origin or the pattern could be read in two ways, or a method is none.
    pub fn parse(text: &str, methods: &[String]) -> Result<Self, EndpointError> {
        Self::read(text, methods).map_err(|problem| EndpointError { endpoint: text.to_owned(), problem })
    }

    /// Any place that the operator's policy lets out: for requests of an author who names no integration.
    ///
    /// A name that is special by its very nature (`localhost`, `*.internal`, a name without a dot) is covered only where
    /// the operator opened the network it leads to; on the public one it has no business.
    #[must_use]
    pub fn anywhere() -> Self {
        Self { scope: Scope::Anywhere, methods: Vec::new() }
    }

    fn read(text: &str, methods: &[String]) -> Result<Self, String> {
        let (url, below) = match text.split_once("://*.") {
            Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
            None => (text.to_owned(), false),
        };
        let destination = Destination::parse(&url).map_err(|problem| problem.to_string())?;
        if url.contains(['?', '#']) {
            return Err("it has a query or a fragment; list origin and path alone".to_owned());
        }
        // What was written, and not what a parser makes of it: it adds a slash that nobody wrote, and resolves dots.
        let written = url.splitn(4, '/').nth(3).ok_or_else(|| {
            "it has no path; add `/**` for every path of the origin, or `/` for its root alone".to_owned()
        })?;
        if written.split('/').any(is_dots) {
            return Err("its path has a segment `.` or `..`; write the path that it leads to".to_owned());
        }
        let host = match (destination.host(), below) {
            (host, false) => HostPattern::Exactly(host.to_owned()),
            (Host::Domain(name), true) => HostPattern::Below(format!(".{name}")),
            (_, true) => return Err("`*.` stands before an address; it goes before a name".to_owned()),
        };
        let path = PathPattern::parse(destination.url().path())?;
        let scope = Scope::Origin { scheme: destination.scheme(), host, port: destination.port(), path };
        Ok(Self {
            scope,
            methods: methods.iter().map(|method| read_method(method)).collect::<Result<_, _>>()?,
        })
    }

    /// Whether this lists no origin, but leaves all to the operator's policy.
    pub(crate) fn is_anywhere(&self) -> bool {
        matches!(self.scope, Scope::Anywhere)
    }

    /// Whether a call of this URL is covered, whatever its method where none is given; `None` for text that is no
    /// destination. For the check of what is not sent yet: what is sent is matched by the door.
    #[must_use]
    pub fn would_cover(&self, method: Option<&str>, url: &str) -> Option<bool> {
        let destination = Destination::parse(url).ok()?;
        let methods = match method {
            Some(method) => vec![read_method(method).ok()?],
            None if self.methods.is_empty() => vec![Method::GET],
            None => self.methods.clone(),
        };
        Some(methods.iter().any(|method| self.covers(method, &destination)))
    }

    /// Whether anything of this origin is covered; not where the text is no destination.
    #[must_use]
    pub fn reaches(&self, origin: &str) -> bool {
        let Ok(origin) = Destination::parse(origin) else { return false };
        match &self.scope {
            Scope::Anywhere => true,
            Scope::Origin { scheme, host, port, path: _ } => {
                *scheme == origin.scheme() && *port == origin.port() && host.covers(&origin.host())
            }
        }
    }

    /// Whether the destination is covered, by every reading of its path.
    #[must_use]
    pub fn covers(&self, method: &Method, destination: &Destination) -> bool {
        let method = self.methods.is_empty() || self.methods.contains(method);
        method
            && match &self.scope {
                Scope::Anywhere => true,
                Scope::Origin { scheme, host, port, path } => {
                    // What tells most listed endpoints apart comes first.
                    path.begins(destination.path())
                        && *scheme == destination.scheme()
                        && *port == destination.port()
                        && host.covers(&destination.host())
                        && destination.path_readings().all(|reading| path.covers(reading))
                }
            }
    }
}

/// Whether a parser takes the segment for `.` or `..` (WHATWG URL, 4.4).
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "." | "..")
}

fn read_method(text: &str) -> Result<Method, String> {
    text.to_ascii_uppercase().parse().map_err(|_| format!("`{}` is no HTTP method", text.escape_default()))
}

impl HostPattern {
    fn covers(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Exactly(listed), host) => listed == host,
            (Self::Below(suffix), Host::Domain(name)) => {
                name.len() > suffix.len() && name.ends_with(suffix.as_str())
            }
            (Self::Below(_), _) => false,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Scope::Anywhere => f.write_str("anywhere"),
            Scope::Origin { scheme, host, port, path } => {
                write!(f, "{scheme}://")?;
                match host {
                    HostPattern::Exactly(host) => write!(f, "{host}")?,
                    HostPattern::Below(suffix) => write!(f, "*{suffix}")?,
                }
                if *port != scheme.default_port() {
                    write!(f, ":{port}")?;
                }
                write!(f, "{path}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
