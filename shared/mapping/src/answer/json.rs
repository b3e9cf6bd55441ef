//! Which encoding a JSON answer is in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{AnswerError, text};

/// The answer as text.
///
/// JSON between systems is UTF-8 (RFC 8259, 8.1), whatever a label says. Some older ones write UTF-16, which the zeros
/// between the first characters show (RFC 4627, 3: they are always ASCII), or what their label says: that counts where the
/// bytes are not UTF-8.
pub(super) fn text<'b>(charset: Option<&str>, body: &'b [u8]) -> Result<Cow<'b, str>, AnswerError> {
    let encoding = match body {
        [0, first, ..] if *first != 0 => UTF_16BE,
        [first, 0, ..] if *first != 0 => UTF_16LE,
        _ => match std::str::from_utf8(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)) {
            Ok(text) => return Ok(Cow::Borrowed(text)),
            Err(_) => charset.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8),
        },
    };
    text::decode(Some(encoding), body, "JSON")
}
