//! Takes out of an answer what the counterpart echoed of the secrets that were sent.
//!
//! The second line, never the first. It finds a secret as it is, and
//!
//! - percent-encoded once and twice, with either case of digits, in the sets of RFC 3986, of forms, of JavaScript's
//!   `encodeURIComponent`, and with every byte encoded,
//! - in base64 of both alphabets at each of the three offsets, so also within a longer text that was encoded,
//! - in hexadecimal digits of either case,
//! - escaped for JSON (as little as needed, with `\/`, with `\u` beyond ASCII, safe for HTML) and for HTML and XML,
//!
//! and the same of what a template put together from it before encoding, such as Basic's `user:password`.
//!
//! It does not find a secret of less than [`MIN_SECRET`] bytes, since that would tear ordinary text apart; nor one that
//! was compressed, encrypted, reversed, split or re-encoded in another way.

mod forms;

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use bytes::Bytes;

/// The shortest secret that is looked for, in bytes.
pub(crate) const MIN_SECRET: usize = 4;

/// What stands in the place of a secret that was found.
pub(crate) const REPLACEMENT: &[u8] = b"[secret removed]";

/// Finds the secrets of one request. Its tables hold them in the clear, and live as long as the request.
pub(crate) struct Scrubber(Option<AhoCorasick>);

impl Scrubber {
    /// A scrubber for the secrets, in every form. It fails for tables beyond what the automaton can number: without a
    /// scrubber nothing is sent.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a [u8]>) -> Result<Self, BuildError> {
        let patterns: Vec<_> =
            secrets.filter(|secret| secret.len() >= MIN_SECRET).flat_map(forms::of).collect();
        if patterns.is_empty() {
            return Ok(Self(None));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns.iter().map(|pattern| pattern.as_slice()))?;
        Ok(Self(Some(automaton)))
    }

    /// The bytes without the secrets, and whether there were any. Bytes without one are handed on, not copied.
    pub(crate) fn scrub(&self, bytes: Bytes) -> (Bytes, bool) {
        let Some(automaton) = &self.0 else { return (bytes, false) };
        if automaton.find(&bytes).is_none() {
            return (bytes, false);
        }
        let mut clean = Vec::with_capacity(bytes.len());
        automaton.replace_all_with_bytes(&bytes, &mut clean, |_, _, out| {
            out.extend_from_slice(REPLACEMENT);
            true
        });
        (Bytes::from(clean), true)
    }
}

#[cfg(test)]
pub(crate) use forms::of as forms_of;

#[cfg(test)]
mod tests;
