//! What plans give: data that is borrowed where it can be, and text with holes.

use std::borrow::Cow;

use crate::path::Step;
use crate::template::{Content, EncodeError, Encoder, Part, Template};
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

    /// The same, independent of where its data lies.
    pub(crate) fn detach(self) -> Rendered<'static> {
        match self {
            Self::Data(value) => Rendered::Own(value.clone()),
            Self::Own(value) => Rendered::Own(value),
            Self::Text(template) => Rendered::Text(template),
            Self::Array(items) => Rendered::Array(items.into_iter().map(Self::detach).collect()),
            Self::Object(members) => {
                let detach =
                    |(key, value): (Cow<'_, str>, Self)| (Cow::Owned(key.into_owned()), value.detach());
                Rendered::Object(members.into_iter().map(detach).collect())
            }
        }
    }

    /// The value one step down; null if there is none.
    pub(crate) fn step(self, step: &Step) -> Self {
        match self {
            Self::Data(value) => value.step(step).map_or(Self::NULL, Self::Data),
            Self::Own(value) => value.step(step).map_or(Self::NULL, |value| Self::Own(value.clone())),
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

/// The length of the text of a template.
pub(crate) fn text_length(template: &Template) -> usize {
    let lengths = template.parts().iter().map(|part| match part {
        Part::Text(text) => text.len(),
        Part::Hole(_) => 0,
    });
    lengths.sum()
}
