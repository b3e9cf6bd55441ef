//! Opening the folder: make, recover, compare.
//!
//! sled's recovery takes its log up to the first thing it cannot read for the whole of it, and says nothing. What it lost
//! since the last barrier our own log has. Two checks stand behind both: the summary that every group writes must match what
//! is there, and the `mark`, which holds a revision that was durable, must not be ahead of it. And because it writes over
//! what it could not read, the whole file is read once before sled sees it: a disk that fails then changes nothing.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::backend::{AMPLIFIED, Durability, Sled};
use super::barrier::{Barrier, LOG, sync};
use super::contain::{Database, damaged};
use super::folder::Folder;
use super::log::Log;
use super::record::{SUMMARY_KEY, Summary};
use super::survey::Found;
use crate::{Error, ErrorKind, Options, Revision};

/// The length of sled's segments, in bytes.
///
/// sled writes over a segment that holds nothing of use any more when what was moved out of it is written, and when a later
/// segment was begun since; but written is not durable before the next barrier. So less than a segment may be written between
/// two barriers: then what was moved is durable before anything can be written over it. (With sled's 512 KiB and barriers
/// 1 MiB apart, 2 of 60 power cuts left a database that did not open.)
pub(crate) const SEGMENT: usize = 8 << 20;

/// Opens the store in `folder`. What it stands at, and which keys will expire.
pub(super) fn open(folder: Folder, options: &Options) -> Result<(Sled, Found), Error> {
    let path = folder.path.clone();
    open_folder(folder, options).map_err(|error| unopened(&path, error))
}

/// What is said of a disk that does not let the store be opened.
pub(super) fn unopened(folder: &Path, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Io => error.followed_by(&format!(
            "the store at {} was not opened; start again when its disk works",
            folder.display()
        )),
        _ => error,
    }
}

fn open_folder(Folder { path, lock }: Folder, options: &Options) -> Result<(Sled, Found), Error> {
    let folder = path.as_path();
    let database = folder.join("sled");
    if !database.try_exists().map_err(|error| failed("looking for", &database, error))? {
        make_database(folder, &database, options)?;
    }
    remove_unfinished_snapshots(&database)?;
    check_segments(&database)?;
    let read = read_through(&database)?;
    let db = start(&database, options)?;
    let summary = db.call("reading the summary of", |db| db.get(SUMMARY_KEY))?;
    let summary = summary.and_then(|record| Summary::decode(&record));
    let summary = summary.ok_or_else(|| damaged("the summary is missing, or of a newer version"))?;
    // Recovery writes too; nothing is served from what is not durable.
    let barrier = Barrier::open(database, read)?;
    let (log, logged) = Log::open(folder)?;
    let (mark, marked) = open_mark(folder)?;
    let mut backend = Sled {
        db,
        summary: Mutex::new(summary),
        durability: Mutex::new(Durability { log, pending: 0, most_pending: SEGMENT / AMPLIFIED }),
        barrier: Mutex::new(barrier),
        mark,
        folder: path.clone(),
        reserve_bytes: options.reserve_bytes,
        _lock: lock,
    };
    let revision = backend.replay(logged)?;
    if marked > revision {
        let text = format!("revision {marked} was durable, and only {revision} is there");
        return Err(damaged(&text));
    }
    write_mark(&mut backend.mark, revision)
        .map_err(|error| failed("writing", &folder.join("mark"), error))?;
    sync(folder)?;
    let found = compare(&backend)?;
    Ok((backend, found))
}

/// Compares what is there with what was written.
fn compare(backend: &Sled) -> Result<Found, Error> {
    let summary = *backend.summary.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found = backend.survey()?;
    if (found.summary.entries, found.summary.fingerprint) != (summary.entries, summary.fingerprint) {
        let (there, written) = (found.summary.entries, summary.entries);
        return Err(damaged(&format!("{there} entries are there, not the {written} that were written")));
    }
    found.summary.revision = summary.revision;
    Ok(found)
}

/// Makes an empty database beside its place, and moves it there when it is whole and durable.
fn make_database(folder: &Path, database: &Path, options: &Options) -> Result<(), Error> {
    let unfinished = folder.join("sled.new");
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("removing", &unfinished, error));
        }
        _ => {}
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&unfinished)
        .map_err(|error| failed("making", &unfinished, error))?;
    let file = open_file(&unfinished.join(LOG))?;
    let db = start(&unfinished, options)?;
    let summary = Summary::default().encode();
    db.call("writing the first record of", |db| db.insert(SUMMARY_KEY, summary).and_then(|_| db.flush()))?;
    drop(db);
    Barrier::open(unfinished.clone(), file)?;
    fs::rename(&unfinished, database).map_err(|error| failed("renaming", &unfinished, error))?;
    sync(folder)
}

