//! The barrier: what makes writes survive a power cut.
//!
//! sled 0.34's own `flush` ends with `sync_file_range`, which writes back the pages of the file but neither its size and
//! extents nor the disk's cache. So each barrier is sled's flush and then an fsync of every file of the folder that has
//! changed since it was last synced, and of the folders themselves where a name has come or gone.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::Error;

/// sled's log, which every write changes.
pub(super) const LOG: &str = "db";

/// The files of a database folder, as they were when they were last made durable.
#[derive(Debug)]
pub(super) struct Barrier {
    folder: PathBuf,
    /// Held open from the start on: the kernel reports a failed write-back once to each open file, so that a file opened
    /// anew would not hear of a failure that sled's own background sync was told, and swallowed.
    log: File,
    synced: BTreeMap<PathBuf, Stamp>,
}

/// What changes when a file is written; a folder has none that says enough, so its names are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl Barrier {
    /// Makes everything in the folder durable. `log` is its log, opened before sled opened it.
    pub(super) fn open(folder: PathBuf, log: File) -> Result<Self, Error> {
        let mut barrier = Self { folder, log, synced: BTreeMap::new() };
        barrier.sync()?;
        Ok(barrier)
    }

    /// Makes everything that was written to the folder's files durable.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.log.sync_all().map_err(|error| failed("syncing", &self.folder.join(LOG), error))?;
        let found = self.list()?;
        for (path, stamp) in &found {
            if self.synced.get(path) != Some(stamp) {
                sync(path)?;
            }
        }
        if !found.keys().eq(self.synced.keys()) {
            for folder in [self.blobs(), self.folder.clone()] {
                sync(&folder)?;
            }
        }
        self.synced = found;
        Ok(())
    }

    /// Every file of the folder and of its one subfolder, without the log.
    fn list(&self) -> Result<BTreeMap<PathBuf, Stamp>, Error> {
        let mut found = BTreeMap::new();
        for folder in [self.folder.clone(), self.blobs()] {
            list(&folder, &mut found).map_err(|error| failed("listing", &folder, error))?;
        }
        found.remove(&self.folder.join(LOG));
        Ok(found)
    }

    /// Where sled puts pages that are too long for its log.
    fn blobs(&self) -> PathBuf {
        self.folder.join("blobs")
    }
}

fn list(folder: &Path, found: &mut BTreeMap<PathBuf, Stamp>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                found.insert(entry.path(), Stamp::of(&metadata));
            }
            Ok(_) => {}
            // Removed since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes one file or folder durable. One that is gone needs nothing: its folder is synced.
pub(super) fn sync(path: &Path) -> Result<(), Error> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("syncing", path, error)),
        _ => Ok(()),
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Self { inode: metadata.ino(), length: metadata.len(), changed }
    }
}

fn failed(doing: &str, path: &Path, error: io::Error) -> Error {
    Error::io(format!("{doing} {} failed", path.display()), error)
}
