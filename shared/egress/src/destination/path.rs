//! What different servers could take one path for.
//!
//! A pattern that covers a path has to cover every reading of it: decoded once or several times, with a segment's
//! parameters (`;x=1`) dropped, with empty segments dropped, with look-alikes of dot and slash folded, with what follows
//! a decoded `?` or `#` cut off. So an encoded slash may stand where it stays inside, and `..%2f` may not lead out.
//!
//! Each liberty is taken only where the path has something to take it with: what a path holds is found in one pass over
//! its bytes, since this runs for every request.

mod traits;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use self::traits::Traits;

/// How often a path is decoded. One that still changes after that is refused.
const MAX_ROUNDS: usize = 4;

/// Every reading of a parsed path that differs from it, or why the path is refused altogether.
pub(super) fn other_readings(path: &str) -> Result<Vec<String>, &'static str> {
    let mut readings = Readings { path, others: Vec::new() };
    // The parser has resolved dots and encoded what is not ASCII.
    let mut traits = Traits::of(path);
    if !traits.has_any(Traits::PERCENT | Traits::PARAMETER | Traits::EMPTY_SEGMENT) {
        return Ok(readings.others);
    }
    readings.add_variants(path, traits);
    let mut current = Cow::Borrowed(path);
    for _ in 0..MAX_ROUNDS {
        let Some(decoded) = decode(&current, traits)? else { return Ok(readings.others) };
        traits = Traits::of(&decoded);
        if traits.has_any(Traits::CONTROL) {
            return Err("its path holds an encoded control character");
        }
        readings.add_variants(&decoded, traits);
        current = Cow::Owned(decoded);
    }
    match decode(&current, traits)? {
        None => Ok(readings.others),
        Some(_) => Err("its path is percent-encoded over and over"),
    }
}

/// One round of decoding; `None` where there is nothing to decode.
fn decode(path: &str, traits: Traits) -> Result<Option<String>, &'static str> {
    if traits.has_any(Traits::PERCENT_U) {
        return Err("its path holds a `%u` escape");
    }
    if !traits.has_any(Traits::PERCENT) {
        return Ok(None);
    }
    let decoded = percent_decode_str(path).decode_utf8().map_err(|_| "its path is not UTF-8 when decoded")?;
    Ok((decoded != path).then(|| decoded.into_owned()))
}

/// What was found so far, without repetitions.
struct Readings<'a> {
    path: &'a str,
    others: Vec<String>,
}

impl Readings<'_> {
    fn add(&mut self, reading: Cow<'_, str>) {
        if reading != self.path && !self.others.iter().any(|known| *known == reading) {
            self.others.push(reading.into_owned());
        }
    }

    /// The path as it is, and with each liberty that a server could take, alone and together.
    fn add_variants(&mut self, path: &str, traits: Traits) {
        self.add_cut(path, traits);
        if traits.has_any(Traits::FOLDABLE) {
            let folded = fold(path);
            self.add_cut(&folded, Traits::of(&folded));
        }
    }

    /// The path, and what stands before a question mark or hash in it.
    fn add_cut(&mut self, path: &str, traits: Traits) {
        self.add_bare(path, traits);
        if traits.has_any(Traits::MARK) {
            self.add_bare(path.split(['?', '#']).next().unwrap_or_default(), traits);
        }
    }

    /// The path, and every segment of it without its parameters.
    fn add_bare(&mut self, path: &str, traits: Traits) {
        self.add_resolved(Cow::Borrowed(path), traits);
        if traits.has_any(Traits::PARAMETER) {
            let bare = without_parameters(path);
            let traits = Traits::of(&bare);
            self.add_resolved(Cow::Owned(bare), traits);
        }
    }

    /// The path with its dots resolved, and without its empty segments too.
    fn add_resolved(&mut self, path: Cow<'_, str>, traits: Traits) {
        if !traits.has_any(Traits::DOT_SEGMENT | Traits::EMPTY_SEGMENT) {
            return self.add(path);
        }
        self.add(Cow::Owned(resolve(&path, false)));
        if traits.has_any(Traits::EMPTY_SEGMENT) {
            self.add(Cow::Owned(resolve(&path, true)));
        }
    }
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
    folded
}

/// Every segment without its parameters (RFC 3986, 3.3; Java's servers drop them before they resolve dots).
fn without_parameters(path: &str) -> String {
    let mut bare = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            bare.push('/');
        }
        bare.push_str(segment.split(';').next().unwrap_or_default());
    }
    bare
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
    let mut resolved = String::with_capacity(path.len() + 1);
    for segment in kept {
        resolved.push('/');
        resolved.push_str(segment);
    }
    if resolved.is_empty() {
        resolved.push('/');
    }
    resolved
}

#[cfg(test)]
mod tests;
