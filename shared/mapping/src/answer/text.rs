//! Bytes as text.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::AnswerError;
use crate::limits::Limits;
use crate::position;
use crate::words::Words;

/// The body as text; a byte order mark decides before any label. `encoding` is `None` where a label named none.
pub(super) fn decode<'b>(
    encoding: Option<&'static Encoding>,
    body: &'b [u8],
    format: &'static str,
) -> Result<Cow<'b, str>, AnswerError> {
    let too_long = || AnswerError::whole(format, Words::around("longer than ", Limits::DATA.bytes, " bytes"));
    if body.len() > Limits::DATA.bytes {
        return Err(too_long());
    }
    let unknown = || AnswerError::whole(format, "its character set is not known");
    let (encoding, body) = match Encoding::for_bom(body) {
        Some((marked, length)) => (marked, &body[length..]),
        None => (encoding.ok_or_else(unknown)?, body),
    };
    if !reads_what_stands_there(encoding) {
        let message = Words::two("its character set cannot be read: ", encoding.name());
        return Err(AnswerError::whole(format, message));
    }
    if encoding == UTF_8 {
        return std::str::from_utf8(body)
            .map(Cow::Borrowed)
            .map_err(|error| broken(position::of(body, error.valid_up_to()), format, encoding));
    }
    let length = decoded_length(encoding, body)
        .map_err(|place| place.map_or_else(too_long, |place| broken(place, format, encoding)))?;
    let mut text = String::with_capacity(length);
    windows(encoding, body, |piece| {
        text.push_str(piece);
        true
    });
    Ok(Cow::Owned(text))
}

/// Whether every ASCII character of the text is the byte of the answer that stands for it, or in UTF-16 its two bytes.
///
/// Secrets are searched for in the bytes, before they are read: what was searched must be what is read. ISO-2022-JP is not,
/// for it has sequences that say how to go on and give no character: `ESC ( B` in the midst of a secret would hide it from the
/// search, and be gone when it is read.
fn reads_what_stands_there(encoding: &'static Encoding) -> bool {
    encoding.is_ascii_compatible() || [UTF_16LE, UTF_16BE].contains(&encoding)
}

/// How long the text will be, so that it is made in one piece; or the line and the column where the bytes are none of the
/// encoding's, none of them if there is more text than may be up to there. Nothing of it is held.
fn decoded_length(encoding: &'static Encoding, body: &[u8]) -> Result<usize, Option<(usize, usize)>> {
    let (mut length, mut line, mut column) = (0, 1, 1);
    let sound = windows(encoding, body, |piece| {
        length += piece.len();
        let (lines, columns) = position::of(piece.as_bytes(), piece.len());
        column = if lines > 1 { columns } else { column + columns - 1 };
        line += lines - 1;
        length <= Limits::DATA.bytes
    });
    match sound {
        _ if length > Limits::DATA.bytes => Err(None),
        true => Ok(length),
        false => Err(Some((line, column))),
    }
}

/// Hands over the text of some bytes, a window at a time, as long as `read` goes on; whether that was to the end. It ends at
/// bytes that are none of the encoding's.
fn windows(encoding: &'static Encoding, body: &[u8], mut read: impl FnMut(&str) -> bool) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut window = [0; 4096];
    let mut from = 0;
    loop {
        let (result, taken, written) =
            decoder.decode_to_utf8_without_replacement(&body[from..], &mut window, true);
        from += taken;
        // A decoder writes nothing else.
        if !read(str::from_utf8(&window[..written]).unwrap_or_default()) {
            return false;
        }
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return false,
        }
    }
}

fn broken((line, column): (usize, usize), format: &'static str, encoding: &'static Encoding) -> AnswerError {
    AnswerError { format, message: Words::two("its bytes are not ", encoding.name()), line, column }
}

#[cfg(test)]
mod tests;
