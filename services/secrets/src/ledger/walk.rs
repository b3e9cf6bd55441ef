//! Reading a ledger from its files, entry by entry, and proving each.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use seal::KeyRing;

use super::{
    chain::{Head, Line, Problem},
    checkpoint,
    error::Broken,
    segment::{self, Segment},
};

/// No entry is longer, in bytes: a file without line ends is not read into memory.
const MAX_LINE: u64 = 64 << 10;
/// What a file is read by at once, in bytes.
const BUFFER: usize = 256 << 10;

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last entry.
    pub head: Head,
    /// How many entries there are.
    pub entries: u64,
    /// Places where entries are left out, as in an export of one tenant.
    pub gaps: u64,
    /// The bytes of an entry at the very end that was never finished, and never answered for.
    pub unfinished: u64,
}

/// Proves every entry of a ledger's folder, and that none is missing: neither within nor at its end, as far as its checkpoint
/// tells. With the key ring, the checkpoint is proved as well; without it, whoever can write the folder can have changed
/// both. A ledger that is being written to meanwhile is proved up to what it held at the beginning.
///
/// # Errors
/// The first entry or file that is not as it was written.
pub fn verify(folder: &Path, ring: Option<&KeyRing>, known: Option<Head>) -> Result<Verified, Broken> {
    let checkpoint = checkpoint::read(folder, ring)?;
    let mut walk = Walk::new(Some(Head::START), [Some(checkpoint), known]);
    for segment in segment::list(folder)? {
        walk.segment(&segment)?;
    }
    walk.end()
}

/// Proves the entries of a file, such as an export, and that they follow each other. `gaps` allows entries to be left out.
/// `known` is a head that was noted down before.
///
/// # Errors
/// The first entry that is not as it was written.
pub fn verify_export(
    name: &Path,
    reader: impl Read,
    gaps: bool,
    known: Option<Head>,
) -> Result<Verified, Broken> {
    let mut walk = Walk { may_skip: gaps, ..Walk::new(None, [known, None]) };
    walk.file(name, reader)?;
    walk.end()
}

/// Proves one entry after the other.
pub(super) struct Walk {
    /// The entry before; none where the first one says itself what was before it.
    head: Option<Head>,
    /// The number that the first one must have, where the name of its file says so.
    first: Option<u64>,
    /// Heads that the chain must pass through.
    marks: [Option<Head>; 2],
    may_skip: bool,
    entries: u64,
    gaps: u64,
    unfinished: u64,
    /// Where the last entry ends.
    at: Place,
}

/// A place in a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) line: u64,
    pub(super) bytes: u64,
}

impl Walk {
    pub(super) fn new(before: Option<Head>, marks: [Option<Head>; 2]) -> Self {
        let at = Place::default();
        Self { head: before, first: None, marks, may_skip: false, entries: 0, gaps: 0, unfinished: 0, at }
    }

    /// Where the last entry ends.
    pub(super) fn place(&self) -> &Place {
        &self.at
    }

    /// Proves a file of the folder.
    pub(super) fn segment(&mut self, segment: &Segment) -> Result<(), Broken> {
        let expected = self.head.map_or(segment.first, |head| head.sequence + 1);
        if segment.first != expected {
            return Err(Broken::Segment { path: segment.path.clone(), sequence: expected });
        }
        let file = File::open(&segment.path).map_err(|error| Broken::io(&segment.path, error))?;
        self.first = Some(segment.first);
        self.file(&segment.path, file)
    }

    /// Proves the lines of a file.
    fn file(&mut self, path: &Path, file: impl Read) -> Result<(), Broken> {
        // Only the last file may end in the midst of an entry.
        self.finished()?;
        self.at = Place { path: path.to_owned(), line: 0, bytes: 0 };
        let mut reader = BufReader::with_capacity(BUFFER, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
            if read.map_err(|error| Broken::io(path, error))? == 0 {
                return Ok(());
            }
            match line.strip_suffix(b"\n") {
                Some(text) => self.line(text).map_err(|problem| self.broken(problem))?,
                None if line.len() as u64 == MAX_LINE => return Err(self.broken(Problem::Form)),
                None => {
                    self.unfinished = line.len() as u64;
                    return Ok(());
                }
            }
            self.at.line += 1;
            self.at.bytes += line.len() as u64;
        }
    }

    fn line(&mut self, text: &[u8]) -> Result<(), Problem> {
        let line = Line::read(text)?;
        let before = match self.head {
            None if self.first.is_some_and(|first| first != line.sequence) => {
                let after = self.first.unwrap_or_default().saturating_sub(1);
                return Err(Problem::Sequence { after, found: line.sequence });
            }
            None => line.before(),
            Some(head) if self.may_skip && line.sequence > head.sequence + 1 => {
                self.gaps += 1;
                line.before()
            }
            Some(head) => head,
        };
        let head = before.after(&line)?;
        if self.marks.iter().flatten().any(|mark| mark.sequence == head.sequence && *mark != head) {
            return Err(Problem::Checkpoint);
        }
        self.head = Some(head);
        self.entries += 1;
        Ok(())
    }

    /// That nothing is missing at the end.
    pub(super) fn end(self) -> Result<Verified, Broken> {
        let head = self.head.unwrap_or(Head::START);
        if self.marks.iter().flatten().any(|mark| mark.sequence > head.sequence) {
            return Err(self.broken(Problem::Missing));
        }
        Ok(Verified { head, entries: self.entries, gaps: self.gaps, unfinished: self.unfinished })
    }

    fn finished(&self) -> Result<(), Broken> {
        if self.unfinished > 0 { Err(self.broken(Problem::Form)) } else { Ok(()) }
    }

    fn broken(&self, problem: Problem) -> Broken {
        let sequence = self.head.map_or(1, |head| head.sequence + 1);
        Broken::Entry { path: self.at.path.clone(), line: self.at.line + 1, sequence, problem }
    }
}
