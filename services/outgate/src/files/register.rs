//! `kind: Register`.

use mapping::{Value, relaxed};
use runtime::names::Id;
use serde::{Deserialize, de::IgnoredAny};

use super::{Document, Register, data::Data, integration::Name, problem::Problem, source::Source};
use crate::show;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    name: Name,
    unit: Option<Name>,
    text: Option<String>,
    document: Option<Data>,
}

/// Reads the document; `value` is the same as data, where the notation keeps more digits than typed reading.
pub(super) fn read(source: &Source<'_>, value: Option<&Value>) -> Result<Document, Vec<Problem>> {
    let spec: Spec = source.read()?;
    let exact = value.and_then(Value::as_object).and_then(|object| object.get("document")).cloned();
    let text = match (spec.text, exact.or(spec.document.map(|data| data.0))) {
        (Some(text), None) => checked(source, text)?,
        (None, Some(document)) => show::pretty(&document),
        (Some(_), Some(_)) => {
            return Err(vec![source.at_member(
                "document",
                "there is a `text` beside it; keep one of the two",
                None,
            )]);
        }
        (None, None) => {
            let message = "the register has no content; give it a `document`, or a `text` of relaxed JSON";
            return Err(vec![source.at_member("name", message, None)]);
        }
    };
    Ok(Document::Register(Register { key: Id::from(spec.name), unit: spec.unit.map(Id::from), text }))
}

/// The text within the document: what is wrong with it is shown in it, and where it stands.
fn checked(source: &Source<'_>, text: String) -> Result<String, Vec<Problem>> {
    match relaxed::parse(&text) {
        Ok(_) => Ok(text),
        Err(found) => {
            let name = format!("{}, in `text`", source.name);
            Err(found.iter().map(|diagnostic| Problem::of_diagnostic(&name, &text, diagnostic)).collect())
        }
    }
}
