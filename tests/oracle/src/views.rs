//! What bytes say once an escaping is taken off: percent, form, JSON (and what Rust's `Debug` does alike), HTML.
//!
//! Taking it off the sink finds every way in which an encoder could have put it on: which characters it escaped, in
//! which case, by name or by number.

use std::borrow::Cow;

/// The bytes with some escapings taken off.
pub(super) struct View<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// What was taken off, for the report.
    pub(super) name: String,
}

/// One escaping: its name, a byte that stands in whatever it changed, and how it is taken off.
type Escaping = (&'static str, &'static [u8], fn(&[u8], &mut Vec<u8>) -> usize);

const ESCAPINGS: [Escaping; 4] =
    [("percent", b"%", percent), ("form", b"%+", form), ("JSON", b"\\", json), ("HTML", b"&", html)];

/// The bytes as they are, and with every one or two escapings taken off.
pub(super) fn all(bytes: &[u8]) -> Vec<View<'_>> {
    let mut views = vec![View { bytes: Cow::Borrowed(bytes), name: String::new() }];
    for escaping in &ESCAPINGS {
        let Some(once) = off(escaping, bytes) else { continue };
        for again in &ESCAPINGS {
            if let Some(twice) = off(again, &once) {
                views.push(View { bytes: twice.into(), name: format!("{} > {} > ", escaping.0, again.0) });
            }
        }
        views.push(View { bytes: once.into(), name: format!("{} > ", escaping.0) });
    }
    views
}

/// The bytes without the escaping; none where there is none.
fn off((_, marks, take): &Escaping, bytes: &[u8]) -> Option<Vec<u8>> {
    if !marks.iter().any(|mark| memchr::memchr(*mark, bytes).is_some()) {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let read = if marks.contains(first) { take(rest, &mut out) } else { 0 };
        if read == 0 {
            out.push(*first);
        }
        rest = &rest[read.max(1)..];
    }
    Some(out)
}

/// `%41` (RFC 3986, 2.1).
fn percent(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(value) = rest.get(1..3).and_then(|digits| number(digits, 16)) else { return 0 };
    out.extend(u8::try_from(value));
    3
}

/// The same, and `+` for a space (the URL standard's `application/x-www-form-urlencoded`).
fn form(rest: &[u8], out: &mut Vec<u8>) -> usize {
    if rest[0] == b'+' {
        out.push(b' ');
        return 1;
    }
    percent(rest, out)
}

/// `\"`, `\n`, `\u0041` of JSON (RFC 8259, 7), and `\'`, `\x41`, `\u{41}` of Rust.
fn json(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let simple = |byte: u8| match byte {
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'0' => Some(0),
        b'"' | b'\\' | b'/' | b'\'' => Some(byte),
        _ => None,
    };
    match rest.get(1) {
        Some(b'x') => match rest.get(2..4).and_then(|digits| number(digits, 16)) {
            Some(value) => {
                out.extend(u8::try_from(value));
                4
            }
            None => 0,
        },
        Some(b'u') if rest.get(2) == Some(&b'{') => {
            let Some(length) = rest.iter().take(12).position(|byte| *byte == b'}') else { return 0 };
            character(&rest[3..length], 16, out).map_or(0, |()| length + 1)
        }
        Some(b'u') => rest.get(2..6).and_then(|digits| character(digits, 16, out)).map_or(0, |()| 6),
        Some(byte) => match simple(*byte) {
            Some(meant) => {
                out.push(meant);
                2
            }
            None => 0,
        },
        None => 0,
    }
}

/// `&lt;`, `&#60;`, `&#x3c;` (HTML, named and numeric character references), those that escapers write.
fn html(rest: &[u8], out: &mut Vec<u8>) -> usize {
    const NAMED: [(&[u8], u8); 12] = [
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&amp;", b'&'),
        (b"&quot;", b'"'),
        (b"&apos;", b'\''),
        (b"&sol;", b'/'),
        (b"&plus;", b'+'),
        (b"&equals;", b'='),
        (b"&bsol;", b'\\'),
        (b"&percnt;", b'%'),
        (b"&num;", b'#'),
        (b"&excl;", b'!'),
    ];
    if let Some((name, meant)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
        out.push(*meant);
        return name.len();
    }
    let Some(end) = rest.iter().take(12).position(|byte| *byte == b';') else { return 0 };
    let read = match &rest[1..end] {
        [b'#', b'x' | b'X', digits @ ..] => character(digits, 16, out),
        [b'#', digits @ ..] => character(digits, 10, out),
        _ => None,
    };
    read.map_or(0, |()| end + 1)
}

fn character(digits: &[u8], radix: u32, out: &mut Vec<u8>) -> Option<()> {
    let character = char::from_u32(number(digits, radix)?)?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u32::from_str_radix(text, radix).ok()
}
