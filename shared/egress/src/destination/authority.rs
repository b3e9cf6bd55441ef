//! Host and port, in the one spelling that every parser reads alike.

use std::net::Ipv6Addr;

use url::Host;

/// The longest name in the DNS, in bytes (RFC 1035, 2.3.4).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// The part of a URL between the slashes and the path.
pub(super) struct Authority {
    pub(super) host: Host<String>,
    pub(super) port: Option<u16>,
}

impl Authority {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains('@') {
            return Err("it holds a user or password");
        }
        if text.contains('%') {
            return Err("its host is percent-encoded");
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (literal, rest) = rest.split_once(']').ok_or("its IPv6 address has no closing bracket")?;
            let port = match rest {
                "" => None,
                rest => Some(port(rest.strip_prefix(':').ok_or("something follows its IPv6 address")?)?),
            };
            return Ok(Self { host: ipv6(literal)?, port });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, digits)) => (host, Some(port(digits)?)),
            None => (text, None),
        };
        Ok(Self { host: name_or_ipv4(host)?, port })
    }
}

/// A port: 1 to 65535, without leading zeros or signs.
fn port(digits: &str) -> Result<u16, &'static str> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain).ok_or("its port is not a number from 1 to 65535")
}

fn ipv6(literal: &str) -> Result<Host<String>, &'static str> {
    let address: Ipv6Addr = literal.parse().map_err(|_| "its IPv6 address is not one")?;
    match address.to_ipv4_mapped() {
        Some(_) => Err("it hides an IPv4 address in an IPv6 one"),
        None => Ok(Host::Ipv6(address)),
    }
}

fn name_or_ipv4(host: &str) -> Result<Host<String>, &'static str> {
    if let Ok(address) = host.parse() {
        return Ok(Host::Ipv4(address));
    }
    let ascii = if host.is_ascii() { host.to_ascii_lowercase() } else { from_unicode(host)? };
    if ascii.len() > MAX_NAME || !ascii.split('.').all(is_label) {
        return Err("its host is not a name of letters, digits and hyphens");
    }
    Ok(Host::Domain(ascii))
}

/// The ASCII form of a name in Unicode, if the name is the one canonical spelling of that form (UTS #46). Everything
/// that merely maps to another name (fullwidth letters, the Kelvin sign, soft hyphens) is refused.
fn from_unicode(host: &str) -> Result<String, &'static str> {
    const PROBLEM: &str = "its host is not the canonical spelling of an international name";
    let ascii = idna::domain_to_ascii(host).map_err(|_| PROBLEM)?;
    let (unicode, valid) = idna::domain_to_unicode(&ascii);
    if valid.is_ok() && unicode == host { Ok(ascii) } else { Err(PROBLEM) }
}

/// Letters, digits, hyphens within, and the underscores that exist in practice.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
