//! Bodies: the form follows the content type, values are escaped for their place.

use super::format::Format;
use super::places::{JsonPlace, XmlPlace};
use super::{form, xml};
use crate::eval::{Context, refused};
use crate::plan::Plan;
use crate::rendered::{self, Rendered};
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

/// The body, and the content type it gets if the headers name none.
pub(super) fn render(
    plan: &BodyPlan,
    declared: Option<Format>,
    context: &Context<'_>,
) -> Result<(Option<Template>, Option<&'static str>), EvalError> {
    let format = declared.unwrap_or_else(|| default_format(plan));
    let body = match plan {
        BodyPlan::Value(plan) => {
            let value = context.eval(plan)?;
            if value.is_null() {
                return Ok((None, None));
            }
            whole(value, format)?
        }
        BodyPlan::Text(parts) => text(parts, format, context)?,
    };
    context.spend(rendered::text_length(&body))?;
    Ok((Some(body), declared.is_none().then(|| format.content_type())))
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

pub(super) const MULTIPART: &str = "a multipart body cannot be built: send JSON, a form, XML or text";
pub(super) const NO_FORM: &str = "an object or an array needs a content type of JSON, a form or XML";

fn whole(value: Rendered<'_>, format: Format) -> Result<Template, EvalError> {
    let is_text = match &value {
        Rendered::Text(_) => true,
        other => matches!(other.value(), Some(Value::String(_) | Value::Number(_) | Value::Bool(_))),
    };
    match format {
        Format::Json => {
            let mut out = Template::default();
            value.write_json(&mut out).map_err(refused)?;
            Ok(out)
        }
        Format::Multipart => Err(EvalError::new(MULTIPART)),
        _ if is_text => value.to_template().map_err(refused),
        Format::Form => form::render(value),
        Format::Xml => xml::render(value),
        Format::Text => Err(EvalError::new(NO_FORM)),
    }
}

fn text(parts: &[TextPart], format: Format, context: &Context<'_>) -> Result<Template, EvalError> {
    let mut out = Template::default();
    for part in parts {
        match part {
            TextPart::Text(text) => out.push_text(text),
            TextPart::Value { plan, json, xml } => {
                let value = context.eval(plan)?;
                let before = rendered::text_length(&out);
                place(&value, format, *json, *xml, &mut out)?;
                context.spend(rendered::text_length(&out) - before)?;
            }
        }
    }
    Ok(out)
}

fn place(
    value: &Rendered<'_>,
    format: Format,
    json: JsonPlace,
    xml: XmlPlace,
    out: &mut Template,
) -> Result<(), EvalError> {
    let encoder = match format {
        Format::Json if json == JsonPlace::Value => return value.write_json(out).map_err(refused),
        Format::Json => Encoder::JsonString,
        Format::Form => Encoder::Form,
        Format::Xml => xml_encoder(xml).map_err(EvalError::new)?,
        Format::Multipart => return Err(EvalError::new(MULTIPART)),
        Format::Text => Encoder::Raw,
    };
    out.place(value.to_template().map_err(refused)?, encoder).map_err(refused)
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
