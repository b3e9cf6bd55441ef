//! What plans give: data that is borrowed where it can be, and text with holes.

use std::borrow::Cow;

use crate::path::Step;
use crate::template::{Content, EncodeError, Encoder, Template};
use crate::value::{Value, write_string};

/// A value that may have holes in it.
#[derive(Clone, Debug)]
pub(crate) enum Rendered<'c> {
    /// Data that lies elsewhere.
    Data(&'c Value),
    Own(Value),
    /// Text with at least one hole.
    Text(Template),
    Array(Vec<Rendered<'c>>),
    Object(Vec<(Cow<'c, str>, Rendered<'c>)>),
}

impl<'c> Rendered<'c> {
    pub(crate) const NULL: Self = Self::Own(Value::Null);

    /// The value itself, if it is one of data.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Self::Data(value) => Some(value),
            Self::Own(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.value().is_some_and(Value::is_null)
    }

    /// The same, borrowed.
    pub(crate) fn borrow(&'c self) -> Rendered<'c> {
        match self {
            Self::Data(value) => Self::Data(value),
            Self::Own(value) => Self::Data(value),
            Self::Text(template) => Self::Text(template.clone()),
            Self::Array(items) => Self::Array(items.iter().map(Self::borrow).collect()),
            Self::Object(members) => Self::Object(
                members.iter().map(|(key, value)| (Cow::Borrowed(&**key), value.borrow())).collect(),
            ),
        }
    }

    /// How many values it takes to borrow it.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.count()).sum::<usize>(),
            _ => 1,
        }
    }

    /// How many bytes of text with holes are copied to borrow it.
    pub(crate) fn copied(&self) -> usize {
        match self {
            Self::Data(_) | Self::Own(_) => 0,
            Self::Text(template) => template.size(),
            Self::Array(items) => items.iter().map(Self::copied).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.copied()).sum(),
        }
    }

    /// The value one step down; null if there is none.
    pub(crate) fn step(self, step: &Step) -> Self {
        match self {
            Self::Data(value) => value.step(step).map_or(Self::NULL, Self::Data),
            Self::Own(mut value) => {
                value.step_mut(step).map_or(Self::NULL, |value| Self::Own(std::mem::take(value)))
            }
            Self::Text(_) => Self::NULL,
            Self::Array(items) => {
                step.index().and_then(|index| items.into_iter().nth(index)).unwrap_or(Self::NULL)
            }
            Self::Object(members) => members
                .into_iter()
                .find(|(key, _)| key == step.as_str())
                .map_or(Self::NULL, |(_, value)| value),
        }
    }

    /// Appends the value as text: strings as they are, null as nothing, everything else as JSON.
    pub(crate) fn write_text(&self, out: &mut Template) -> Result<(), EncodeError> {
        match self {
            Self::Data(value) => value_text(value, out),
            Self::Own(value) => value_text(value, out),
            Self::Text(template) => out.push_template(template.clone()),
            structure => structure.write_json(out)?,
        }
        Ok(())
    }

    /// Appends the value as compact JSON.
    pub(crate) fn write_json(&self, out: &mut Template) -> Result<(), EncodeError> {
        match self {
            Self::Data(value) => out.write_with(|out| value.write_json(out)),
            Self::Own(value) => out.write_with(|out| value.write_json(out)),
            Self::Text(template) => {
                out.push_text("\"");
                out.place(template.clone(), Encoder::JsonString)?;
                out.push_text("\"");
            }
            Self::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    out.push_text(if index == 0 { "[" } else { "," });
                    item.write_json(out)?;
                }
                out.push_text(if items.is_empty() { "[]" } else { "]" });
            }
            Self::Object(members) => {
                for (index, (key, value)) in members.iter().enumerate() {
                    out.push_text(if index == 0 { "{" } else { "," });
                    out.write_with(|out| write_string(key, out));
                    out.push_text(":");
                    value.write_json(out)?;
                }
                out.push_text(if members.is_empty() { "{}" } else { "}" });
            }
        }
        Ok(())
    }

    /// The value as text of its own.
    pub(crate) fn to_template(&self) -> Result<Template, EncodeError> {
        let mut out = Template::default();
        self.write_text(&mut out)?;
        Ok(out)
    }
}

impl From<Template> for Rendered<'_> {
    fn from(template: Template) -> Self {
        match template.into_text() {
            Ok(text) => Self::Own(Value::String(text)),
            Err(template) => Self::Text(template),
        }
    }
}

fn value_text(value: &Value, out: &mut Template) {
    match value {
        Value::Null => {}
        Value::String(text) => out.push_text(text),
        other => out.write_with(|out| other.write_json(out)),
    }
}

/// A secret as a value.
pub(crate) fn secret(name: &str) -> Rendered<'static> {
    Rendered::Text(Template::hole(Content::Secret(name.to_owned()), Encoder::Raw))
}

/// The first secret in a template, by name.
pub(crate) fn hole_name(template: &Template) -> Option<&str> {
    template.holes().find_map(|hole| match &hole.content {
        Content::Secret(name) => Some(name.as_str()),
        _ => None,
    })
}
