//! Bodies: the form follows the content type, values are escaped for their place.

use super::format::Format;
use super::places::{JsonPlace, XmlPlace};
use super::{form, multipart, xml};
use crate::eval::Context;
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Template};
use crate::value::Value;

/// `requestMapping.body`, compiled.
#[derive(Debug)]
pub(super) enum BodyPlan {
    /// One value: an object, an array, or a string that is one expression alone. It is written in the form of the content
    /// type, so a string in a JSON body is a JSON string.
    Value(Plan),
    /// Text with values in it.
    Text(Vec<TextPart>),
}

#[derive(Debug)]
pub(super) enum TextPart {
    Text(String),
    Value { plan: Plan, json: JsonPlace, xml: XmlPlace },
}

/// A body, and what the headers have to say of it.
#[derive(Default)]
pub(super) struct Made {
    pub(super) body: Option<Template>,
    /// The content type, where the headers name none.
    pub(super) content_type: Option<&'static str>,
    /// The boundary of its parts, which the content type has to name.
    pub(super) boundary: Option<String>,
}

pub(super) fn render(
    plan: &BodyPlan,
    declared: Option<Format>,
    context: &Context<'_>,
) -> Result<Made, EvalError> {
    let format = declared.unwrap_or_else(|| default_format(plan));
    let body = match plan {
        BodyPlan::Value(plan) if format == Format::Json && plan.is_structure() => {
            let mut out = Template::with_capacity(ROOM);
            context.write_plan(plan, 0, &mut out)?;
            out
        }
        BodyPlan::Value(plan) => {
            let value = context.eval(plan)?;
            if value.is_null() {
                return Ok(Made::default());
            }
            if format.is_multipart() {
                let (body, boundary) = multipart::render(&value, format, context)?;
                return Ok(Made { body: Some(body), content_type: None, boundary: Some(boundary) });
            }
            whole(&value, format, context)?
        }
        BodyPlan::Text(_) if format.is_multipart() => return Err(EvalError::new(multipart::NO_TEXT)),
        BodyPlan::Text(parts) => text(parts, format, context)?,
    };
    let content_type = declared.is_none().then(|| format.content_type());
    Ok(Made { body: Some(body), content_type, boundary: None })
}

/// The form of a body whose content type nobody names.
pub(super) fn default_format(plan: &BodyPlan) -> Format {
    match plan {
        BodyPlan::Value(_) => Format::Json,
        BodyPlan::Text(parts) => match parts.first() {
            Some(TextPart::Text(text)) => Format::guess(text),
            _ => Format::Text,
        },
    }
}

pub(super) const NO_FORM: &str =
    "an object or an array needs a content type of JSON, a form, multipart or XML";

/// Enough for most bodies, so that they are written without moving.
const ROOM: usize = 512;

/// A value in the form of a content type that has no parts.
pub(super) fn whole(
    value: &Rendered<'_>,
    format: Format,
    context: &Context<'_>,
) -> Result<Template, EvalError> {
    let is_text = match value {
        Rendered::Text(_) => true,
        other => matches!(other.value(), Some(Value::String(_) | Value::Number(_) | Value::Bool(_))),
    };
    if format == Format::Json {
        let mut out = Template::with_capacity(ROOM);
        context.write_json(value, 0, &mut out)?;
        return Ok(out);
    }
    match format {
        _ if is_text => {
            let mut out = Template::default();
            context.write_text(value, &mut out)?;
            Ok(out)
        }
        Format::Form => form::render(value, context),
        Format::Xml => xml::render(value, context),
        Format::Json | Format::Text | Format::FormData | Format::Multipart => Err(EvalError::new(NO_FORM)),
    }
}

fn text(parts: &[TextPart], format: Format, context: &Context<'_>) -> Result<Template, EvalError> {
    let mut out = Template::default();
    for part in parts {
        match part {
            TextPart::Text(text) => context.put(text, &mut out)?,
            TextPart::Value { plan, json, xml } => {
                let value = context.eval(plan)?;
                place(&value, format, (*json, *xml), context, &mut out)?;
            }
        }
    }
    Ok(out)
}

fn place(
    value: &Rendered<'_>,
    format: Format,
    (json, xml): (JsonPlace, XmlPlace),
    context: &Context<'_>,
    out: &mut Template,
) -> Result<(), EvalError> {
    let encoder = match format {
        Format::Json if json == JsonPlace::Value => return context.write_json(value, 0, out),
        Format::Json => Encoder::JsonString,
        Format::Form => Encoder::Form,
        Format::Xml => xml_encoder(xml).map_err(EvalError::new)?,
        Format::Text | Format::FormData | Format::Multipart => Encoder::Raw,
    };
    context.place(value, encoder, out)
}

/// How a value is escaped at a place of XML text, or why it cannot stand there.
pub(super) fn xml_encoder(place: XmlPlace) -> Result<Encoder, &'static str> {
    match place {
        XmlPlace::Text => Ok(Encoder::XmlText),
        XmlPlace::Attribute(_) => Ok(Encoder::XmlAttribute),
        XmlPlace::Tag => Err("a value may stand in the text of XML or in a quoted attribute, not in a tag"),
        XmlPlace::Markup(_) => {
            Err("a value may not stand in a comment, a CDATA section or a declaration of XML")
        }
    }
}
