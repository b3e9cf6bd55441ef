//! From a request with holes to one that may be sent: vetted while masked, then filled and vetted again.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT_ENCODING, USER_AGENT},
};
use mapping::{Content, Template};
use seal::Plaintext;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Body, EgressPolicy, Error, ErrorKind, Outbound,
    destination::{Destination, Scheme, UrlProblem},
    fill::{Contents, UrlFault, fill_url},
    header,
    scrub::Scrubber,
};

/// A request that may be sent to where it wants to go, its secrets still closed.
pub(super) struct Draft {
    method: Method,
    destination: Destination,
    inside: bool,
    asked: Vec<Content>,
}

/// A request as it is sent.
pub(super) struct Filled {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Every template of a request.
pub(super) fn templates(outbound: &Outbound) -> impl Iterator<Item = &Template> {
    let body = match &outbound.body {
        Body::Template(template) => Some(template),
        Body::None | Body::Bytes(_) => None,
    };
    let named = [&outbound.headers, &outbound.credentials, &outbound.query_credentials];
    std::iter::once(&outbound.url)
        .chain(named.into_iter().flatten().map(|(_, template)| template))
        .chain(body)
}

impl Draft {
    /// Checks all that can be checked without a look-up and without a secret: method, URL, endpoint, scheme, port, and
    /// every header, with the holes' names in the place of their content.
    pub(super) fn vet(outbound: &Outbound, policy: &EgressPolicy) -> Result<Self, Error> {
        let method = method(&outbound.method)?;
        let asked = Contents::asked_for(templates(outbound));
        let masked = Contents::masked(&asked);
        let url = fill_url(&masked, &outbound.url, &outbound.query_credentials).map_err(url_fault)?;
        let destination = Destination::parse(&url).map_err(url_problem)?;
        let host = destination.host_text();

        check_endpoint(outbound, &method, &destination).map_err(|error| error.at(host))?;
        check_scheme(&destination, policy, asked.is_empty()).map_err(|error| error.at(host))?;
        let port = destination.port();
        if !policy.permits_port(port) {
            let message = format!("port {port} may not leave; an operator can open it in `egress.ports`");
            return Err(Error::new(ErrorKind::PortRefused { port }, message).at(host));
        }
        headers(outbound, &masked, Pass::Masked).map_err(|error| error.at(host))?;
        let inside = destination.has_special_name() && !is_listed(outbound, &method, &destination);
        Ok(Self { method, destination, inside, asked })
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// Where it goes. The URL's holes are filled with their names.
    pub(super) fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Whether it may go to networks that the operator opened and to no other: its host has a name that is special by
    /// nature, and no endpoint lists that.
    pub(super) fn stays_inside(&self) -> bool {
        self.inside
    }

    /// The secrets and tokens it needs.
    pub(super) fn asked_for(&self) -> &[Content] {
        &self.asked
    }

    /// Fills the holes, and checks that nothing but the values has changed by it.
    pub(super) fn fill(&self, outbound: &Outbound, contents: &Contents) -> Result<Filled, Error> {
        let url = fill_url(contents, &outbound.url, &outbound.query_credentials).map_err(url_fault)?;
        let destination = Destination::parse(&url)
            .ok()
            .filter(|filled| filled.same_origin(&self.destination))
            .filter(|filled| outbound.endpoints.iter().any(|listed| listed.covers(&self.method, filled)))
            .ok_or_else(|| unfit(&outbound.url, "would change where the URL leads"))?;
        Ok(Filled {
            url: destination.into_url(),
            headers: headers(outbound, contents, Pass::Filled)?,
            body: body(&outbound.body, contents)?,
        })
    }

    /// What takes the request's secrets out of the answer.
    pub(super) fn scrubber(&self, outbound: &Outbound, contents: &Contents) -> Result<Scrubber, Error> {
        let composites = contents.composites(templates(outbound));
        let leaves = contents.plaintexts().map(Plaintext::expose);
        Scrubber::new(leaves.chain(composites.iter().map(|composite| composite.as_slice()))).map_err(
            |source| {
                let hole = self.asked.first().map(crate::fill::mask).unwrap_or_default();
                let message = "the secrets are too large for the answer to be searched for them".to_owned();
                Error::new(ErrorKind::SecretUnfit { hole }, message).with_source(source)
            },
        )
    }
}

fn method(text: &str) -> Result<Method, Error> {
    let refused = |why: &str| {
        let shown: String = text.chars().take(32).flat_map(char::escape_default).collect();
        Error::new(ErrorKind::MethodInvalid, format!("the method `{shown}` {why}"))
    };
    // Methods are case-sensitive (RFC 9110, 9.1), and nobody who writes `patch` means another one than `PATCH`.
    match Method::from_bytes(text.to_ascii_uppercase().as_bytes()) {
        // One opens a tunnel, the other gives every header back.
        Ok(Method::CONNECT | Method::TRACE) => Err(refused("is not sent")),
        Ok(method) => Ok(method),
        Err(_) => Err(refused("is no HTTP method")),
    }
}

fn check_endpoint(outbound: &Outbound, method: &Method, destination: &Destination) -> Result<(), Error> {
    if outbound.endpoints.iter().any(|listed| listed.covers(method, destination)) {
        return Ok(());
    }
    let message =
        format!("no listed endpoint covers this URL with the method {method}; list it, or correct the URL");
    Err(Error::new(ErrorKind::EndpointNotListed, message))
}

/// Whether an endpoint covers the destination by its name, and not by covering everything.
fn is_listed(outbound: &Outbound, method: &Method, destination: &Destination) -> bool {
    outbound.endpoints.iter().any(|listed| !listed.is_anywhere() && listed.covers(method, destination))
}

fn check_scheme(destination: &Destination, policy: &EgressPolicy, no_secrets: bool) -> Result<(), Error> {
    let why = match destination.scheme() {
        Scheme::Https => return Ok(()),
        Scheme::Http if !policy.allow_http => "plain http may not leave; use https",
        Scheme::Http if !no_secrets => "a secret never travels over plain http; use https",
        Scheme::Http => return Ok(()),
    };
    Err(Error::new(ErrorKind::SchemeRefused, why))
}

/// Whether holes are filled with their names, or with what they hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Masked,
    Filled,
}

/// The headers to send: the caller's, over which the trace's go, over which the credentials go.
fn headers(outbound: &Outbound, contents: &Contents, pass: Pass) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::new();
    for (name, template) in &outbound.headers {
        let value = header_value(name, template, contents, pass)?;
        map.append(header::name(name).map_err(|why| header_refused(name, why))?, value);
    }
    for (name, value) in &outbound.trace_headers {
        let value = header::value(value.as_bytes()).map_err(|why| header_refused(name, why))?;
        map.insert(header::name(name).map_err(|why| header_refused(name, why))?, value);
    }
    let mut injected = HeaderMap::new();
    for (name, template) in &outbound.credentials {
        let mut value = header_value(name, template, contents, pass)?;
        value.set_sensitive(true);
        injected.append(header::name(name).map_err(|why| header_refused(name, why))?, value);
    }
    // Extending a map replaces, name by name, whatever it had; several injected values of one name stay together.
    map.extend(injected);
    // What comes back compressed cannot be scrubbed.
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    map.entry(USER_AGENT).or_insert(HeaderValue::from_static(concat!("outgate/", env!("CARGO_PKG_VERSION"))));

