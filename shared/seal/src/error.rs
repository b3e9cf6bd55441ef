//! What can go wrong, and how little of it is told.

use std::{io, path::PathBuf};

/// Why a key ring could not be loaded or made. Every text names the file and the next step; none holds a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// There is no such file. Without its key a store must not start; a new store may make one.
    #[error("there is no key file at {path}; name the right file, or restore it from a backup")]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// A key file is there already, and is never overwritten.
    #[error("a key file is already at {path}, and is never overwritten; load it, or name another path")]
    Exists {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file's mode lets others at the keys.
    #[error("the key file {path} has mode {mode:04o}, so others can get at it; run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to somebody else.
    #[error("the key file {path} belongs to user {owner}, but this process runs as {user}; change its owner")]
    Owner {
        /// The file.
        path: PathBuf,
        /// User id of the file's owner.
        owner: u32,
        /// User id of this process.
        user: u32,
    },
    /// The text of the file is not a usable key ring.
    #[error("the key file {path} cannot be used: {problem}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without any of its content.
        problem: String,
    },
    /// This process may read the file and not write it, as where a secret is mounted.
    #[error("this process cannot change the key file {path}; change it where it comes from")]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("cannot {action} the key file {path}; check the folder, its permissions and the disk")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes to make a key from")]
    Random,
}

/// Why a secret could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The secret is longer than [`MAX_PLAINTEXT`](crate::MAX_PLAINTEXT).
    #[error("a secret of {length} bytes is too long; at most {max} can be sealed", max = crate::MAX_PLAINTEXT)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The cryptography could not work, for want of random bytes.
    #[error("the operating system gave no random bytes to seal with")]
    Random,
}

/// The record does not open under this key ring and context. Which of the many reasons it was is deliberately unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed record cannot be opened")]
pub struct OpenError;

/// Why a record could not be sealed anew.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenewError {
    /// It does not open.
    #[error(transparent)]
    Unreadable(#[from] OpenError),
    /// What was in it cannot be sealed.
    #[error(transparent)]
    Unsealed(#[from] SealError),
}
