//! The file of cells: keys of one value each, written over in place when the value has ended.
//!
//! | part | bytes | content |
//! |---|---|---|
//! | magic | 16 | `outgate cells 1` and a line end |
//! | id | 16 | random; the pages in the store say the same |
//! | cells | 32 each | random |
//!
//! No cell crosses a sector, so a power cut leaves the old bytes of one or the new ones. That those beside it are left alone
//! is what every file relies on that is written over in place (SQLite calls it "powersafe overwrite",
//! <https://www.sqlite.org/psow.html>).

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom, SystemRandom};

use crate::Error;

/// The file's name.
pub(super) const NAME: &str = "cells";
pub(super) const CELL: usize = 32;
pub(super) const ID: usize = 16;
const MAGIC: &[u8; 16] = b"outgate cells 1\n";
const HEADER: usize = MAGIC.len() + ID;
/// The most cells that are written with one call.
const PIECE: u64 = 4096;

/// The file, opened. Held open from the start on, so that a failed write-back is heard of.
#[derive(Debug)]
pub(super) struct Cells {
    file: File,
    path: PathBuf,
    id: [u8; ID],
    random: SystemRandom,
}

impl Cells {
    /// Makes the file without a cell, in the place of one that no page in the store knows.
    pub(super) fn create(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NAME);
        let random = SystemRandom::new();
        let mut id = [0; ID];
        fill(&random, &mut id)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let made = options.open(&path).and_then(|file| {
            file.write_all_at(&[&MAGIC[..], &id].concat(), 0)?;
            file.sync_all()?;
            File::open(folder)?.sync_all()?;
            Ok(file)
        });
        let file = made.map_err(|error| failed("making", &path, error))?;
        Ok(Self { file, path, id, random })
    }

    /// Opens the file that the pages in the store know, which has so many cells at least.
    pub(super) fn open(folder: &Path, id: [u8; ID], cells: u64) -> Result<Self, Error> {
        let path = folder.join(NAME);
        let file =
            OpenOptions::new().read(true).write(true).open(&path).map_err(|error| match error.kind() {
                ErrorKind::NotFound => lost(&path, "is not there"),
                _ => failed("opening", &path, error),
            })?;
        let length = file.metadata().map_err(|error| failed("reading", &path, error))?.len();
        if length < place(cells) {
            return Err(lost(&path, &format!("has {length} bytes, and {} were written", place(cells))));
        }
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, 0).map_err(|error| failed("reading", &path, error))?;
        match header.strip_prefix(MAGIC) {
            None => return Err(lost(&path, "is no file of cells, or a newer Outgate's")),
            Some(found) if found != id => return Err(lost(&path, "is another store's")),
            Some(_) => {}
        }
        Ok(Self { file, path, id, random: SystemRandom::new() })
    }

    /// What the pages in the store call this file.
    pub(super) fn id(&self) -> [u8; ID] {
        self.id
    }

    /// What is in a cell. None: the file ends before it.
    pub(super) fn read(&self, cell: u64) -> Result<Option<[u8; CELL]>, Error> {
        let mut bytes = [0; CELL];
        match self.file.read_exact_at(&mut bytes, place(cell)) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(failed("reading", &self.path, error)),
        }
    }

    /// Writes these cells over with random bytes, or makes them, and returns when that is durable.
    pub(super) fn renew(&self, runs: impl IntoIterator<Item = Range<u64>>) -> Result<(), Error> {
        let mut bytes = Vec::new();
        let mut written = false;
        for run in runs {
            for first in run.clone().step_by(PIECE as usize) {
                let cells = (run.end - first).min(PIECE);
                bytes.resize(cells as usize * CELL, 0);
                fill(&self.random, &mut bytes)?;
                let wrote = self.file.write_all_at(&bytes, place(first));
                wrote.map_err(|error| failed("writing", &self.path, error))?;
                written = true;
            }
        }
        if written {
            self.file.sync_data().map_err(|error| failed("syncing", &self.path, error))?;
        }
        Ok(())
    }
}

/// Where a cell begins.
fn place(cell: u64) -> u64 {
    HEADER as u64 + cell.saturating_mul(CELL as u64)
}

fn fill(random: &SystemRandom, bytes: &mut [u8]) -> Result<(), Error> {
    let none = |_| Error::new(crate::ErrorKind::Io, "the operating system gave no random bytes");
    random.fill(bytes).map_err(none)
}

/// The file is not the one that values of the store are encrypted with.
fn lost(path: &Path, what: &str) -> Error {
    Error::corrupt(format!(
        "{} {what}; secrets cannot be read without it: put it back as it was, or restore the folder from a backup",
        path.display()
    ))
}

fn failed(doing: &str, path: &Path, error: io::Error) -> Error {
    Error::io(format!("{doing} {} failed", path.display()), error)
}
