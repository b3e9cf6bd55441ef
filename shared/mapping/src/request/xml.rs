//! Objects as XML, by the `xmltodict` convention: attributes `@name`, text `#text`, arrays as repeated elements.

use super::members::{items, members};
use crate::eval::refused;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Template};
use crate::xml_name::is_name;

/// An object of one member as a document; the member is its root element.
pub(super) fn render(value: Rendered<'_>) -> Result<Template, EvalError> {
    let mut out = Template::text("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    match members(&value).as_deref() {
        Some([(name, root)]) if repeats(root) == 1 => element(name, root, &mut out)?,
        _ => return Err(EvalError::new(NO_ROOT)),
    }
    Ok(out)
}

const NO_ROOT: &str = "XML needs an object of one member, its root element";

/// How many elements a value becomes.
fn repeats(value: &Rendered<'_>) -> usize {
    items(value).map_or(1, |items| items.iter().map(repeats).sum())
}

fn element(name: &str, value: &Rendered<'_>, out: &mut Template) -> Result<(), EvalError> {
    if !is_name(name) {
        return Err(EvalError::new("a member's name is not the name of an XML element"));
    }
    if let Some(items) = items(value) {
        return items.iter().try_for_each(|item| element(name, item, out));
    }
    if let Some(members) = members(value) {
        return structured(name, &members, out).map_err(|error| error.within(name));
    }
    out.push_text(&format!("<{name}>"));
    put(value, Encoder::XmlText, out).map_err(|error| error.within(name))?;
    out.push_text(&format!("</{name}>"));
    Ok(())
}

fn structured(name: &str, members: &[(&str, Rendered<'_>)], out: &mut Template) -> Result<(), EvalError> {
    out.push_text(&format!("<{name}"));
    for (key, value) in members {
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
