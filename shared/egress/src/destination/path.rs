//! What different servers could take one path for.
//!
//! A pattern that covers a path has to cover every reading of it: decoded once or several times, with a segment's
//! parameters (`;x=1`) dropped, with empty segments dropped, with look-alikes of dot and slash folded, with what follows
//! a decoded `?` or `#` cut off. So an encoded slash may stand where it stays inside, and `..%2f` may not lead out.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// How often a path is decoded. One that still changes after that is refused.
const MAX_ROUNDS: usize = 4;

/// Every reading of a parsed path that differs from it, or why the path is refused altogether.
pub(super) fn other_readings(path: &str) -> Result<Vec<String>, &'static str> {
    let plain = !path.contains(['%', ';']) && !path.contains("//");
    if plain {
        return Ok(Vec::new());
    }
    let mut readings: Vec<String> = Vec::new();
    let mut current = Cow::Borrowed(path);
    for _ in 0..=MAX_ROUNDS {
        for reading in variants(&current) {
            if reading != path && !readings.contains(&reading) {
                readings.push(reading);
            }
        }
        let decoded = decode(&current)?;
        if decoded == current {
            return Ok(readings);
        }
        current = Cow::Owned(decoded);
    }
    Err("its path is percent-encoded over and over")
}

/// One round of decoding, which must give text without control characters.
fn decode(path: &str) -> Result<String, &'static str> {
    let bytes = path.as_bytes();
    if bytes.windows(2).any(|pair| pair[0] == b'%' && pair[1].eq_ignore_ascii_case(&b'u')) {
        return Err("its path holds a `%u` escape");
    }
    let decoded = percent_decode_str(path).decode_utf8().map_err(|_| "its path is not UTF-8 when decoded")?;
    if decoded.chars().any(char::is_control) {
        return Err("its path holds an encoded control character");
    }
    Ok(decoded.into_owned())
}

/// The path as it is, and with each liberty that a server could take, alone and together.
fn variants(path: &str) -> Vec<String> {
    let folded = fold(path);
    let cut = |path: &str| path.split(['?', '#']).next().unwrap_or_default().to_owned();
    let mut variants = Vec::new();
    for form in [path.to_owned(), cut(path), folded.clone(), cut(&folded)] {
        let bare = without_parameters(&form);
        variants.push(resolve(&form, false));
        variants.push(resolve(&form, true));
        variants.push(resolve(&bare, false));
        variants.push(resolve(&bare, true));
    }
    variants
}

/// Characters that some servers normalise to dot, slash, or what else has a meaning in a path (NFKC; backslash).
fn fold(path: &str) -> String {
    let mut folded = String::with_capacity(path.len());
    for character in path.chars() {
        match character {
            '\\' | '\u{2215}' | '\u{2044}' | '\u{29f8}' | '\u{ff3c}' | '\u{fe68}' => folded.push('/'),
            '\u{2024}' | '\u{fe52}' | '\u{3002}' | '\u{ff61}' => folded.push('.'),
            '\u{2025}' => folded.push_str(".."),
            '\u{2026}' => folded.push_str("..."),
            '\u{ff01}'..='\u{ff5e}' => {
                // The fullwidth forms are ASCII, shifted.
                folded.extend(char::from_u32(u32::from(character) - 0xfee0));
            }
            other => folded.push(other),
        }
    }
    folded.replace('\\', "/")
}

/// Every segment without its parameters (RFC 3986, 3.3; Java's servers drop them before they resolve dots).
fn without_parameters(path: &str) -> String {
    let segments: Vec<&str> =
        path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    segments.join("/")
}

/// The path with `.` and `..` resolved (RFC 3986, 5.2.4) and, where asked for, without empty segments.
fn resolve(path: &str, collapse: bool) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            "" if collapse && !last => {}
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}
