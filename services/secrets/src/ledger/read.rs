//! Reading entries while the ledger is written to.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::PathBuf,
};

use super::{
    chain::{Head, Line},
    error::Broken,
    segment::{self, Segment},
    writer::Position,
};

/// The lines of a ledger, from a number up to the head that it had. It does not prove that they follow each other: whoever
/// gets them can.
pub(crate) struct Lines {
    /// Files that are still to be read, the next one last.
    segments: Vec<Segment>,
    end: Position,
    from: u64,
    reader: Option<BufReader<io::Take<File>>>,
    path: PathBuf,
}

impl Lines {
    pub(super) fn new(folder: &std::path::Path, end: Position, from: u64) -> Result<Self, Broken> {
        let mut segments = segment::list(folder)?;
        segments.retain(|segment| segment.first <= end.segment.first);
        let first = segments.iter().rposition(|segment| segment.first <= from).unwrap_or(0);
        segments.drain(..first);
        segments.reverse();
        Ok(Self { segments, end, from, reader: None, path: PathBuf::new() })
    }

    fn read(&mut self) -> Result<Option<(u64, String)>, Broken> {
        loop {
            let Some(reader) = &mut self.reader else {
                match self.open()? {
                    None => return Ok(None),
                    opened => self.reader = opened,
                }
                continue;
            };
            let mut line = String::new();
            let read = reader.read_line(&mut line).map_err(|error| Broken::io(&self.path, error))?;
            if read == 0 {
                self.reader = None;
                continue;
            }
            line.truncate(line.trim_end_matches('\n').len());
            let head: Head = match Line::read(line.as_bytes()) {
                Ok(line) => line.head(),
                // It goes out as it is, for whoever proves the chain to see.
                Err(_) => return Ok(Some((0, line))),
            };
            if head.sequence >= self.from {
                return Ok(Some((head.sequence, line)));
            }
        }
    }

    fn open(&mut self) -> Result<Option<BufReader<io::Take<File>>>, Broken> {
        let Some(segment) = self.segments.pop() else { return Ok(None) };
        let wrong = |error| Broken::io(&segment.path, error);
        let mut file = File::open(&segment.path).map_err(wrong)?;
        // What comes behind is being written.
        let bytes = match segment.first == self.end.segment.first {
            true => self.end.bytes,
            false => file.seek(SeekFrom::End(0)).map_err(wrong)?,
        };
        file.rewind().map_err(wrong)?;
        self.path = segment.path;
        Ok(Some(BufReader::new(file.take(bytes))))
    }
}

impl Iterator for Lines {
    type Item = Result<(u64, String), Broken>;

    /// The number of an entry, and its line; the number is 0 where the line is no entry any more.
    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
