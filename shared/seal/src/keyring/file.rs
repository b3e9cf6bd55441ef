//! The key file on disk: read only if it is private, written whole or not at all.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::{
    fs::{FlockOperation, flock},
    process::geteuid,
};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{KeyList, text};
use crate::KeyRingError;

/// Far more than a full ring needs; a larger file is not a key file.
const MAX_FILE: usize = 32 * 1024;

/// Permission bits that a key file must not have: those of group and others.
pub(super) const PRIVATE: u32 = 0o077;
/// The same where the group may read the file.
pub(super) const GROUP_READABLE: u32 = 0o037;

/// Where a ring's keys are kept, and who may read them there.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
    refused: u32,
}

/// Which content of a file was read: another one has another stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
    mode: u32,
    owner: u32,
}

impl KeyFile {
    /// The key file at a path. `group_readable` says whether its group may read it, as Kubernetes mounts secrets for the
    /// group of a pod.
    #[must_use]
    pub fn new(path: &Path, group_readable: bool) -> Self {
        Self { path: path.to_owned(), refused: if group_readable { GROUP_READABLE } else { PRIVATE } }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file, having checked that it is there, whole, and private.
    ///
    /// # Errors
    ///
    /// One of [`KeyRingError`] for each check that fails.
    pub fn read(&self) -> Result<(KeyList, Stamp), KeyRingError> {
        let failed = |source| self.failed("read", source);
        let file = File::open(&self.path).map_err(failed)?;
        // Asked of the open file, not of the path: the path may name another file by now.
        let metadata = file.metadata().map_err(failed)?;
        check(&self.path, &metadata, geteuid().as_raw(), self.refused)?;
        let mut content = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
        file.take(MAX_FILE as u64).read_to_end(&mut content).map_err(failed)?;
        let list = text::parse(&content).map_err(|problem| self.invalid(problem.to_string()))?;
        Ok((list, stamp(&metadata)))
    }

    /// Which content the file has now; none where there is no file that could be asked.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        fs::metadata(&self.path).ok().as_ref().map(stamp)
    }

    /// Makes the file. It has mode 0600, is complete or not there at all, and is on disk (with its folder) on return.
    ///
    /// # Errors
    ///
    /// [`KeyRingError::Exists`] when there is a file already; else what went wrong with the disk.
    pub fn create(&self, list: &KeyList) -> Result<Stamp, KeyRingError> {
        let failed = |source| self.failed("write", source);
        let folder = folder(&self.path);
        let written = write_beside(folder, list).map_err(failed)?;
        let file = written.persist_noclobber(&self.path).map_err(|refused| failed(refused.error))?;
        sync(folder).map_err(failed)?;
        file.metadata().map(|metadata| stamp(&metadata)).map_err(failed)
    }

    /// Changes the list and writes the file anew: whoever opens it finds the old list or the new one, whole, and the new
    /// one is on disk on return. Other processes that change the same file wait.
    ///
    /// # Errors
    ///
    /// What `change` answers; [`KeyRingError::ReadOnly`] where this process may not write there; what stops a read; what
    /// went wrong with the disk.
    pub fn update<E: From<KeyRingError>>(
        &self,
        change: impl FnOnce(&mut KeyList) -> Result<(), E>,
    ) -> Result<(KeyList, Stamp), E> {
        let failed = |source| self.failed("write", source);
        // Where the path is a link, the file it leads to is replaced, not the link.
        let path = fs::canonicalize(&self.path).map_err(|source| self.failed("read", source))?;
        let folder = folder(&path);
        let lock = File::open(folder).map_err(failed)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| failed(error.into()))?;
        let (mut list, _) = self.read()?;
        let metadata = fs::metadata(&path).map_err(failed)?;
        if metadata.uid() != geteuid().as_raw() {
            return Err(KeyRingError::ReadOnly { path: self.path.clone() }.into());
        }
        change(&mut list)?;
        let written = write_beside(folder, &list).map_err(failed)?;
        let readable = fs::Permissions::from_mode(metadata.mode() & 0o640);
        written.as_file().set_permissions(readable).map_err(failed)?;
        written.as_file().sync_all().map_err(failed)?;
        let file = written.persist(&path).map_err(|refused| failed(refused.error))?;
        sync(folder).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        Ok((list, stamp(&metadata)))
    }

    /// The file, with what is wrong with what it says.
    #[must_use]
    pub fn invalid(&self, problem: String) -> KeyRingError {
        KeyRingError::Invalid { path: self.path.clone(), problem }
    }

    pub(super) fn failed(&self, action: &'static str, source: io::Error) -> KeyRingError {
        let path = self.path.clone();
        match source.kind() {
            io::ErrorKind::NotFound if action == "read" => KeyRingError::Missing { path },
            io::ErrorKind::AlreadyExists => KeyRingError::Exists { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if action == "write" => {
                KeyRingError::ReadOnly { path }
            }
            _ => KeyRingError::Io { path, action, source },
        }
    }
}

/// Refuses a file that is not one, is too large, is open to others, or belongs to another user than root or `user`.
pub(super) fn check(path: &Path, metadata: &Metadata, user: u32, refused: u32) -> Result<(), KeyRingError> {
    let path = || path.to_path_buf();
    if !metadata.is_file() {
        return Err(KeyRingError::Invalid { path: path(), problem: "it is not a regular file".to_owned() });
    }
    if metadata.mode() & refused != 0 {
        return Err(KeyRingError::Exposed { path: path(), mode: metadata.mode() & 0o7777 });
    }
    // A file of root's that this process can read was given to it on purpose (a mounted secret).
    if metadata.uid() != user && metadata.uid() != 0 {
        return Err(KeyRingError::Owner { path: path(), owner: metadata.uid(), user });
    }
    if metadata.len() > MAX_FILE as u64 {
        let problem = format!("it has {} bytes, and a key file has at most {MAX_FILE}", metadata.len());
        return Err(KeyRingError::Invalid { path: path(), problem });
    }
    Ok(())
}

/// Writes a list into a new file of the folder, synced, that goes away again unless it is moved to its place.
fn write_beside(folder: &Path, list: &KeyList) -> io::Result<NamedTempFile> {
    // Named temporary files are made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".keyring-").tempfile_in(folder)?;
    file.write_all(&text::write(list))?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn stamp(metadata: &Metadata) -> Stamp {
    Stamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        length: metadata.len(),
        modified: metadata.modified().ok(),
        mode: metadata.mode(),
        owner: metadata.uid(),
    }
}
