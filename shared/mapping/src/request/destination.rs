//! Where a request goes, as far as the adapter's own text decides it: whether the operator lets it out, whether its
//! integration lists it, and whether the secrets in it may be sent there.

use std::ops::{Range, RangeInclusive};

use super::body::{BodyPlan, TextPart};
use super::url::{self, UrlPart, UrlWriter};
use super::{RequestPlan, parse_method};
use crate::compile::Compiler;
use crate::environment::Policy;
use crate::expression::Piece;
use crate::plan::Plan;
use crate::relaxed::{Kind, Node, Text};
use crate::template::Template;

/// What is known of a URL.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Scheme, host and port, with the text that says them.
    origin: Option<(String, Text, Range<usize>)>,
    /// The whole of it.
    url: Option<String>,
    /// The origins that headers send the request to instead, with the texts that say them; none where no header does.
    elsewhere: Option<Vec<(String, Text)>>,
}

impl Reach {
    /// The URL is written up to `piece`.
    pub(super) fn follow(&mut self, writer: &UrlWriter, text: &Text, start: usize, piece: &Piece) {
        if self.origin.is_none() {
            self.ends(writer.origin(), text, start, piece);
        }
    }

    /// The origin, if it is complete, ends in `piece`.
    fn ends(&mut self, origin: Option<&str>, text: &Text, start: usize, piece: &Piece) {
        self.origin = origin.map(|origin| {
            let end = match piece {
                Piece::Text(range) => range.start + said(&text.as_str()[range.clone()]),
                other => other.range().end,
            };
            (origin.to_owned(), text.clone(), start..end)
        });
    }

    /// A header is compiled.
    pub(super) fn header(&mut self, name: &str, plan: &Plan, node: &Node) {
        if !ELSEWHERE.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return;
        }
        let elsewhere = self.elsewhere.get_or_insert_default();
        if let Kind::Text(text) = &node.kind {
            elsewhere.extend(written_out(plan).map(|origin| (origin, text.clone())));
        }
    }

    /// The URL is complete.
    pub(super) fn finish(&mut self, whole: &Template, text: &Text, pieces: &[Piece]) {
        if let [first, ..] = pieces
            && let Some(last) = pieces.last()
            && self.origin.is_none()
        {
            self.ends(url::origin(whole), text, first.range().start, last);
        }
        self.url = whole.as_text().map(str::to_owned);
    }
}

/// Scheme, host and port of a URL, if the author's text alone decides them.
fn written_out(plan: &Plan) -> Option<String> {
    let (first, more) = match plan {
        Plan::Concat(parts) => (parts.first()?, parts.len() > 1),
        plan => (plan, false),
    };
    let first = url::authored(first)?;
    let text = first.as_text()?;
    let host = text.find("://")? + 3;
    match text[host..].find(['/', '?', '#']) {
        Some(end) => Some(text[..host + end].to_owned()),
        None => (!more).then(|| text.to_owned()),
    }
}

/// Where in a piece of a URL its origin ends.
fn said(literal: &str) -> usize {
    let host = literal.find("://").map_or(0, |scheme| scheme + 3);
    literal[host..].find(['/', '?', '#']).map_or(literal.len(), |end| host + end)
}

/// An origin (RFC 6454), as it is compared: in small letters, with its port.
struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> Origin<'a> {
    /// `Err` says why no request goes there.
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let (scheme, authority) = text.split_once("://").unwrap_or_default();
        if authority.contains('@') {
            return Err("a URL may not hold a user or a password: send the header `Authorization`");
        }
        let bracket = authority.rfind(']').unwrap_or(0);
        let colon = authority[bracket..].find(':').map(|colon| bracket + colon);
        let (host, port) = match colon {
            Some(colon) => (&authority[..colon], port(&authority[colon + 1..])?),
            None => (authority, if scheme == "http" { 80 } else { 443 }),
        };
        Ok(Self { scheme, host, port })
    }

    /// As the scope of a secret is written.
    fn shown(&self) -> String {
        let Self { scheme, host, port } = self;
        match (*scheme, port) {
            ("https", 443) | ("http", 80) => format!("{scheme}://{host}"),
            _ => format!("{scheme}://{host}:{port}"),
        }
    }
}

fn port(digits: &str) -> Result<u16, &'static str> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain).ok_or("a port is a number from 1 to 65535")
}

/// Headers that send the request elsewhere, whatever its URL: those of a login before the call.
const ELSEWHERE: [&str; 2] = ["x-url-login", "x-url-data"];

