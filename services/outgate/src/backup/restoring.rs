//! Making a data folder of a backup. The store is there when everything was read, checked and made durable, or not at all.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, BufReader},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use prost::Message;
use seal::KeyRing;
use secrets::ledger::{self, Broken};
use store::{Restore, SledStore};

use crate::serve;

use super::{
    Change, HEAD, Head, LEDGER, Piece, STORE,
    ledger::Writing,
    opening::{Opener, OpeningError},
};

/// Why nothing was restored. Each names the file or the folder, and the next step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestoreError {
    /// The backup cannot be used.
    #[error("{}: {source}", path.display())]
    Backup { path: PathBuf, source: OpeningError },
    /// It holds a part that this Outgate does not know.
    #[error("{}: holds a section `{section}` that this Outgate does not know; restore it with the Outgate that wrote it, or a newer one", path.display())]
    Newer { path: PathBuf, section: String },
    /// Secrets in it are sealed with a key that is not there.
    #[error("{}: records in it are sealed with the key {key}, which is not in the key file; name the whole key file of the suite", path.display())]
    KeyMissing { path: PathBuf, key: String },
    /// There is a store already.
    #[error("{} is there already, and a restore never writes over data; name another folder with --data, or move this one away", path.display())]
    Exists { path: PathBuf },
    /// The data folder cannot be written.
    #[error("{}: {source}", path.display())]
    Data { path: PathBuf, source: io::Error },
    /// The audit ledger in it does not prove.
    #[error("{}: the audit ledger in it is not as it was written: {source}; use another backup", path.display())]
    Ledger { path: PathBuf, source: Box<Broken> },
    /// The store cannot be made.
    #[error("the store in {} cannot be made: {source}", path.display())]
    Store { path: PathBuf, source: store::Error },
}

/// What was restored.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) entries: u64,
    pub(crate) revision: u64,
    /// The Outgate that wrote the backup.
    pub(crate) version: String,
    /// How many entries of the audit ledger; none: the backup has no ledger, or there was one, which stayed.
    pub(crate) audited: Option<u64>,
}

/// Makes the store of `data` of the backup in `path`, and the audit ledger, unless there is one. Blocks.
///
/// # Errors
/// When anything of the backup is not as it was written, or the folder cannot be made; then there is no store in it.
pub(crate) fn restore(path: &Path, ring: &KeyRing, data: &Path) -> Result<Restored, RestoreError> {
    let wrong = |source| RestoreError::Data { path: data.to_owned(), source };
    let file = File::open(path)
        .map_err(|error| RestoreError::Backup { path: path.to_owned(), source: error.into() })?;
    let place = data.join("store");
    if place.exists() {
        return Err(RestoreError::Exists { path: place });
    }
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(wrong)?;
    // What a restore that was killed has left is of no use to anybody.
    let unfinished = [data.join("store.restoring"), data.join("ledger.restoring")];
    let clear = || unfinished.iter().try_for_each(|folder| remove(folder));
    clear().map_err(wrong)?;
    let [store, ledger] = &unfinished;
    let mut restored = fill(path, file, ring, store, ledger).inspect_err(|_| {
        // The error that is told is the first one.
        let _ = clear();
    })?;
    // The store last: where it is, all is. A ledger that is there knows as much as the backup, or more, and stays.
    let kept = data.join(serve::LEDGER);
    if restored.audited.is_some() && !kept.exists() {
        fs::rename(ledger, &kept).map_err(wrong)?;
    } else {
        restored.audited = None;
        remove(ledger).map_err(wrong)?;
    }
    fs::rename(store, &place).map_err(wrong)?;
    File::open(data).and_then(|folder| folder.sync_all()).map_err(wrong)?;
    Ok(restored)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Fills a new store and a new ledger, opens the one once as a suite would, and proves the other.
fn fill(
    path: &Path,
    file: File,
    ring: &KeyRing,
    folder: &Path,
    audit: &Path,
) -> Result<Restored, RestoreError> {
    let backup = |source| RestoreError::Backup { path: path.to_owned(), source };
    let failed = |source| RestoreError::Store { path: folder.to_owned(), source };
    let unwritten = |source| RestoreError::Data { path: audit.to_owned(), source };
    let mut opener = Opener::new(BufReader::with_capacity(1 << 20, file), ring).map_err(backup)?;
    let mut restore = Restore::begin(folder).map_err(failed)?;
    let (mut version, mut end, mut written, mut read) = (None, None, None, 0);
    while let Some((section, message)) = opener.next().map_err(backup)? {
        read += 1;
        // What was sealed was written by an Outgate, so what does not fit is a newer one's.
        let newer = || RestoreError::Newer { path: path.to_owned(), section: section.to_owned() };
        match section {
            HEAD if version.is_none() => {
                let head = Head::decode(message).map_err(|_| newer())?;
                check_keys(path, ring, &head)?;
                version = Some(head.version);
            }
            STORE if end.is_none() => {
                let change = Change::decode(message).map_err(|_| newer())?;
                if change.key.is_empty() {
                    end = Some(store::Revision::new(change.revision));
                } else {
                    restore.apply(change.into_event().ok_or_else(newer)?).map_err(failed)?;
                }
            }
            LEDGER if end.is_some() => {
                let piece = Piece::decode(message).map_err(|_| newer())?;
                let mut writing = match written.take() {
                    Some(writing) => writing,
                    None => Writing::begin(audit).map_err(unwritten)?,
                };
                if !writing.write(&piece).map_err(unwritten)? {
                    return Err(newer());
                }
                written = Some(writing);
            }
            _ => return Err(newer()),
        }
    }
    let (Some(version), Some(revision)) = (version, end) else {
        return Err(backup(OpeningError::Cut(read)));
    };
    let entries = restore.finish(revision).map_err(failed)?;
    drop(SledStore::open(folder).map_err(failed)?);
    let audited = match written {
        None => None,
        Some(writing) => {
            writing.finish().map_err(unwritten)?;
            let proved = ledger::verify(audit, Some(ring), None);
            let proved = proved
                .map_err(|source| RestoreError::Ledger { path: path.to_owned(), source: Box::new(source) });
            Some(proved?.entries)
        }
    };
    Ok(Restored { entries, revision: revision.get(), version, audited })
}

/// Every key of the suite must be there: which of them a record was sealed with, only its service knows.
fn check_keys(path: &Path, ring: &KeyRing, head: &Head) -> Result<(), RestoreError> {
    let known: Vec<_> = ring.sealing().ids().iter().map(ToString::to_string).collect();
    match head.keys.iter().find(|key| !known.contains(key)) {
        None => Ok(()),
        Some(key) => Err(RestoreError::KeyMissing { path: path.to_owned(), key: key.clone() }),
    }
}
