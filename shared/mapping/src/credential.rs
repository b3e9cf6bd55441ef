//! Text that looks like a credential.
//!
//! An adapter is kept in version control, shown and sent around; a key in it is a key lost. What counts as one:
//!
//! 1. **A known form**, wherever it stands: the prefixes that issuers gave their keys so that they can be found ([`FORMS`]),
//!    a JSON web token, a private key in PEM, a user with a password in a URL.
//! 2. **A value under a telling name** (a header, a member, a parameter of a query or a form): the name ends in `password`,
//!    `secret`, `token`, `authorization`, `api key` and the like, in whatever spelling; the value is one word that holds a
//!    digit and has at least 6 characters (of a password: any 4), behind `Bearer`, `Basic` or another scheme if there is one.
//! 3. **A long random word**, wherever it stands: 24 to 512 letters and digits in a row, capitals, small letters and at least
//!    three digits, that change from one to another at four places of nine or more often.
//!
//! What passes by the third rule: UUIDs and hashes (digits with letters of one case), dates, numbers, names however long
//! (they change their case at word borders alone), images in base64 (`base64,` before them, or too long), checksums
//! (`sha256-` before them), addresses and namespaces.

use std::ops::Range;

mod name;

pub(crate) use name::Telling;

/// The prefix of a form, the characters that follow, and how many there are at least.
struct Form {
    prefix: &'static str,
    least: usize,
    fits: fn(u8) -> bool,
}

const fn form(prefix: &'static str, least: usize) -> Form {
    Form { prefix, least, fits: is_alphanumeric }
}

const fn url_form(prefix: &'static str, least: usize) -> Form {
    Form { prefix, least, fits: is_url_safe }
}

const FORMS: [Form; 33] = [
    // Amazon: a long-term and a temporary access key.
    form("AKIA", 16),
    form("ASIA", 16),
    // Stripe.
    form("sk_live_", 10),
    form("sk_test_", 10),
    form("rk_live_", 10),
    form("rk_test_", 10),
    form("whsec_", 16),
    // GitHub.
    form("ghp_", 30),
    form("gho_", 30),
    form("ghu_", 30),
    form("ghs_", 30),
    form("ghr_", 30),
    url_form("github_pat_", 20),
    // GitLab.
    url_form("glpat-", 16),
    // Slack.
    url_form("xoxa-", 10),
    url_form("xoxb-", 10),
    url_form("xoxe-", 10),
    url_form("xoxp-", 10),
    url_form("xoxr-", 10),
    url_form("xoxs-", 10),
    url_form("xapp-", 10),
    // Google: an API key, a client secret, an access token.
    url_form("AIza", 35),
    url_form("GOCSPX-", 20),
    url_form("ya29.", 20),
    // SendGrid, Shopify, DigitalOcean, npm, PyPI, Hugging Face.
    Form { prefix: "SG.", least: 40, fits: |byte| is_url_safe(byte) || byte == b'.' },
    form("shpat_", 30),
    form("shpss_", 30),
    form("dop_v1_", 40),
    form("npm_", 36),
    url_form("pypi-AgEI", 20),
    form("hf_", 30),
    // Keys of language models.
    url_form("sk-ant-", 20),
    url_form("sk-proj-", 20),
];

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The first text of a known form, or that is long and random: rules 1 and 3.
pub(crate) fn find(text: &str) -> Option<Range<usize>> {
    let found = private_key(text).or_else(|| user(text));
    if found.is_some() || !has_a_long_word(text) {
        return found;
    }
    known_form(text).or_else(|| web_token(text)).or_else(|| random(text))
}

/// Whether there is a word as long as the shortest key: most texts have none, and are done with.
fn has_a_long_word(text: &str) -> bool {
    const SHORTEST: usize = 14;
    text.as_bytes().split(|byte| !is_url_safe(*byte) && *byte != b'.').any(|word| word.len() >= SHORTEST)
}

fn private_key(text: &str) -> Option<Range<usize>> {
    let start = text.find("-----BEGIN ")?;
    let title = &text[start + 11..];
    let title_end = title.find("-----")?;
    title[..title_end].ends_with("PRIVATE KEY").then(|| start..text.trim_end().len().max(start))
}

fn known_form(text: &str) -> Option<Range<usize>> {
    let found = |form: &Form| {
        text.match_indices(form.prefix).map(|(at, _)| at).find_map(|at| {
            if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
                return None;
            }
            let length = run(&text[at + form.prefix.len()..], form.fits);
            (length >= form.least).then_some(at..at + form.prefix.len() + length)
        })
    };
    FORMS.iter().filter_map(found).min_by_key(|range| range.start)
}

