//! From a request with holes to one that may be sent: vetted while masked, then filled and vetted again.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT_ENCODING, RANGE, USER_AGENT},
};
use mapping::{Content, Template};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Body, EgressPolicy, Error, ErrorKind, Outbound,
    destination::{Destination, Scheme, UrlProblem},
    fill::{Contents, UrlFault, fill_url},
    header,
    transport::{ClientCertificate, Payload},
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
    pub(super) body: Payload,
    pub(super) client_certificate: Option<ClientCertificate>,
}

/// Every template of a request.
pub(super) fn templates(outbound: &Outbound) -> impl Iterator<Item = &Template> {
    let body = match &outbound.body {
        Body::Template(template) => Some(template),
        Body::None | Body::Bytes(_) | Body::Stream(_) => None,
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
        let mut asked = Contents::asked_for(templates(outbound));
        let certificate = outbound.client_certificate.as_ref().filter(|content| !asked.contains(content));
        asked.extend(certificate.cloned());
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
        let destination = Destination::parse(&url).map_err(|problem| {
            unfit(in_url(outbound), &format!("with it the URL is none, since {problem}"))
        })?;
        let stays = destination.same_origin(&self.destination)
            && outbound.endpoints.iter().any(|listed| listed.covers(&self.method, &destination));
        if !stays {
            return Err(unfit(in_url(outbound), "it would change where the URL leads"));
        }
        Ok(Filled {
            url: destination.into_url(),
            headers: headers(outbound, contents, Pass::Filled)?,
            client_certificate: client_certificate(outbound, contents)?,
            body: body(&outbound.body, contents)?,
        })
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
    let is_replaced =
        |name: &HeaderName| injected.keys().any(|own| header::is_alike(own.as_str(), name.as_str()));
    let replaced: Vec<HeaderName> = map.keys().filter(|name| is_replaced(name)).cloned().collect();
    for name in replaced {
        map.remove(name);
    }
    map.extend(injected);
    // What can be decoded can be searched. A part of an encoded body cannot be decoded (RFC 9110, 14.2).
    let encodings = if map.contains_key(RANGE) { "identity" } else { "gzip, br, zstd" };
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static(encodings));
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
    let refused = |why: &str| if filled { unfit([template], why) } else { header_refused(name, why) };
    let bytes = contents.fill(template).map_err(|_| refused("does not fit a header"))?;
    let mut value = header::value(&bytes).map_err(refused)?;
    value.set_sensitive(template.has_holes());
    Ok(value)
}

fn body(body: &Body, contents: &Contents) -> Result<Payload, Error> {
    match body {
        Body::None => Ok(Payload::Whole(Bytes::new())),
        Body::Bytes(bytes) => Ok(Payload::Whole(bytes.clone())),
        Body::Stream(upload) => upload.take().map(Payload::Stream).ok_or_else(|| {
            let message = "the body was a stream and has been sent; it cannot be sent again";
            Error::new(ErrorKind::UploadFailed, message)
        }),
        Body::Template(template) => {
            let filled = contents.fill(template).map_err(|misfit| {
                let message = format!("the value of {} does not fit its place in the body", misfit.hole);
                Error::new(ErrorKind::SecretUnfit { hole: misfit.hole }, message)
            })?;
            Ok(Payload::Whole(Bytes::from_owner(Wiped(filled))))
        }
    }
}

fn client_certificate(outbound: &Outbound, contents: &Contents) -> Result<Option<ClientCertificate>, Error> {
    let Some(content) = &outbound.client_certificate else { return Ok(None) };
    let pem = contents.get(content).and_then(ClientCertificate::parse);
    pem.map(Some).ok_or_else(|| certificate_unfit(outbound))
}

/// The client certificate cannot be used, for a reason that does not show it.
pub(super) fn certificate_unfit(outbound: &Outbound) -> Error {
    let hole = outbound.client_certificate.as_ref().map(crate::fill::mask).unwrap_or_default();
    let message = format!(
        "the value of {hole} cannot be used as a client certificate: it is PEM of the certificate, those that issued it, \
         and its private key, which is not encrypted"
    );
    Error::new(ErrorKind::SecretUnfit { hole }, message)
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

/// The templates that the URL is made of.
fn in_url(outbound: &Outbound) -> impl Iterator<Item = &Template> {
    std::iter::once(&outbound.url).chain(outbound.query_credentials.iter().map(|(_, value)| value))
}

/// The value of a hole of the templates is refused, for a reason that does not show it.
fn unfit<'a>(templates: impl IntoIterator<Item = &'a Template>, why: &str) -> Error {
    let hole = templates.into_iter().flat_map(Template::holes).last();
    let hole = hole.map_or_else(String::new, crate::fill::shown);
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
