//! Where a redirect leads, and what of the request goes there (RFC 9110, 15.4).
//!
//! A `Location` is the counterpart's text: it is read from the scrubbed answer, never compiled, and is a URL to the
//! guard like any other. Within the origin a request stays what it is. What crosses to another origin is a new
//! request, made of what no secret has touched; it stays so on every later hop, be it back to the first origin.

use http::{Method, StatusCode};
use mapping::Template;

use super::request::Draft;
use crate::{Body, Error, ErrorKind, Outbound, Streamed, destination::Destination, header};

/// No integration may allow more hops.
const MOST: u8 = 5;

/// What means nothing without the body it was said of (RFC 9110, 15.4 and 8; RFC 9530), beside all that begins with
/// `content-`.
const OF_THE_BODY: [&str; 3] = ["repr-digest", "digest", "last-modified"];

/// What a caller may have written as plain text, and still means the origin it was written for (RFC 9110, 15.4).
const OF_THE_ORIGIN: [&str; 4] = ["authorization", "cookie", "origin", "referer"];

/// The next request of a journey.
pub(super) struct Hop {
    url: String,
    method: Method,
    keeps_body: bool,
    pub(super) crosses: bool,
}

/// What the answer to a request leads to; `None` where it is the answer to hand out. `followed` counts the redirects
/// before.
pub(super) fn next(
    outbound: &Outbound,
    draft: &Draft,
    answer: &Streamed,
    followed: u8,
) -> Result<Option<Hop>, Error> {
    let allowed = outbound.redirects.min(MOST);
    let Some((method, keeps_body)) = method(answer.status, draft.method()).filter(|_| allowed > 0) else {
        return Ok(None);
    };
    let Some(location) = location(answer)? else { return Ok(None) };
    if keeps_body && matches!(outbound.body, Body::Stream(_)) {
        // What is gone cannot be sent again.
        return Ok(None);
    }
    if followed >= allowed {
        return Err(refused(&format!(
            "it redirects more than {allowed} times, which is all that may be followed"
        )));
    }
    let destination = target(outbound, draft.destination(), location)?;
    let crosses = !destination.same_origin(draft.destination());
    if crosses && keeps_body && matches!(&outbound.body, Body::Template(body) if body.has_holes()) {
        return Err(refused("it redirects a body with a secret in it to another origin"));
    }
    Ok(Some(Hop { url: destination.into_url().into(), method, keeps_body, crosses }))
}

/// The method of the next request, and whether the body goes along. 304, and what 300 offers, lead nowhere by
/// themselves.
fn method(status: u16, method: &Method) -> Option<(Method, bool)> {
    match StatusCode::from_u16(status).ok()? {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if *method == Method::POST => {
            Some((Method::GET, false))
        }
        StatusCode::SEE_OTHER if *method == Method::HEAD => Some((Method::HEAD, false)),
        StatusCode::SEE_OTHER => Some((Method::GET, false)),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => Some((method.clone(), true)),
        _ => None,
    }
}

/// The one `Location` of the answer (RFC 9110, 10.2.2).
fn location(answer: &Streamed) -> Result<Option<&str>, Error> {
    let mut all = answer.headers.iter().filter(|(name, _)| name == "location");
    let Some((_, location)) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(refused("its redirect has several `Location` headers"));
    }
    let plain =
        !location.is_empty() && location.iter().all(u8::is_ascii_graphic) && !location.contains(&b'\\');
    let text = std::str::from_utf8(location).ok().filter(|_| plain);
    text.map(Some).ok_or_else(|| refused("its redirect has a `Location` that is no URL in plain ASCII"))
}

/// The location as a destination. An absolute one is read as it stands, so that joining repairs nothing; a relative
/// one is joined to the URL that was asked.
fn target(outbound: &Outbound, asked: &Destination, location: &str) -> Result<Destination, Error> {
    let ambiguous = || refused("its redirect has a `Location` that is no unambiguous URL");
    let scheme_ends = location.find([':', '/', '?', '#']).filter(|end| location[*end..].starts_with(':'));
    if scheme_ends.is_some() {
        return Destination::parse(location).map_err(|_| ambiguous());
    }
    if location.starts_with("//") {
        return Err(ambiguous());
    }
    if !location.starts_with('/') && outbound.url.has_holes() {
        return Err(refused("its redirect is relative to a URL with a secret in it"));
    }
    let joined = asked.url().join(location).map_err(|_| ambiguous())?;
    Destination::parse(joined.as_str()).map_err(|_| ambiguous())
}

impl Hop {
    /// The request of the hop.
    pub(super) fn request(self, outbound: Outbound) -> Outbound {
        let Self { url, method, keeps_body, crosses } = self;
        let mut next = Outbound { url: Template::text(url), method: method.as_str().to_owned(), ..outbound };
        if !keeps_body {
            next.body = Body::None;
            next.headers.retain(|(name, _)| !is_of_the_body(name));
        }
        if crosses {
            let credentials = std::mem::take(&mut next.credentials);
            next.query_credentials.clear();
            next.client_certificate = None;
            // A header that a credential replaced never left, and is the caller's own credential.
            let replaced = |name: &str| credentials.iter().any(|(known, _)| header::is_alike(known, name));
            next.headers.retain(|(name, value)| {
                !(value.has_holes() || replaced(name) || is_one_of(&OF_THE_ORIGIN, name))
            });
        }
        next
    }
}

fn is_of_the_body(name: &str) -> bool {
    let begins = name.get(..8).is_some_and(|begin| begin.eq_ignore_ascii_case("content-"));
    begins || is_one_of(&OF_THE_BODY, name)
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn refused(what: &str) -> Error {
    let message = format!(
        "{what}; call where it leads, or let the redirect be the answer (`limits.redirects` of the integration)"
    );
    Error::new(ErrorKind::RedirectRefused, message)
}