/// Refuses a database whose segments are of another length, with which writes would not survive power cuts.
fn check_segments(database: &Path) -> Result<(), Error> {
    let path = database.join("conf");
    let bytes = fs::read(&path).map_err(|error| failed("reading", &path, error))?;
    // A checksum stands behind the text.
    let text = String::from_utf8_lossy(&bytes);
    let length = text.lines().find_map(|line| line.strip_prefix("segment_size: "));
    match length.and_then(|length| length.trim().parse::<usize>().ok()) {
        Some(SEGMENT) => Ok(()),
        Some(length) => {
            let text =
                format!("{} has segments of {length} bytes, which no release has written", path.display());
            Err(damaged(&text))
        }
        None => Err(damaged(&format!("{} does not say how long segments are", path.display()))),
    }
}

/// Has the system read all of sled's file, so that what cannot be read is told before anything is written. The file, still open.
/// It goes to where nothing is copied, which takes a quarter of the time that reading it into this process does.
fn read_through(database: &Path) -> Result<File, Error> {
    let path = database.join(LOG);
    let mut file = open_file(&path)?;
    let nowhere = Path::new("/dev/null");
    let nowhere =
        OpenOptions::new().write(true).open(nowhere).map_err(|error| failed("opening", nowhere, error));
    io::copy(&mut file, &mut nowhere?).map_err(|error| failed("reading", &path, error))?;
    Ok(file)
}

/// Removes what a recovery that died (or met a full disk) has left: sled would take the half-written file for its newest
/// snapshot, find it damaged, and never start again. The snapshot before it is there until a new one is whole.
fn remove_unfinished_snapshots(database: &Path) -> Result<(), Error> {
    let listed = fs::read_dir(database).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    for entry in listed.map_err(|error| failed("listing", database, error))? {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path()).map_err(|error| failed("removing", &entry.path(), error))?;
        }
    }
    Ok(())
}

/// Starts sled. A thread of a store that this process has just closed can hold sled's own lock a moment longer; ours is
/// held, so no other process can be meant, and it is waited for.
fn start(database: &Path, options: &Options) -> Result<Database, Error> {
    let mut attempts = 0;
    loop {
        let config =
            sled::Config::new().path(database).segment_size(SEGMENT).cache_capacity(options.cache_bytes);
        let opened = Database::open(database, || match config.open() {
            Err(sled::Error::Io(error)) if is_lock(&error) => Ok(None),
            other => other.map(Some),
        })?;
        match opened {
            Some(db) => return Ok(db),
            None if attempts < 250 => thread::park_timeout(Duration::from_millis(20)),
            None => {
                let text = format!("the database at {} is still open", database.display());
                return Err(Error::new(ErrorKind::InUse, text));
            }
        }
        attempts += 1;
    }
}

/// sled has no kind for it.
fn is_lock(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Other && error.to_string().contains("could not acquire lock")
}

/// The mark of a revision: its number, and the number inverted, to know a whole one.
pub(super) fn mark(revision: Revision) -> [u8; 16] {
    let number = revision.get().to_be_bytes();
    let mut mark = [0; 16];
    for (place, byte) in mark.iter_mut().zip(number.into_iter().chain(number.map(|byte| !byte))) {
        *place = byte;
    }
    mark
}

/// The mark's file, and the revision in it; zero where there is none.
fn open_mark(folder: &Path) -> Result<(File, Revision), Error> {
    let path = folder.join("mark");
    let mut file = open_file(&path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| failed("reading", &path, error))?;
    let number = bytes.first_chunk::<8>().map_or(0, |number| u64::from_be_bytes(*number));
    let revision = Revision::new(number);
    let whole = bytes == mark(revision);
    Ok((file, if whole { revision } else { Revision::ZERO }))
}

fn write_mark(file: &mut File, revision: Revision) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    file.write_all_at(&mark(revision), 0)?;
    file.sync_all()
}

pub(super) fn open_file(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    file.map_err(|error| failed("opening", path, error))
}

pub(super) fn failed(doing: &str, path: &Path, error: io::Error) -> Error {
    Error::io(format!("{doing} {} failed", path.display()), error)
}
