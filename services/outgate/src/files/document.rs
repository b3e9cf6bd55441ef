//! Which kind of document a file is.

use mapping::Value;
use runtime::names::Id;
use serde::Deserialize;

use super::{
    Document, Register, integration,
    problem::Problem,
    register,
    source::{Notation, Source, nearest},
};

/// The kinds there are.
const KINDS: [&str; 2] = ["Integration", "Register"];

/// Reads and checks a whole file.
pub(super) fn read(source: &Source<'_>) -> Result<Document, Vec<Problem>> {
    let (kind, value) = match source.notation {
        Notation::Yaml => (kind_of_yaml(source)?, None),
        Notation::Relaxed => {
            let value = source.value()?;
            let kind = value.as_object().and_then(|object| object.get("kind")).and_then(Value::as_str);
            match kind.map(str::to_owned) {
                None => return bare(source).map(Document::Register),
                Some(kind) => (kind, Some(value)),
            }
        }
    };
    match kind.as_str() {
        "Integration" => integration::read(source, value.as_ref()),
        "Register" => register::read(source, value.as_ref()),
        other => Err(vec![unknown(source, other)]),
    }
}

/// Only what says how the rest is to be read.
#[derive(Deserialize)]
struct Header {
    kind: Option<String>,
}

fn kind_of_yaml(source: &Source<'_>) -> Result<String, Vec<Problem>> {
    let header: Header = source.read()?;
    header.kind.ok_or_else(|| {
        let message = format!("the document has no `kind`; the kinds are {}", KINDS.join(" and "));
        vec![source.at_member(
            "",
            &message,
            Some("a register without a `kind` is a *.json file named after its key"),
        )]
    })
}

fn unknown(source: &Source<'_>, kind: &str) -> Problem {
    let message = format!("there is no kind `{kind}`; the kinds are {}", KINDS.join(" and "));
    let help = match nearest(kind, &KINDS) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if source.notation == Notation::Relaxed => Some(
            "a register whose own data has a member `kind` goes into a document of `kind: Register`"
                .to_owned(),
        ),
        None => None,
    };
    source.at_member("kind", &message, help.as_deref())
}

/// A register named after its file. It was parsed already; its bytes stay as they are.
fn bare(source: &Source<'_>) -> Result<Register, Vec<Problem>> {
    let key = Id::parse("file name", &source.stem).map_err(|refusal| {
        let text = format!("a register's file is named after its key; {}", refusal.message());
        vec![Problem::of_file(source.name.as_ref(), &text)]
    })?;
    Ok(Register { key, unit: None, text: source.text.to_owned() })
}
