//! Objects as XML, by the `xmltodict` convention: attributes `@name`, text `#text`, arrays as repeated elements.

use crate::eval::{leak, refused};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Template};
use crate::value::Value;

/// An object of one member as a document; the member is its root element.
pub(super) fn render(value: Rendered<'_>) -> Result<Template, EvalError> {
    let mut out = Template::text("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    match members(&value)?.as_slice() {
        [(name, root)] if !is_array(root) => element(name, root, &mut out)?,
        _ => return Err(EvalError::new("XML needs an object of one member, its root element")),
    }
    Ok(out)
}

fn is_array(value: &Rendered<'_>) -> bool {
    matches!(value, Rendered::Array(_)) || matches!(value.value(), Some(Value::Array(_)))
}

/// The members of an object.
fn members<'v>(value: &'v Rendered<'_>) -> Result<Vec<(&'v str, Rendered<'v>)>, EvalError> {
    match value {
        Rendered::Object(members) => {
            Ok(members.iter().map(|(key, value)| (&**key, value.borrow())).collect())
        }
        Rendered::Text(template) => Err(leak(template)),
        other => match other.value().and_then(Value::as_object) {
            Some(object) => Ok(object.iter().map(|(key, value)| (key, Rendered::Data(value))).collect()),
            None => Err(EvalError::new("XML needs an object of one member, its root element")),
        },
    }
}

fn element(name: &str, value: &Rendered<'_>, out: &mut Template) -> Result<(), EvalError> {
    if !is_name(name) {
        return Err(EvalError::new("a member's name is not the name of an XML element"));
    }
    match (value, value.value()) {
        (Rendered::Array(items), _) => items.iter().try_for_each(|item| element(name, item, out)),
        (_, Some(Value::Array(items))) => {
            items.iter().try_for_each(|item| element(name, &Rendered::Data(item), out))
        }
        (Rendered::Object(_), _) | (_, Some(Value::Object(_))) => {
            structured(name, value, out).map_err(|error| error.within(name))
        }
        _ => {
            out.push_text(&format!("<{name}>"));
            put(value, Encoder::XmlText, out).map_err(|error| error.within(name))?;
            out.push_text(&format!("</{name}>"));
            Ok(())
        }
    }
}

fn structured(name: &str, value: &Rendered<'_>, out: &mut Template) -> Result<(), EvalError> {
    let members = members(value)?;
    out.push_text(&format!("<{name}"));
    for (key, value) in &members {
        if let Some(attribute) = key.strip_prefix('@') {
            if !is_name(attribute) {
                return Err(EvalError::new("a member's name is not the name of an XML attribute"));
            }
            out.push_text(&format!(" {attribute}=\""));
            put(value, Encoder::XmlAttribute, out)?;
            out.push_text("\"");
        }
    }
    out.push_text(">");
    for (key, value) in members.iter().filter(|(key, _)| !key.starts_with('@')) {
        match *key {
            "#text" => put(value, Encoder::XmlText, out)?,
            key => element(key, value, out)?,
        }
    }
    out.push_text(&format!("</{name}>"));
    Ok(())
}

fn put(value: &Rendered<'_>, encoder: Encoder, out: &mut Template) -> Result<(), EvalError> {
    out.place(value.to_template().map_err(refused)?, encoder).map_err(refused)
}

/// A name that needs no escaping (XML 1.0, production 5).
fn is_name(name: &str) -> bool {
    let starts = |c: char| c.is_alphabetic() || matches!(c, '_' | ':');
    let fits = |c: char| starts(c) || c.is_numeric() || matches!(c, '-' | '.');
    name.starts_with(starts) && name.chars().all(fits)
}
