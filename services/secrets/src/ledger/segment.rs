//! The files of entries: each is named after its first one, and only the last grows.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::error::Broken;

const EXTENSION: &str = "jsonl";

/// A file of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The number of its first entry.
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

impl Segment {
    pub(super) fn new(folder: &Path, first: u64) -> Self {
        Self { first, path: folder.join(format!("{first:020}.{EXTENSION}")) }
    }

    /// Opens the file to write on, and makes it where it is missing, durable with its name. It may be there, and empty, where the
    /// first group for it could not be written.
    pub(super) fn create(&self, folder: &Path) -> io::Result<File> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        file.sync_all()?;
        sync(folder)?;
        Ok(file)
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Every file of entries, in order. Files of other names are not looked at.
pub(super) fn list(folder: &Path) -> Result<Vec<Segment>, Broken> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| Broken::io(folder, error))? {
        let path = entry.map_err(|error| Broken::io(folder, error))?.path();
        let first = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let Some(first) = first.filter(|_| path.extension().is_some_and(|found| found == EXTENSION)) {
            segments.push(Segment { first, path });
        }
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments)
}
