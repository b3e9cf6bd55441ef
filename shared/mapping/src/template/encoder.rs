//! How a value is escaped for the place it stands in.

use std::borrow::Cow;

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use thiserror::Error;

use crate::value::{escape_into, escape_json};

/// How a value is escaped for the place it stands in, so that it means itself there and changes nothing around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoder {
    /// As it is.
    Raw,
    /// Inside the quotes of a JSON string (RFC 8259, section 7).
    JsonString,
    /// Inside one segment of a URL's path: all but unreserved characters are percent-encoded (RFC 3986, section 2.3).
    PathSegment,
    /// A name or a value in a URL's query; as [`Encoder::PathSegment`].
    Query,
    /// A name or a value of `application/x-www-form-urlencoded` (WHATWG URL, section 5.2): space is `+`.
    Form,
    /// Character data between XML tags.
    XmlText,
    /// Inside the quotes of an XML attribute.
    XmlAttribute,
    /// A header's value: control characters are refused, carriage return and line feed above all (RFC 9110, section 5.5).
    Header,
    /// Base64 with padding (RFC 4648, section 4), as HTTP Basic has it.
    Base64,
    /// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5), as JOSE has it (RFC 7515, section 2).
    Base64Url,
    /// Two lowercase hexadecimal digits for each byte.
    Hex,
    /// The bytes that base64 text stands for: a file in a multipart body. Space in the text is left out, padding may be.
    FromBase64,
}

/// A value that cannot stand in its place. The message never repeats the value.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct EncodeError(&'static str);

impl EncodeError {
    /// See [`Template::DEEPEST`](super::Template::DEEPEST).
    pub(super) const TOO_DEEP: Self = Self("a secret is encoded more than 16 times, one around another");
}

/// RFC 3986's unreserved characters stay.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The form encoding keeps `*` and encodes `~`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b' ');

impl Encoder {
    /// The most bytes that one byte may become, whatever the encoder.
    pub const WIDEST: usize = 6;

    /// The most bytes that one byte may become here or take meanwhile; room for `len * growth + 4` never has to grow.
    pub fn growth(self) -> usize {
        match self {
            Self::Raw | Self::Header => 1,
            Self::Base64 | Self::Base64Url | Self::Hex => 2,
            Self::PathSegment | Self::Query | Self::Form | Self::FromBase64 => 3,
            Self::JsonString | Self::XmlText | Self::XmlAttribute => Self::WIDEST,
        }
    }

    /// Appends `plain`, escaped.
    ///
    /// The caller owns `out`: to leave no copy behind of a value that is secret, reserve
    /// `plain.len() * self.growth() + 4` bytes first and wipe `out` after use.
    ///
    /// Fails when the place cannot hold the value: a line break in a header, bytes that are no UTF-8 in JSON or XML, a
    /// control character in XML, text that is no base64 where it is decoded.
    pub fn encode(self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Raw => out.extend_from_slice(plain),
            Self::PathSegment | Self::Query => extend(out, percent_encode(plain, COMPONENT)),
            Self::Form => {
                for piece in percent_encode(plain, FORM) {
                    out.extend(piece.bytes().map(|byte| if byte == b' ' { b'+' } else { byte }));
                }
            }
            Self::Header => out.extend_from_slice(header(plain)?),
            Self::JsonString => escape_json(utf8(plain)?, |piece| out.extend_from_slice(piece.as_bytes())),
            Self::XmlText => xml(utf8(plain)?, false, out)?,
            Self::XmlAttribute => xml(utf8(plain)?, true, out)?,
            Self::Base64 => base64(&STANDARD, plain, out)?,
            Self::Base64Url => base64(&URL_SAFE_NO_PAD, plain, out)?,
            Self::FromBase64 => from_base64(plain, out)?,
            Self::Hex => hex(plain, out),
        }
        Ok(())
    }

    /// Text, escaped; borrowed where nothing has to change.
    pub(crate) fn encode_text(self, text: &str) -> Result<Cow<'_, str>, EncodeError> {
        if self == Self::Raw {
            return Ok(Cow::Borrowed(text));
        }
        if self == Self::JsonString {
            let mut out = String::with_capacity(text.len() + 8);
            escape_into(text, &mut out);
            return Ok(Cow::Owned(out));
        }
        let mut out = Vec::with_capacity(text.len() + 8);
        self.encode(text.as_bytes(), &mut out)?;
        String::from_utf8(out).map(Cow::Owned).map_err(|_| NOT_TEXT)
    }
}

const NOT_TEXT: EncodeError = EncodeError("the value is not UTF-8 text, which this place needs");

fn utf8(plain: &[u8]) -> Result<&str, EncodeError> {
    std::str::from_utf8(plain).map_err(|_| NOT_TEXT)
}

fn extend<'a>(out: &mut Vec<u8>, pieces: impl Iterator<Item = &'a str>) {
    for piece in pieces {
        out.extend_from_slice(piece.as_bytes());
    }
}

fn header(plain: &[u8]) -> Result<&[u8], EncodeError> {
    match plain.iter().find(|byte| (**byte < 0x20 && **byte != b'\t') || **byte == 0x7f) {
        Some(b'\r' | b'\n') => Err(EncodeError("a header's value may not hold a line break")),
        Some(_) => Err(EncodeError("a header's value may not hold a control character")),
        None => Ok(plain),
    }
}

/// Escapes for XML 1.0. A carriage return is written as a reference, because a parser would read it as a line feed; so are
/// tab and line feed in an attribute, where they would be read as spaces.
fn xml(text: &str, attribute: bool, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut buffer = [0; 4];
    for character in text.chars() {
        let escaped: &[u8] = match character {
            '&' => b"&amp;",
            '<' => b"&lt;",
            '>' => b"&gt;",
            '"' if attribute => b"&quot;",
            '\'' if attribute => b"&apos;",
            '\r' => b"&#13;",
            '\t' if attribute => b"&#9;",
            '\n' if attribute => b"&#10;",
            '\t' | '\n' => character.encode_utf8(&mut buffer).as_bytes(),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                return Err(EncodeError("XML cannot hold a control character"));
            }
            _ => character.encode_utf8(&mut buffer).as_bytes(),
        };
        out.extend_from_slice(escaped);
    }
    Ok(())
}

fn base64(engine: &impl Engine, plain: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    const TOO_LONG: EncodeError = EncodeError("the value is too long for base64");
    let from = out.len();
    let length = base64::encoded_len(plain.len(), true).ok_or(TOO_LONG)?;
    out.resize(from + length, 0);
    let written = engine.encode_slice(plain, &mut out[from..]).map_err(|_| TOO_LONG)?;
    out.truncate(from + written);
    Ok(())
}

fn hex(plain: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in plain {
        out.extend([byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    }
}

fn from_base64(text: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    const NOT_BASE64: EncodeError = EncodeError("the value is not base64");
    let from = out.len();
    out.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    let length = out.len() - from;
    // Decoded behind itself and moved down, so that all copies are in the room that the caller wipes.
    out.resize(from + 2 * length + 4, 0);
    let (encoded, decoded) = out[from..].split_at_mut(length);
    let written = LENIENT.decode_slice(encoded, decoded).map_err(|_| NOT_BASE64)?;
    out.copy_within(from + length..from + length + written, from);
    out.truncate(from + written);
    Ok(())
}