/// A JSON web token (RFC 7519): `eyJ` is `{"` in base64. Its header and its payload are words with a dot between them.
fn web_token(text: &str) -> Option<Range<usize>> {
    const LEAST: usize = 10;
    let at = text.match_indices("eyJ").map(|(at, _)| at).find(|at| {
        if text[..*at].bytes().next_back().is_some_and(is_url_safe) {
            return false;
        }
        let header = run(&text[*at..], is_url_safe);
        let payload = text[*at + header..].strip_prefix('.').filter(|_| header >= LEAST);
        payload.is_some_and(|payload| run(payload, is_url_safe) >= LEAST)
    })?;
    Some(at..at + run(&text[at..], |byte| is_url_safe(byte) || byte == b'.'))
}

/// `user:password@` between the slashes of a URL and its path.
fn user(text: &str) -> Option<Range<usize>> {
    text.match_indices("://").map(|(at, _)| at + 3).find_map(|at| {
        let rest = &text[at..];
        let authority = &rest[..rest.find(['/', '?', '#', ' ', '"']).unwrap_or(rest.len())];
        let (user, _) = authority.rsplit_once('@')?;
        let (_, password) = user.split_once(':')?;
        (!password.is_empty()).then(|| at..at + user.len())
    })
}

/// A long random word.
fn random(text: &str) -> Option<Range<usize>> {
    const LENGTH: std::ops::RangeInclusive<usize> = 24..=512;
    const DIGITS: usize = 3;
    // Behind these stands an image or a checksum.
    const DATA: [&str; 4] = ["base64,", "sha256-", "sha384-", "sha512-"];
    let end = DATA.iter().filter_map(|sign| text.find(sign)).min().unwrap_or(text.len());
    let bytes = &text.as_bytes()[..end];
    let mut at = 0;
    while at < bytes.len() {
        let length = run(&text[at..], is_alphanumeric);
        let word = at..at + length;
        if LENGTH.contains(&length) && is_random(&text.as_bytes()[word.clone()], DIGITS) {
            return Some(word);
        }
        at += length;
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

fn is_random(word: &[u8], digits: usize) -> bool {
    let class = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let changes = word.windows(2).filter(|pair| class(&pair[0]) != class(&pair[1])).count();
    word.iter().filter(|byte| byte.is_ascii_digit()).count() >= digits
        && word.iter().any(u8::is_ascii_lowercase)
        && word.iter().any(u8::is_ascii_uppercase)
        && changes * 9 >= word.len() * 4
}

/// How many bytes at the start fit.
fn run(text: &str, fits: impl Fn(u8) -> bool) -> usize {
    let length = text.bytes().position(|byte| !fits(byte)).unwrap_or(text.len());
    #[cfg(test)]
    crate::tests::work::done(1 + length);
    length
}

/// `name=value` pairs of a query or a form, and `"name": "value"` pairs of JSON text, whose value stands in the text as a
/// whole: names and the ranges of values.
pub(crate) fn pairs(text: &str) -> Vec<(&str, Range<usize>)> {
    let pair = |(at, sign): (usize, &str)| match sign {
        "=" => assignment(text, at),
        _ => member(text, at),
    };
    text.match_indices(['=', ':']).filter_map(pair).collect()
}

/// `name=value` around an equals sign. A long name or value is none.
fn assignment(text: &str, at: usize) -> Option<(&str, Range<usize>)> {
    const LONGEST: usize = 512;
    let is_end = |byte: &u8| matches!(byte, b'?' | b'&' | b'#' | b' ' | b'\n' | b'=');
    let (before, after) = (&text.as_bytes()[..at], &text.as_bytes()[at + 1..]);
    let within = |length: usize| (length < LONGEST).then_some(length);
    let name = before.iter().rev().take(LONGEST).position(is_end).or_else(|| within(before.len()))?;
    let value = after.iter().take(LONGEST).position(is_end).or_else(|| within(after.len()))?;
    Some((&text[at - name..at], at + 1..at + 1 + value))
}

/// `"name": "value"` around a colon.
fn member(text: &str, at: usize) -> Option<(&str, Range<usize>)> {
    let name = text[..at].trim_end().strip_suffix('"')?;
    let name = &name[name.rfind('"')? + 1..];
    let from = at + 1 + text[at + 1..].find('"')? + 1;
    let blank = text[at + 1..from - 1].trim().is_empty();
    let length = text[from..].find('"').filter(|_| blank)?;
    Some((name, from..from + length))
}

#[cfg(test)]
mod tests;