    let head: usize = map.iter().map(|(name, value)| header::weight(name, value)).sum();
    if head > header::MAX_HEAD {
        return Err(header_refused("", "the headers together are larger than 65536 bytes"));
    }
    Ok(map)
}

fn header_value(
    name: &str,
    template: &Template,
    contents: &Contents,
    pass: Pass,
) -> Result<HeaderValue, Error> {
    let filled = pass == Pass::Filled && template.has_holes();
    let refused = |why: &str| if filled { unfit(template, why) } else { header_refused(name, why) };
    let bytes = contents.fill(template).map_err(|_| refused("does not fit a header"))?;
    let mut value = header::value(&bytes).map_err(refused)?;
    value.set_sensitive(template.has_holes());
    Ok(value)
}

fn body(body: &Body, contents: &Contents) -> Result<Bytes, Error> {
    match body {
        Body::None => Ok(Bytes::new()),
        Body::Bytes(bytes) => Ok(bytes.clone()),
        Body::Template(template) => {
            let filled = contents.fill(template).map_err(|misfit| {
                let message = format!("the value of {} does not fit its place in the body", misfit.hole);
                Error::new(ErrorKind::SecretUnfit { hole: misfit.hole }, message)
            })?;
            Ok(Bytes::from_owner(Wiped(filled)))
        }
    }
}

/// A body that is wiped when its last user lets go of it.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn header_refused(name: &str, why: &str) -> Error {
    let header = header::shown(name);
    let message = format!("the header `{header}` cannot be sent: {why}");
    Error::new(ErrorKind::HeaderRefused { header }, message)
}

/// The value of a template's hole is refused, for a reason that does not show it.
fn unfit(template: &Template, why: &str) -> Error {
    let hole = template.holes().last().map_or_else(String::new, crate::fill::shown);
    let message = format!("the value of {hole} cannot be used here: {why}");
    Error::new(ErrorKind::SecretUnfit { hole }, message)
}

fn url_fault(fault: UrlFault) -> Error {
    match fault {
        UrlFault::Misplaced { hole } => Error::new(
            ErrorKind::UrlInvalid,
            format!(
                "{hole} stands in scheme, host, port or fragment of the URL; it may stand in path or query"
            ),
        ),
        UrlFault::Unfit(misfit) => {
            let message = format!("the value of {} does not fit the URL", misfit.hole);
            Error::new(ErrorKind::SecretUnfit { hole: misfit.hole }, message)
        }
    }
}

fn url_problem(problem: UrlProblem) -> Error {
    let kind = match problem {
        UrlProblem::Scheme => ErrorKind::SchemeRefused,
        UrlProblem::Malformed(_) => ErrorKind::UrlInvalid,
    };
    Error::new(kind, format!("the URL cannot be used: {problem}"))
}