pub(super) fn check(compiler: &mut Compiler<'_>, plan: &RequestPlan, reach: Reach) {
    if let Some(elsewhere) = reach.elsewhere {
        let secrets = secrets(compiler, plan);
        for (origin, text) in elsewhere {
            let range = 0..text.as_str().len();
            leaves(compiler, &origin.to_ascii_lowercase(), &secrets, &text, &range);
        }
        return;
    }
    let Some((origin, text, range)) = reach.origin else { return };
    let origin = origin.to_ascii_lowercase();
    let secrets = secrets(compiler, plan);
    let Some(origin) = leaves(compiler, &origin, &secrets, &text, &range) else { return };
    compiler.secrets_sent(&secrets, &[origin.shown()]);
    compiler.sent = Some(origin.shown());
    if let Some(url) = &reach.url {
        listed(compiler, plan, url, &text, &range);
    }
}

/// The origin, in small letters, if the operator lets a request out to it; told if not.
fn leaves<'o>(
    compiler: &mut Compiler<'_>,
    origin: &'o str,
    secrets: &[String],
    text: &Text,
    range: &Range<usize>,
) -> Option<Origin<'o>> {
    let origin = match Origin::parse(origin) {
        Ok(origin) => origin,
        Err(message) => {
            compiler.error("url", message, text, range, None);
            return None;
        }
    };
    let policy = compiler.environment.policy();
    let http = policy.as_ref().is_none_or(|policy| policy.http);
    match origin.scheme {
        "https" => {}
        "http" if !secrets.is_empty() => {
            let message =
                format!("the secret `{}` would travel over plain http, where all can read it", secrets[0]);
            let help = Some("a request with a secret in it goes over https".to_owned());
            compiler.error("secret-over-http", message, text, range, help);
            return None;
        }
        "http" if http => {}
        "http" => {
            let help = Some("only `https` leaves here".to_owned());
            compiler.error("scheme-refused", "plain http does not leave here", text, range, help);
            return None;
        }
        scheme => {
            let message = format!("requests go by https or http, not by `{scheme}`");
            compiler.error("scheme-refused", message, text, range, None);
            return None;
        }
    }
    let Some(Policy { ports, .. }) = policy else { return Some(origin) };
    if ports.iter().any(|allowed| allowed.contains(&origin.port)) {
        return Some(origin);
    }
    let message = format!("nothing leaves here to port {}", origin.port);
    compiler.error("port-refused", message, text, range, Some(format!("allowed: {}", shown(&ports))));
    None
}

fn shown(ports: &[RangeInclusive<u16>]) -> String {
    let range = |range: &RangeInclusive<u16>| match (range.start(), range.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first} to {last}"),
    };
    match ports {
        [] => "no port at all".to_owned(),
        ports => ports.iter().map(range).collect::<Vec<_>>().join(", "),
    }
}

/// Tells where the integration of the adapter lists no endpoint that covers the URL.
fn listed(compiler: &mut Compiler<'_>, plan: &RequestPlan, url: &str, text: &Text, range: &Range<usize>) {
    let Some(integration) = compiler.integration.clone() else { return };
    let method = match &plan.method {
        None => Some("GET".to_owned()),
        Some(plan) => plan.as_text().and_then(parse_method),
    };
    if compiler.environment.covers(&integration, method.as_deref(), url) == Some(false) {
        let message = format!("the integration `{integration}` lists no endpoint that covers this");
        let help = Some("add the endpoint to the integration, or call one that it lists".to_owned());
        compiler.error("endpoint-not-listed", message, text, range, help);
    }
}

/// Every secret in a request, once.
fn secrets(compiler: &Compiler<'_>, plan: &RequestPlan) -> Vec<String> {
    let url = plan.url.iter().filter_map(|part| match part {
        UrlPart::Value(plan) => Some(plan),
        UrlPart::Text(_) => None,
    });
    let headers = plan.headers.iter().map(|(_, plan)| plan);
    let (value, text) = match &plan.body {
        Some(BodyPlan::Value(plan)) => (Some(plan), &[][..]),
        Some(BodyPlan::Text(parts)) => (None, &parts[..]),
        None => (None, &[][..]),
    };
    let text = text.iter().filter_map(|part| match part {
        TextPart::Value { plan, .. } => Some(plan),
        TextPart::Text(_) => None,
    });
    compiler.constants.holes(url.chain(&plan.query).chain(headers).chain(value).chain(text))
}
