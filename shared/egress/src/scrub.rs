//! Takes out of an answer what the counterpart echoed of the secrets that were sent.
//!
//! The second line, never the first. It finds a secret as it is, and
//!
//! - percent-encoded once and twice, with either case of digits, in the sets of RFC 3986, of forms, of JavaScript's
//!   `encodeURIComponent`, and with every byte encoded,
//! - in base64 of both alphabets at each of the three offsets, so also within a longer text that was encoded,
//! - in hexadecimal digits of either case,
//! - escaped for JSON (as little as needed, with `\/`, with `\u` beyond ASCII, safe for HTML) and for HTML and XML (as
//!   little as needed, all but letters and digits, everything, in decimal and hexadecimal digits),
//! - each of these in UTF-16 of both byte orders,
//! - as text, where it has characters beyond ASCII, in the older character sets that have them all,
//!
//! and the same of what a template put together from it before encoding, such as Basic's `user:password`, and of the bytes
//! behind it where it is base64 text and the bytes are sent. Chunk borders make no difference: the result over a stream is
//! the one over the whole, and no more is held back than what could still become one of these forms.
//!
//! A secret of more than 16 KiB, which is a file, is looked for as it is, in base64 and escaped for JSON as little as
//! needed. In the names of headers, which lose their case on the way, the case of letters makes no difference.
//!
//! It does not find a secret of less than [`MIN_SECRET`] bytes, since that would tear ordinary text apart; nor a form of
//! less than six bytes; nor a part of one; nor one that was encrypted, reversed, split (as base64 in lines, RFC 2045, 6.8,
//! is split by its line breaks), escaped in a mix of two writers' ways, or compressed in another way than by a content
//! encoding, such as in an archive that is the answer's body.

mod forms;
mod patterns;
mod search;
mod stream;

use bytes::{Bytes, BytesMut};
use zeroize::Zeroizing;

use self::{
    patterns::{Pattern, Patterns, Width},
    search::{Found, Index},
};

pub(crate) use self::stream::Scrubbing;

/// The shortest secret that is looked for, in bytes.
pub(crate) const MIN_SECRET: usize = 4;

/// What stands in the place of a secret that was found.
pub(crate) const REPLACEMENT: &[u8] = MARK.as_bytes();
const MARK: &str = "[secret removed]";

/// The same in the place of one in UTF-16, so that what is around it can still be read.
const fn wide<const LENGTH: usize>(second: usize) -> [u8; LENGTH] {
    let mut wide = [0; LENGTH];
    let mut at = 0;
    while at < REPLACEMENT.len() {
        wide[2 * at + second] = REPLACEMENT[at];
        at += 1;
    }
    wide
}

fn replacement(width: Width) -> &'static [u8] {
    static LITTLE: [u8; 2 * REPLACEMENT.len()] = wide(0);
    static BIG: [u8; 2 * REPLACEMENT.len()] = wide(1);
    match width {
        Width::Narrow => REPLACEMENT,
        Width::Little => &LITTLE,
        Width::Big => &BIG,
    }
}

/// Finds the secrets of one request. Its tables hold them in the clear, and live as long as the request.
pub(crate) struct Scrubber {
    patterns: Patterns,
    index: Option<Index>,
}

/// A text with its matches replaced.
pub(crate) struct Cleaned {
    /// What may be handed on.
    pub(crate) clean: Bytes,
    /// How many matches were replaced.
    pub(crate) count: u64,
    /// What is held back, since it may become a match, and the pattern that it is the beginning of.
    pub(crate) held: Option<(Bytes, Pattern)>,
}

impl Scrubber {
    /// A scrubber for the secrets, in every form.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a [u8]>) -> Self {
        let forms = secrets.filter(|secret| secret.len() >= MIN_SECRET).flat_map(forms::of).collect();
        Self::of(forms)
    }

    /// A scrubber for these forms, each of at least [`MIN_SECRET`] bytes.
    fn of(forms: Vec<Zeroizing<Vec<u8>>>) -> Self {
        let patterns = Patterns::new(forms);
        let index = Index::new(&patterns);
        Self { patterns, index }
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_idle(&self) -> bool {
        self.index.is_none()
    }

    /// The bytes without the secrets, and how many were in it. Bytes without one are handed on, not copied.
    pub(crate) fn scrub(&self, bytes: Bytes) -> (Bytes, u64) {
        let cleaned = self.clean(bytes, false);
        (cleaned.clean, cleaned.count)
    }

    /// The name of a header without the secrets, whatever their case, and how many were in it: names lose theirs on the way.
    pub(crate) fn scrub_name(&self, name: &str) -> (String, u64) {
        let mut clean = String::with_capacity(name.len());
        let (mut left, mut count) = (name.as_bytes(), 0);
        while let Some(first) = left.first() {
            let step = match self.patterns.beginning_in_any_case(left) {
                Some(length) => {
                    clean.push_str(MARK);
                    count += 1;
                    length
                }
                None => {
                    // Names are tokens, and so ASCII.
                    clean.push(char::from(*first));
                    1
                }
            };
            left = left.get(step..).unwrap_or_default();
        }
        (clean, count)
    }

    /// The text with its matches replaced; where `more` of it follows, without the end that could become one.
    pub(crate) fn clean(&self, text: Bytes, more: bool) -> Cleaned {
        let Some(index) = &self.index else { return Cleaned { clean: text, count: 0, held: None } };
        let mut copy: Option<BytesMut> = None;
        let (mut from, mut count, mut held) = (0, 0, None);
        let mut end = text.len();
        while let Some(found) = index.first(&self.patterns, &text, from, more) {
            match found {
                Found::Whole { start, end, width } => {
                    let copy = copy.get_or_insert_with(|| BytesMut::with_capacity(text.len()));
                    copy.extend_from_slice(&text[from..start]);
                    copy.extend_from_slice(replacement(width));
                    count += 1;
                    from = end;
                }
                Found::Beginning { start, pattern } => {
                    held = Some((text.slice(start..), pattern));
                    end = start;
                    break;
                }
            }
        }
        let clean = match copy {
            None => text.slice(..end),
            Some(mut copy) => {
                copy.extend_from_slice(&text[from..end]);
                copy.freeze()
            }
        };
        Cleaned { clean, count, held }
    }
}

#[cfg(test)]
pub(crate) use forms::of as forms_of;

#[cfg(test)]
mod tests;
