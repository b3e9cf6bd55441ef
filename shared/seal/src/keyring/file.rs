//! The key file on disk: read only if it is private, written only if it is new.

use std::{
    fs::{File, Metadata},
    io::{self, Read, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};

use zeroize::Zeroizing;

use crate::KeyRingError;

/// Far more than a full ring needs; a larger file is not a key file.
const MAX_FILE: usize = 32 * 1024;

/// Permission bits that a key file must not have: those of group and others.
pub(super) const PRIVATE: u32 = 0o077;
/// The same where the group may read the file.
pub(super) const GROUP_READABLE: u32 = 0o037;

/// The content of a key file that has none of the `refused` permission bits.
pub(super) fn read(path: &Path, refused: u32) -> Result<Zeroizing<Vec<u8>>, KeyRingError> {
    let failed = |source| io_error(path, "read", source);
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file, not of the path: the path may name another file by now.
    check(path, &file.metadata().map_err(failed)?, rustix::process::geteuid().as_raw(), refused)?;
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
    file.take(MAX_FILE as u64).read_to_end(&mut content).map_err(failed)?;
    Ok(content)
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

/// Writes a new file, atomically and durably: beside its place, synced, moved there only if nothing is there, and the
/// folder synced.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), KeyRingError> {
    let failed = |source| io_error(path, "write", source);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Named temporary files are made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".keyring-").tempfile_in(folder).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|refused| failed(refused.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn io_error(path: &Path, action: &'static str, source: io::Error) -> KeyRingError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound if action == "read" => KeyRingError::Missing { path },
        io::ErrorKind::AlreadyExists => KeyRingError::Exists { path },
        _ => KeyRingError::Io { path, action, source },
    }
}
