//! The folder of a store, and the lock that keeps it for one process.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::barrier::sync;
use super::open::{failed, open_file, unopened};
use super::{Options, SledStore};
use crate::{Error, ErrorKind};

/// A store's folder that this process has taken and no other can open: what lies beside the store, and is kept by whoever has it
/// open, can be read before it is open, too.
#[derive(Debug)]
pub struct Folder {
    pub(super) path: PathBuf,
    /// Locked while it is open.
    pub(super) lock: File,
}

impl Folder {
    /// Takes the folder, which is made where it is missing, until the store is dropped that is opened in it, or this is.
    ///
    /// # Errors
    /// `InUse` when another process has it, `Full` and `Io` from the system.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        let taken = make(folder).and_then(|()| lock(folder));
        let lock = taken.map_err(|error| unopened(folder, error))?;
        Ok(Self { path: folder.to_owned(), lock })
    }

    /// Opens the store in it, as [`SledStore::open`] does.
    ///
    /// # Errors
    /// As [`SledStore::open`], but for `InUse`.
    pub fn open(self, options: &Options) -> Result<SledStore, Error> {
        SledStore::over(self, options)
    }
}

fn make(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| failed("making", folder, error))?;
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => Ok(()),
    }
}

/// Takes the folder for this process, for as long as the file is open.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let mut file = open_file(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
            let holder =
                if known { format!("process {}", holder.trim()) } else { "another process".to_owned() };
            let text =
                format!("the store at {} is open in {holder}; one process at a time", folder.display());
            return Err(Error::new(ErrorKind::InUse, text));
        }
        Err(TryLockError::Error(error)) => return Err(failed("locking", &path, error)),
    }
    let noted = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    noted.map_err(|error| failed("writing", &path, error))?;
    Ok(file)
}
