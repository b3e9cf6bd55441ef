//! What a counterparty answered, as a value.
//!
//! | content type | value |
//! | --- | --- |
//! | none, and no body | null |
//! | `application/json`, `text/json`, `…+json` | the JSON, every digit kept |
//! | `application/xml`, `text/xml`, `…+xml` | an object by the `xmltodict` convention |
//! | `application/x-www-form-urlencoded` | an object of strings; a repeated name has an array |
//! | other `text/…` | a string, decoded by its `charset` |
//! | everything else | the bytes, as base64 in a string |
//!
//! JSON is in UTF-8, or in what a byte order mark, the zeros between its first characters or else its `charset` say. An
//! answer without a content type is read as JSON if it is JSON, else as text if it is UTF-8 or has a byte order mark, else
//! as bytes.
//! Within [`Limits::DATA`]; a JSON, XML or form answer without a body is null.

mod form;
mod json;
mod text;
mod xml;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{Encoding, UTF_8};

use crate::value::{JsonError, Value};
use crate::words::Words;
pub(crate) use xml::{ElementPath, ElementStep, ForceArray};

/// Why an answer's body is not what its content type says.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the answer is not the {format} its content type says: line {line}, column {column}: {message}")]
pub struct AnswerError {
    /// `JSON`, `XML`, `form`, `text`.
    pub format: &'static str,
    /// What was expected, or which limit was met. Never what stood in the answer.
    pub message: Words,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl From<JsonError> for AnswerError {
    fn from(error: JsonError) -> Self {
        Self { format: "JSON", message: error.message, line: error.line, column: error.column }
    }
}

impl AnswerError {
    /// An error about the answer as a whole.
    fn whole(format: &'static str, message: impl Into<Words>) -> Self {
        Self { format, message: message.into(), line: 1, column: 1 }
    }
}

/// The body as a value, by its content type.
///
/// ```
/// let value = mapping::answer::to_value(Some("text/xml"), b"<r id='1'><a>x</a><a>y</a></r>")?;
/// assert_eq!(value.to_string(), r#"{"r":{"@id":"1","a":["x","y"]}}"#);
/// # Ok::<(), mapping::answer::AnswerError>(())
/// ```
pub fn to_value(content_type: Option<&str>, body: &[u8]) -> Result<Value, AnswerError> {
    read(content_type, body, &ForceArray::default())
}

/// As [`to_value`]; the elements of an XML answer that are named are arrays even where they stand alone.
pub(crate) fn read(
    content_type: Option<&str>,
    body: &[u8],
    force: &ForceArray,
) -> Result<Value, AnswerError> {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is = |expected: &str| essence.eq_ignore_ascii_case(expected);
    let is_a = |kind: &str| ends_with(essence, b'/', kind) || ends_with(essence, b'+', kind);
    let blank = body.iter().all(u8::is_ascii_whitespace);
    let is_form = is("application/x-www-form-urlencoded");
    if blank && (essence.is_empty() || is_form || is_a("json") || is_a("xml")) {
        return Ok(Value::Null);
    }
    if essence.is_empty() {
        Ok(unnamed(body))
    } else if is_a("json") {
        Ok(Value::from_json(json::text(charset(content_type), body)?.as_bytes())?)
    } else if is_a("xml") {
        let encoding = xml::encoding(charset(content_type), body);
        xml::parse(&text::decode(encoding, body, "XML")?, force)
    } else if is_form {
        form::parse(body)
    } else if essence.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("text/")) {
        let encoding =
            charset(content_type).map_or(Some(UTF_8), |label| Encoding::for_label(label.as_bytes()));
        Ok(Value::String(text::decode(encoding, body, "text")?.into_owned()))
    } else {
        Ok(base64(body))
    }
}

/// Whether a content type ends with this kind, and a sign before it.
fn ends_with(essence: &str, sign: u8, kind: &str) -> bool {
    let bytes = essence.as_bytes();
    let split = bytes.len().checked_sub(kind.len());
    split.and_then(|split| bytes.split_at_checked(split)).is_some_and(|(before, end)| {
        before.last() == Some(&sign) && end.eq_ignore_ascii_case(kind.as_bytes())
    })
}

fn unnamed(body: &[u8]) -> Value {
    let utf8 = Some(UTF_8);
    let json = json::text(None, body).ok().and_then(|text| Value::from_json(text.as_bytes()).ok());
    json.unwrap_or_else(|| match text::decode(utf8, body, "text") {
        Ok(text) => Value::from(&*text),
        Err(_) => base64(body),
    })
}

fn base64(body: &[u8]) -> Value {
    Value::String(STANDARD.encode(body))
}

/// The `charset` parameter of a content type.
fn charset(content_type: Option<&str>) -> Option<&str> {
    let parameters = content_type?.split(';').skip(1);
    let named = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, label) = { named }.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(label.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests;
