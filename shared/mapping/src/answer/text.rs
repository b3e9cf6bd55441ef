//! Bytes as text.

use std::borrow::Cow;

use encoding_rs::{CoderResult, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::AnswerError;
use crate::limits::Limits;
use crate::position;

/// The body as text; a byte order mark decides before any label. `encoding` is `None` where a label named none.
pub(super) fn decode<'b>(
    encoding: Option<&'static Encoding>,
    body: &'b [u8],
    format: &'static str,
) -> Result<Cow<'b, str>, AnswerError> {
    let too_long = || AnswerError::whole(format, format!("longer than {} bytes", Limits::DATA.bytes));
    if body.len() > Limits::DATA.bytes {
        return Err(too_long());
    }
    let unknown = || AnswerError::whole(format, "its character set is not known");
    let (encoding, body) = match Encoding::for_bom(body) {
        Some((marked, length)) => (marked, &body[length..]),
        None => (encoding.ok_or_else(unknown)?, body),
    };
    if !reads_what_stands_there(encoding) {
        let message = format!("its character set cannot be read: {}", encoding.name());
        return Err(AnswerError::whole(format, message));
    }
    if encoding == UTF_8 {
        return std::str::from_utf8(body)
            .map(Cow::Borrowed)
            .map_err(|error| broken(position::of(body, error.valid_up_to()), format, encoding));
    }
    let length = decoded_length(encoding, body)
        .map_err(|place| place.map_or_else(too_long, |place| broken(place, format, encoding)))?;
    // A decoder stops where the room left could be too little for one more character.
    let mut text = String::with_capacity(length + 16);
    let (result, ..) = encoding.new_decoder_without_bom_handling().decode_to_string(body, &mut text, true);
    match result {
        CoderResult::InputEmpty => Ok(Cow::Owned(text)),
        CoderResult::OutputFull => Err(too_long()),
    }
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
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut window = [0; 4096];
    let (mut length, mut from) = (0, 0);
    let (mut line, mut column) = (1, 1);
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&body[from..], &mut window, true);
        from += read;
        length += written;
        if length > Limits::DATA.bytes {
            return Err(None);
        }
        let (lines, columns) = position::of(&window[..written], written);
        column = if lines > 1 { columns } else { column + columns - 1 };
        line += lines - 1;
        match result {
            DecoderResult::InputEmpty => return Ok(length),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return Err(Some((line, column))),
        }
    }
}

fn broken((line, column): (usize, usize), format: &'static str, encoding: &'static Encoding) -> AnswerError {
    AnswerError { format, message: format!("its bytes are not {}", encoding.name()), line, column }
}

#[cfg(test)]
mod tests;
