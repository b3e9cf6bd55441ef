//! Which files are meant.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// What a file that is applied ends in.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// Files as they are named, folders with all that is below them, in the order of their names. Hidden ones are left
/// out: editors and version control keep theirs there.
///
/// # Errors
/// When a path is not there, cannot be read, or holds nothing that could be applied.
pub(super) fn walk(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        let wrong = |error: io::Error| Failure::file(format!("{}: {error}", path.display()));
        if !fs::metadata(path).map_err(wrong)?.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        folder(path, &mut found)?;
        if found.len() == before {
            return Err(Failure::file(format!("{}: holds no *.json, *.yaml or *.yml", path.display())));
        }
    }
    Ok(found)
}

fn folder(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let wrong = |error: io::Error| Failure::file(format!("{}: {error}", path.display()));
    let entries = fs::read_dir(path).map_err(wrong)?;
    let mut entries =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if entry.is_dir() {
            folder(&entry, found)?;
        } else if entry
            .extension()
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
        {
            found.push(entry);
        }
    }
    Ok(())
}
