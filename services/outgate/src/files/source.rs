//! A file's text in either notation, and typed reading with every error at its place.

use std::{ops::Range, path::Path};

use mapping::{Value, relaxed};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use serde_saphyr::MessageFormatter;

use super::{
    locate::{self, Step},
    problem::Problem,
};

/// A file's text.
#[derive(Debug)]
pub(super) struct Source<'a> {
    /// The file, as errors name it.
    pub(super) name: String,
    /// The file's name without its ending.
    pub(super) stem: String,
    /// What is in it.
    pub(super) text: &'a str,
    /// How it is written.
    pub(super) notation: Notation,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// YAML.
    Yaml,
    /// Relaxed JSON.
    Relaxed,
}

impl<'a> Source<'a> {
    /// A file's text; the name's ending says how it is written.
    pub(super) fn new(path: &Path, text: &'a str) -> Self {
        let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        Self {
            name: path.display().to_string(),
            stem: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            text,
            notation: if yaml { Notation::Yaml } else { Notation::Relaxed },
        }
    }

    /// The document as data. Relaxed JSON alone: YAML is always read as a type.
    pub(super) fn value(&self) -> Result<Value, Vec<Problem>> {
        let of = |diagnostic: &mapping::Diagnostic| Problem::of_diagnostic(&self.name, self.text, diagnostic);
        relaxed::parse(self.text)
            .map(|document| document.to_value())
            .map_err(|found| found.iter().map(of).collect())
    }

    /// The document as a type.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Vec<Problem>> {
        let problem = match self.notation {
            Notation::Yaml => match serde_saphyr::from_str(self.text) {
                Ok(read) => return Ok(read),
                Err(error) => self.of_yaml(&error),
            },
            Notation::Relaxed => {
                let json = self.value()?.to_json();
                match serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&json)) {
                    Ok(read) => return Ok(read),
                    Err(error) => self.of_json(&error),
                }
            }
        };
        Err(vec![problem])
    }

    /// A problem at a member of the document's top level.
    pub(super) fn at_member(&self, key: &str, message: &str, help: Option<&str>) -> Problem {
        let span = match self.notation {
            Notation::Relaxed => locate::value(self.text, &[Step::Key(key)]),
            Notation::Yaml => member_of_yaml(self.text, key),
        };
        self.problem(span.unwrap_or(0..0), message, help)
    }

    fn problem(&self, span: Range<usize>, message: &str, help: Option<&str>) -> Problem {
        Problem::at(&self.name, self.text, span, "file", message, help)
    }

    fn of_yaml(&self, error: &serde_saphyr::Error) -> Problem {
        let error = error.without_snippet();
        let span = error.location().and_then(|location| span(self.text, location)).unwrap_or(0..0);
        let text = message(error);
        let (message, help) = proposal(&text);
        self.problem(span, &message, help.as_deref())
    }

    fn of_json(&self, error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
        // serde_json adds the place in the JSON that was made of the text; it means nothing to the author.
        let text = error.inner().to_string();
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        let (message, help) = proposal(text);
        let mut steps: Vec<Step<'_>> = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Map { key } => Some(Step::Key(key)),
                Segment::Enum { variant } => Some(Step::Key(variant)),
                Segment::Seq { index } => Some(Step::Index(*index)),
                Segment::Unknown => None,
            })
            .collect();
        // An unknown field is shown at its key, and a missing one where it should stand.
        let unknown = unknown_field(text);
        if let Some(field) = unknown {
            if steps.last().is_some_and(|step| matches!(step, Step::Key(key) if *key == field)) {
                steps.pop();
            }
            steps.push(Step::Key(field));
        }
        let found =
            if unknown.is_some() { locate::key(self.text, &steps) } else { locate::value(self.text, &steps) };
        self.problem(found.unwrap_or(0..0), &message, help.as_deref())
    }
}

/// The bytes of a YAML location.
fn span(text: &str, location: serde_saphyr::Location) -> Option<Range<usize>> {
    let line = usize::try_from(location.line()).ok()?.checked_sub(1)?;
    let column = usize::try_from(location.column()).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..)?;
    let at = start + rest.char_indices().nth(column).map_or(rest.trim_end().len(), |(offset, _)| offset);
    let length = usize::try_from(location.span().byte_len().unwrap_or(1)).unwrap_or(1);
    let end_of_line = text[at..].find('\n').map_or(text.len(), |offset| at + offset);
    Some(at..(at + length).min(end_of_line).max(at))
}

/// Where a key stands at the top level of YAML.
fn member_of_yaml(text: &str, key: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')) {
            return Some(start..start + line.trim_end().len());
        }
        start += line.len();
    }
    None
}

/// The field that serde did not know.
fn unknown_field(text: &str) -> Option<&str> {
    text.strip_prefix("unknown field `")?.split('`').next()
}

/// What a YAML error says, in the words of somebody who writes files and not of somebody who calls the parser.
fn message(error: &serde_saphyr::Error) -> String {
    match error {
        serde_saphyr::Error::MultipleDocuments { .. } => {
            "the file holds more than one document; use a file for each".to_owned()
        }
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` is there twice")
        }
        error => {
            let text = serde_saphyr::DefaultMessageFormatter.format_message(error);
            match &*text {
                "expected end of mapping after enum variant value" => {
                    "there is more than one kind here; keep one".to_owned()
                }
                "invalid boolean" => "expected true or false".to_owned(),
                text => text.to_owned(),
            }
        }
    }
}

/// A serde message, and the nearest of the names that it lists.
fn proposal(text: &str) -> (String, Option<String>) {
    let rest = text.strip_prefix("unknown field `").or_else(|| text.strip_prefix("unknown variant `"));
    let Some((written, known)) = rest.and_then(|rest| rest.split_once("`, expected ")) else {
        return (text.to_owned(), None);
    };
    let known = known.trim_start_matches("one of ").replace(" or ", ", ");
    let known: Vec<&str> = known.split(", ").map(|name| name.trim_matches('`')).collect();
    (text.to_owned(), nearest(written, &known).map(|name| format!("did you mean `{name}`?")))
}

/// The name that was probably meant.
pub(super) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let near =
        known.iter().map(|name| (strsim::jaro_winkler(&written.to_lowercase(), &name.to_lowercase()), *name));
    near.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}
