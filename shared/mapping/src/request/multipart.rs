//! Multipart bodies: `multipart/form-data` (RFC 7578) from an object, other `multipart/…` (RFC 2046, 5.1) from an array.
//!
//! | value | part |
//! | --- | --- |
//! | text, a number, a boolean | its text |
//! | null | none |
//! | an array | a part of the same name for each element |
//! | an object with `base64`, `filename` or `contentType`, or with `content` alone | what it describes, see below |
//! | any other object | its JSON, as `application/json` |
//!
//! `{ "content": …, "filename": …, "contentType": … }` describes a part: its content is text, which leaves as it is, or an
//! object or array, which takes the form of the content type (JSON without one). `base64` in the place of `content` is a
//! file, which leaves as the bytes that its text stands for.

mod boundary;
mod describe;

pub(super) use boundary::{name_boundary, names_boundary};

use super::format::Format;
use super::members::{items, members};
use crate::eval::Context;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::Template;

pub(super) const NO_TEXT: &str =
    "a multipart body is made from its parts: write an object or an array, not the text of one";
pub(super) const NO_NAMES: &str = "a multipart/form-data body is an object: each member a part of its name";
pub(super) const NO_PARTS: &str = "a multipart body other than multipart/form-data is an array of parts";
pub(super) const OWN_BOUNDARY: &str =
    "the boundary is made for each request: leave the parameter `boundary` out";

/// One part: its headers, each with its line end, and its body.
struct Part {
    headers: String,
    body: Template,
}

/// The body, and the boundary between its parts.
pub(super) fn render(
    value: &Rendered<'_>,
    format: Format,
    context: &Context<'_>,
) -> Result<(Template, String), EvalError> {
    let mut parts = Vec::new();
    if format == Format::FormData {
        for (name, value) in members(value).ok_or_else(|| EvalError::new(NO_NAMES))? {
            push(Some(name), &value, context, &mut parts).map_err(|error| error.within(name))?;
        }
    } else {
        for (index, value) in items(value).ok_or_else(|| EvalError::new(NO_PARTS))?.enumerate() {
            let within = |error: EvalError| error.within(&format!("[{index}]"));
            push(None, &value, context, &mut parts).map_err(within)?;
        }
    }
    let boundary = boundary::choose(context.seed(), &parts)?;
    Ok((join(parts, &boundary), boundary))
}

/// Appends the part of a value, or the parts of an array.
fn push(
    name: Option<&str>,
    value: &Rendered<'_>,
    context: &Context<'_>,
    parts: &mut Vec<Part>,
) -> Result<(), EvalError> {
    if let Some(mut items) = items(value) {
        return items.try_for_each(|item| push(name, &item, context, parts));
    }
    if let Some(part) = describe::part(name, value, context)? {
        context.spend(part.headers.len())?;
        parts.push(part);
    }
    Ok(())
}

fn join(parts: Vec<Part>, boundary: &str) -> Template {
    let mut out = Template::default();
    for part in parts {
        out.push_text(&format!("--{boundary}\r\n{}\r\n", part.headers));
        out.push_template(part.body);
        out.push_text("\r\n");
    }
    out.push_text(&format!("--{boundary}--\r\n"));
    out
}

#[cfg(test)]
mod tests;
