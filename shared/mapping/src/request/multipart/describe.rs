//! What a value says of its part.

use super::super::body;
use super::super::format::Format;
use super::super::members::{Member, members};
use super::Part;
use crate::eval::{Context, leak};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Content, Encoder, Template};
use crate::value::Value;

/// The part of a value that is no array; none for null.
pub(super) fn part(
    name: Option<&str>,
    value: &Rendered<'_>,
    context: &Context<'_>,
) -> Result<Option<Part>, EvalError> {
    let Some(members) = members(value) else {
        if value.is_null() {
            return Ok(None);
        }
        let mut body = Template::default();
        context.write_text(value, &mut body)?;
        return Ok(Some(Part { headers: headers(name, None, None)?, body }));
    };
    match describes(&members) {
        true => Description::read(&members)?.part(name, context),
        false => {
            let body = body::whole(value, Format::Json, context)?;
            Ok(Some(Part { headers: headers(name, None, Some("application/json"))?, body }))
        }
    }
}

/// Whether an object describes a part, or is one.
fn describes(members: &[Member<'_>]) -> bool {
    matches!(members, [("content", _)])
        || members.iter().any(|(key, _)| matches!(*key, "base64" | "filename" | "contentType"))
}

#[derive(Default)]
struct Description<'v> {
    content: Option<&'v Rendered<'v>>,
    base64: Option<&'v Rendered<'v>>,
    filename: Option<&'v str>,
    content_type: Option<&'v str>,
}

impl<'v> Description<'v> {
    fn read(members: &'v [Member<'v>]) -> Result<Self, EvalError> {
        let mut description = Self::default();
        for (key, value) in members {
            match *key {
                "content" => description.content = Some(value),
                "base64" => description.base64 = Some(value),
                "filename" => description.filename = text(value).map_err(|error| error.within(key))?,
                "contentType" => description.content_type = text(value).map_err(|error| error.within(key))?,
                _ => {
                    let message =
                        "a part has `content` or `base64`, `filename` and `contentType`, and nothing else";
                    return Err(EvalError::new(message).within(key));
                }
            }
        }
        Ok(description)
    }

    /// The part; none if its content is null.
    fn part(&self, name: Option<&str>, context: &Context<'_>) -> Result<Option<Part>, EvalError> {
        let (body, default_type) = match (self.content, self.base64) {
            (Some(value), None) | (None, Some(value)) if value.is_null() => return Ok(None),
            (Some(content), None) => {
                self.content(content, context).map_err(|error| error.within("content"))?
            }
            (None, Some(text)) => (
                bytes(text, context).map_err(|error| error.within("base64"))?,
                Some("application/octet-stream"),
            ),
            _ => return Err(EvalError::new("a part has one of `content` and `base64`")),
        };
        let headers = headers(name, self.filename, self.content_type.or(default_type))?;
        Ok(Some(Part { headers, body }))
    }

    fn content(
        &self,
        content: &Rendered<'_>,
        context: &Context<'_>,
    ) -> Result<(Template, Option<&'static str>), EvalError> {
        let structured = match content {
            Rendered::Array(_) | Rendered::Object(_) => true,
            other => matches!(other.value(), Some(Value::Array(_) | Value::Object(_))),
        };
        if !structured {
            let mut text = Template::default();
            context.write_text(content, &mut text)?;
            return Ok((text, None));
        }
        let format = self.content_type.map_or(Format::Json, Format::of);
        Ok((body::whole(content, format, context)?, Some("application/json")))
    }
}

/// Text that goes into a header of the part, where no secret may be; none for null.
fn text<'v>(value: &'v Rendered<'_>) -> Result<Option<&'v str>, EvalError> {
    match (value, value.value()) {
        (Rendered::Text(template), _) => Err(leak(template)),
        (_, Some(Value::Null)) => Ok(None),
        (_, Some(Value::String(text))) => Ok(Some(text)),
        _ => Err(EvalError::new("text was expected here")),
    }
}

/// A file: a hole that base64 text, or a secret of base64 text, fills with its bytes.
fn bytes(value: &Rendered<'_>, context: &Context<'_>) -> Result<Template, EvalError> {
    const NOT_BASE64: &str = "base64 text was expected here";
    let base64 = match (value, value.value()) {
        (Rendered::Text(template), _) => {
            context.spend(template.size())?;
            template.clone()
        }
        (_, Some(Value::String(text))) => {
            context.spend(text.len())?;
            let mut bytes = Vec::with_capacity(text.len());
            Encoder::FromBase64
                .encode(text.as_bytes(), &mut bytes)
                .map_err(|_| EvalError::new(NOT_BASE64))?;
            Template::text(text.as_str())
        }
        _ => return Err(EvalError::new(NOT_BASE64)),
    };
    if base64.is_empty() {
        return Ok(base64);
    }
    Ok(Template::hole(Content::Template(Box::new(base64)), Encoder::FromBase64))
}

/// The headers of a part.
fn headers(
    name: Option<&str>,
    filename: Option<&str>,
    content_type: Option<&str>,
) -> Result<String, EvalError> {
    let mut out = String::new();
    match (name, filename) {
        (Some(_), _) => out.push_str("Content-Disposition: form-data"),
        (None, Some(_)) => out.push_str("Content-Disposition: attachment"),
        (None, None) => {}
    }
    if let Some(name) = name {
        out.push_str(&format!("; name=\"{}\"", quoted(name)?));
    }
    if let Some(filename) = filename {
        let escaped = quoted(filename).map_err(|error| error.within("filename"))?;
        out.push_str(&format!("; filename=\"{escaped}\""));
    }
    out.push_str(if out.is_empty() { "" } else { "\r\n" });
    if let Some(content_type) = content_type {
        if !is_content_type(content_type) {
            let message = "a content type such as \"application/pdf\" was expected here";
            return Err(EvalError::new(message).within("contentType"));
        }
        out.push_str(&format!("Content-Type: {content_type}\r\n"));
    }
    Ok(out)
}

/// A name inside its quotes, as browsers write it (WHATWG HTML, multipart form data): `"` and line ends percent-encoded,
/// everything else as it is. A backslash is refused: some receivers read it as an escape, and would read past the quote.
fn quoted(name: &str) -> Result<String, EvalError> {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '"' => out.push_str("%22"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            '\\' => return Err(EvalError::new("the name of a part or a file may not hold a backslash")),
            '\0'..='\u{1f}' | '\u{7f}' => {
                return Err(EvalError::new("the name of a part or a file may not hold a control character"));
            }
            character => out.push(character),
        }
    }
    Ok(out)
}

/// `type/subtype`, perhaps with parameters: visible ASCII and space.
fn is_content_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let token = |text: &str| super::super::is_token(text);
    essence.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
