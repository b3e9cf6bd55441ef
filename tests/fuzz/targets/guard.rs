//! The guard: what it accepts, an independent parser (RFC 3986 and 3987, not the one that the guard uses) reads alike;
//! an address is public by the numbers of the IANA registries or it is not; and whatever an endpoint covers, a decoder
//! written here cannot lead out of it.

#![no_main]

mod guard {
    pub(crate) mod address;
    pub(crate) mod paths;
}

use std::net::IpAddr;

use egress::{Destination, EgressPolicy, Endpoint, Scheme};
use fluent_uri::{Iri, Uri};
use http::Method;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (listed, url) = text.split_once('\n').unwrap_or(("https://api.example.com/v1/**", text));
    addresses(url);
    let Ok(destination) = Destination::parse(url) else { return };
    what_is_sent_is_read_alike(&destination);
    what_was_written_is_read_alike(url, &destination);
    if let Ok(endpoint) = Endpoint::parse(listed, &[]) {
        if endpoint.covers(&Method::GET, &destination) {
            origin_is_listed(listed, &destination);
            guard::paths::stay_inside(listed, destination.path());
        }
        // What an endpoint shows itself as means the same.
        let again = Endpoint::parse(&endpoint.to_string(), &[]).expect("it is shown as it is written");
        assert_eq!(again.covers(&Method::GET, &destination), endpoint.covers(&Method::GET, &destination));
    }
});

/// The URL that is sent: no user, no fragment, no dots left, and the parts that the guard decided by.
fn what_is_sent_is_read_alike(destination: &Destination) {
    let sent = destination.url().as_str();
    let spelled = spelled_out(sent);
    let theirs = Uri::parse(&*spelled).unwrap_or_else(|error| panic!("{sent:?} is none: {error}"));
    let scheme = destination.scheme();
    assert_eq!(theirs.scheme().as_str(), scheme.to_string());
    let authority = theirs.authority().expect("it has an authority");
    assert!(!authority.has_userinfo(), "{sent:?} has a user");
    assert_eq!(authority.host(), destination.host_text());
    let port = authority.port_to_u16().expect("its port is a number");
    assert_eq!(port.unwrap_or(scheme.default_port()), destination.port());
    assert_eq!(
        format!("{}://{}{}", theirs.scheme(), authority.as_str(), theirs.path()),
        before_query(&spelled)
    );
    assert_eq!(theirs.path().as_str().matches('/').count(), destination.path().matches('/').count());
    assert!(theirs.fragment().is_none(), "{sent:?} has a fragment");
    let segments = theirs.path().as_str().split('/');
    assert!(segments.clone().all(|segment| !matches!(segment, "." | "..")), "{sent:?} has dots left");
    // Read again, it is the same destination.
    let again = Destination::parse(sent).unwrap_or_else(|problem| panic!("{sent:?} is refused: {problem}"));
    assert!(again.url() == destination.url() && again.same_origin(destination), "{sent:?}");
    assert!(again.path_readings().eq(destination.path_readings()), "{sent:?}");
}

/// Path and query in the letters of RFC 3986: browsers, and so the guard, let through some characters that it does not
/// know, and percent signs that encode nothing. No delimiter comes or goes by it, and the authority is left as it is.
fn spelled_out(sent: &str) -> String {
    let authority = sent.find("://").map_or(0, |scheme| scheme + 3);
    let path = sent[authority..].find(['/', '?', '#']).map_or(sent.len(), |path| authority + path);
    let mut spelled = sent[..path].to_owned();
    for (index, character) in sent[path..].char_indices() {
        let next = sent.as_bytes().get(path + index + 1..path + index + 3);
        match character {
            '%' if !next.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) => {
                spelled.push_str("%25")
            }
            '|' | '^' | '[' | ']' | '`' | '{' | '}' | '"' | '<' | '>' => {
                spelled.push_str(&format!("%{:02X}", u32::from(character)));
            }
            other => spelled.push(other),
        }
    }
    spelled
}

fn before_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

/// The URL as somebody wrote it, where the other parser can read it at all.
fn what_was_written_is_read_alike(url: &str, destination: &Destination) {
    let spelled = spelled_out(url);
    let Ok(theirs) = Iri::parse(&*spelled) else { return };
    assert!(theirs.scheme().as_str().eq_ignore_ascii_case(&destination.scheme().to_string()), "{url:?}");
    let authority = theirs.authority().expect("it has an authority");
    assert!(!authority.has_userinfo(), "{url:?} has a user");
    let port = authority.port_to_u16().expect("its port is a number");
    assert_eq!(port.unwrap_or(destination.scheme().default_port()), destination.port(), "{url:?}");
    let host = authority.host();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => {
            let ours = destination.host_text();
            assert_eq!(ours.trim_matches(['[', ']']).parse(), Ok(address), "{url:?}");
        }
        Err(_) if host.is_ascii() => assert!(host.eq_ignore_ascii_case(destination.host_text()), "{url:?}"),
        // An international name is accepted in its one canonical spelling.
        Err(_) => assert!(destination.host_text().contains("xn--"), "{url:?}"),
    }
    assert_eq!(theirs.query().is_some(), destination.url().query().is_some(), "{url:?}");
}

/// The endpoint's scheme, host and port by the independent parser; a `*.` before the host stands for labels.
fn origin_is_listed(listed: &str, destination: &Destination) {
    let (plain, below) = match listed.split_once("://*.") {
        Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
        None => (listed.to_owned(), false),
    };
    let Ok(theirs) = Iri::parse(plain.as_str()) else { return };
    let authority = theirs.authority().expect("it has an authority");
    let scheme =
        if theirs.scheme().as_str().eq_ignore_ascii_case("https") { Scheme::Https } else { Scheme::Http };
    assert_eq!(scheme, destination.scheme());
    let port = authority.port_to_u16().expect("its port is a number").unwrap_or(scheme.default_port());
    assert_eq!(port, destination.port());
    let (host, ours) = (authority.host().to_ascii_lowercase(), destination.host_text());
    if below && host.is_ascii() {
        assert!(ours.len() > host.len() + 1 && ours.ends_with(&format!(".{host}")), "{listed:?} and {ours}");
    } else if host.is_ascii() && !host.starts_with('[') {
        assert_eq!(host, ours, "{listed:?}");
    }
}

/// Whatever looks like an address is judged alike by the table of the registries.
fn addresses(text: &str) {
    let policy = EgressPolicy::default();
    let judge = |address: IpAddr| {
        assert_eq!(policy.permits_address(address), guard::address::is_public(address), "{address}");
    };
    let bytes = text.as_bytes();
    if let Some(quad) = bytes.first_chunk::<4>() {
        judge(IpAddr::from(*quad));
    }
    if let Some(sixteen) = bytes.first_chunk::<16>() {
        judge(IpAddr::from(*sixteen));
        // Most of the space is outside of 2000::/3: bring it in.
        let mut within = *sixteen;
        within[0] = 0x20 | (within[0] & 0x1f);
        judge(IpAddr::from(within));
    }
    for word in text.split(['/', '[', ']', '@', '?', '#']) {
        if let Ok(address) = word.parse() {
            judge(address);
        }
    }
}
