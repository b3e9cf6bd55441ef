//! Objects as XML, by the `xmltodict` convention: attributes `@name`, text `#text`, arrays as repeated elements.

use super::members::{Member, items, members};
use crate::eval::Context;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Template};
use crate::xml_name::is_name;

/// An object of one member as a document; the member is its root element.
pub(super) fn render(value: &Rendered<'_>, context: &Context<'_>) -> Result<Template, EvalError> {
    let mut writer = Writer { context, out: Template::default() };
    writer.put("<?xml version=\"1.0\" encoding=\"utf-8\"?>")?;
    match members(value).as_deref() {
        Some([(name, root)]) if repeats(root) == 1 => writer.member(name, root)?,
        _ => return Err(EvalError::new(NO_ROOT)),
    }
    Ok(writer.out)
}

const NO_ROOT: &str = "XML needs an object of one member, its root element";

/// How many elements a value becomes.
fn repeats(value: &Rendered<'_>) -> usize {
    items(value).map_or(1, |items| items.map(|item| repeats(&item)).sum())
}

/// Counts whatever it writes, names above all: data says how long they are, and how often they are repeated.
struct Writer<'w> {
    context: &'w Context<'w>,
    out: Template,
}

impl Writer<'_> {
    /// A member of an object as an element, or several.
    fn member(&mut self, name: &str, value: &Rendered<'_>) -> Result<(), EvalError> {
        if !is_name(name) {
            return Err(EvalError::new("a member's name is not the name of an XML element"));
        }
        self.elements(name, value)
    }

    fn elements(&mut self, name: &str, value: &Rendered<'_>) -> Result<(), EvalError> {
        self.context.burn(1)?;
        if let Some(mut items) = items(value) {
            return items.try_for_each(|item| self.elements(name, &item));
        }
        ["<", name].into_iter().try_for_each(|text| self.put(text))?;
        match members(value) {
            Some(members) => self.content(&members),
            None => self.put(">").and_then(|()| self.value(value, Encoder::XmlText)),
        }
        .map_err(|error| error.within(name))?;
        ["</", name, ">"].into_iter().try_for_each(|text| self.put(text))
    }

    /// What an object makes of its element, from the attributes on.
    fn content(&mut self, members: &[Member<'_>]) -> Result<(), EvalError> {
        for (key, value) in members {
            if let Some(attribute) = key.strip_prefix('@') {
                if !is_name(attribute) {
                    return Err(EvalError::new("a member's name is not the name of an XML attribute"));
                }
                [" ", attribute, "=\""].into_iter().try_for_each(|text| self.put(text))?;
                self.value(value, Encoder::XmlAttribute)?;
                self.put("\"")?;
            }
        }
        self.put(">")?;
        for (key, value) in members.iter().filter(|(key, _)| !key.starts_with('@')) {
            match *key {
                "#text" => self.value(value, Encoder::XmlText)?,
                key => self.member(key, value)?,
            }
        }
        Ok(())
    }

    fn put(&mut self, text: &str) -> Result<(), EvalError> {
        self.context.put(text, &mut self.out)
    }

    fn value(&mut self, value: &Rendered<'_>, encoder: Encoder) -> Result<(), EvalError> {
        self.context.place(value, encoder, &mut self.out)
    }
}
