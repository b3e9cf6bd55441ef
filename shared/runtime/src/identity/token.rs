//! Token files: one line of text, for their owner alone.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use ring::rand::{SecureRandom, SystemRandom};

/// Random bytes of a token that is made here.
const TOKEN_BYTES: usize = 32;
/// A token shorter than this can be guessed.
const MIN_TOKEN: usize = 16;

/// Why a token file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read or written.
    #[error("token file {}: cannot be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others can read the file.
    #[error("token file {}: readable by others (mode {mode:o}); chmod 600 it, and change the token if somebody may have read it", path.display())]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds no token worth the name.
    #[error("token file {}: holds no token of at least {MIN_TOKEN} visible ASCII characters on one line", path.display())]
    Weak {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes for a token")]
    Random,
}

/// Checks that a file that holds something secret is not readable by everybody; `group` says whether the group may read
/// it.
///
/// # Errors
/// When the file is absent or open to others.
pub fn check_private(path: &Path, group: bool) -> Result<(), TokenError> {
    let io = |source| TokenError::Io { path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(io)?.permissions().mode() & 0o777;
    if mode & if group { 0o007 } else { 0o077 } != 0 {
        return Err(TokenError::Readable { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Reads a token, without the line's end. The file must not be readable by everybody; `group` says whether the group
/// may (Kubernetes makes mounted secrets group-readable for an `fsGroup`).
///
/// # Errors
/// When the file is absent, open to others, or holds no usable token.
pub fn read_token(path: &Path, group: bool) -> Result<Vec<u8>, TokenError> {
    let io = |source| TokenError::Io { path: path.to_owned(), source };
    check_private(path, group)?;
    let text = fs::read(path).map_err(io)?;
    let token = text.trim_ascii();
    if token.len() < MIN_TOKEN || !token.iter().all(u8::is_ascii_graphic) {
        return Err(TokenError::Weak { path: path.to_owned() });
    }
    Ok(token.to_vec())
}

/// Makes a random token in a new file of mode 0600, durably.
///
/// # Errors
/// When the file is there already or cannot be written.
pub fn create_token(path: &Path) -> Result<(), TokenError> {
    let io = |source| TokenError::Io { path: path.to_owned(), source };
    let mut random = [0; TOKEN_BYTES];
    SystemRandom::new().fill(&mut random).map_err(|_| TokenError::Random)?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    // Written beside and linked into place: a crash leaves a whole file or none.
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(io)?;
    file.write_all(token.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .map_err(io)?;
    fs::hard_link(&temporary, path).map_err(io)?;
    fs::remove_file(&temporary).map_err(io)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
}
