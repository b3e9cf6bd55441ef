//! Files that are applied: found, read, and checked whole before anything is sent.

use std::{
    fs,
    path::{Path, PathBuf},
};

use proto::integrations::v1::Integration;
use runtime::names::Id;

use crate::failure::Failure;

pub(crate) use integration::shown;
use problem::Problem;
use source::Source;

mod data;
mod document;
mod integration;
mod locate;
mod problem;
mod quantity;
mod register;
mod source;
mod walk;

/// One file, read and found good.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) document: Document,
}

/// What a file says.
#[derive(Debug, PartialEq)]
pub(crate) enum Document {
    /// `kind: Integration`.
    Integration {
        /// Its name.
        id: Id,
        /// Its definition, without a resource name.
        definition: Box<Integration>,
    },
    /// `kind: Register`, or a bare register.
    Register(Register),
}

/// A register's text and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Register {
    /// Its key.
    pub(crate) key: Id,
    /// The business unit that the file names. None: what the command line says.
    pub(crate) unit: Option<Id>,
    /// Relaxed JSON, byte for byte where the file is bare.
    pub(crate) text: String,
}

/// Reads every file that the paths name. All of them are read, so that one go tells everything that is wrong.
///
/// # Errors
/// When any file cannot be used, or two say the same thing: nothing may be applied then.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let found = walk::walk(paths)?;
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in found {
        match text(&path).and_then(|text| document::read(&Source::new(&path, &text))) {
            Ok(document) => files.push(File { path, document }),
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(twice(&files));
    if problems.is_empty() { Ok(files) } else { Err(problem::failure(&problems)) }
}

/// Reads a file as a register, whatever command it is for.
pub(crate) fn read_register(path: &Path) -> Result<Register, Failure> {
    let wrong = |problems: Vec<Problem>| problem::failure(&problems);
    let text = text(path).map_err(wrong)?;
    match document::read(&Source::new(path, &text)).map_err(wrong)? {
        Document::Register(register) => Ok(register),
        Document::Integration { .. } => {
            Err(Failure::file(format!("{}: is an integration; name a file with a register", path.display())))
        }
    }
}

/// Whether a path ends like the file of a bare register.
pub(crate) fn is_register_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn text(path: &Path) -> Result<String, Vec<Problem>> {
    let bytes = fs::read(path).map_err(|error| vec![Problem::of_file(path, &error.to_string())])?;
    String::from_utf8(bytes).map_err(|_| vec![Problem::of_file(path, "is no UTF-8 text; save it as UTF-8")])
}

/// Files that say the same thing as an earlier one.
fn twice(files: &[File]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, file) in files.iter().enumerate() {
        if let Some(first) = files[..index].iter().find(|first| first.document.is_same(&file.document)) {
            let text = format!("{} is also in {}; keep one of the two", file.document, first.path.display());
            problems.push(Problem::of_file(&file.path, &text));
        }
    }
    problems
}

impl Document {
    /// Whether both are about the same thing.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Integration { id, .. }, Self::Integration { id: other, .. }) => id == other,
            (Self::Register(register), Self::Register(other)) => {
                register.key == other.key && register.unit == other.unit
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integration { id, .. } => write!(f, "integration {id}"),
            Self::Register(Register { key, unit: None, .. }) => write!(f, "register {key}"),
            Self::Register(Register { key, unit: Some(unit), .. }) => write!(f, "register {key} of {unit}"),
        }
    }
}

#[cfg(test)]
mod tests;
