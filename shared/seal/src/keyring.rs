//! The keys that records are sealed with.

mod file;
mod memory;
mod text;

use std::{fmt, path::Path};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::KeyRingError;

use self::memory::LockedKeys;

pub(crate) const KEY_LENGTH: usize = 32;
pub(crate) const KEY_ID_LENGTH: usize = 8;

/// Names a key of the ring, within records and in the key file. It is random, and tells nothing about the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; KEY_ID_LENGTH]);

impl KeyId {
    pub(crate) fn as_bytes(&self) -> &[u8; KEY_ID_LENGTH] {
        &self.0
    }
}

impl From<[u8; KEY_ID_LENGTH]> for KeyId {
    fn from(bytes: [u8; KEY_ID_LENGTH]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// One or several keys, of which one is active: it seals, all of them open.
///
/// The keys lie on pages of their own, locked into memory where the limit of the process permits it, and are wiped
/// when the ring is dropped.
pub struct KeyRing {
    active: usize,
    ids: Vec<KeyId>,
    keys: LockedKeys,
}

impl KeyRing {
    /// Makes a key file with one new key, and loads it.
    ///
    /// The file has mode 0600, is complete or not there at all, and is on disk (with its folder) on return.
    ///
    /// # Errors
    ///
    /// [`KeyRingError::Exists`] when there is a file already; else what went wrong with the disk.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, KeyRingError> {
        let path = path.as_ref();
        let mut id = [0; KEY_ID_LENGTH];
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        let random = SystemRandom::new();
        random.fill(&mut id).and_then(|()| random.fill(key.as_mut())).map_err(|_| KeyRingError::Random)?;
        file::write_new(path, &text::write(KeyId(id), &key))?;
        Self::load(path)
    }

    /// Loads a key file, having checked that it is there, whole, and private to this user.
    ///
    /// # Errors
    ///
    /// One of [`KeyRingError`] for each check that fails.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyRingError> {
        Self::load_without(path.as_ref(), file::PRIVATE)
    }

    /// Loads a key file that its group may read as well: Kubernetes mounts secrets so, for the group of the pod.
    ///
    /// # Errors
    ///
    /// One of [`KeyRingError`] for each check that fails.
    pub fn load_group_readable(path: impl AsRef<Path>) -> Result<Self, KeyRingError> {
        Self::load_without(path.as_ref(), file::GROUP_READABLE)
    }

    fn load_without(path: &Path, refused: u32) -> Result<Self, KeyRingError> {
        let content = file::read(path, refused)?;
        text::parse(&content).map_err(|problem| KeyRingError::Invalid {
            path: path.to_path_buf(),
            problem: problem.to_string(),
        })
    }

    /// The key that seals.
    #[must_use]
    pub fn active(&self) -> KeyId {
        self.ids[self.active]
    }

    /// Every key of the ring, in the order of the file.
    #[must_use]
    pub fn ids(&self) -> &[KeyId] {
        &self.ids
    }

    /// Why the keys could not be locked into memory and may be swapped out, if so: worth a warning at the start.
    #[must_use]
    pub fn memory_problem(&self) -> Option<&str> {
        self.keys.problem()
    }

    fn new(active: usize, keys: &[(KeyId, Zeroizing<[u8; KEY_LENGTH]>)]) -> Self {
        Self {
            active,
            ids: keys.iter().map(|(id, _)| *id).collect(),
            keys: LockedKeys::new(keys.iter().map(|(_, key)| &**key)),
        }
    }

    pub(crate) fn active_key(&self) -> (KeyId, &[u8; KEY_LENGTH]) {
        (self.active(), self.keys.get(self.active))
    }

    pub(crate) fn key(&self, id: KeyId) -> Option<&[u8; KEY_LENGTH]> {
        self.ids.iter().position(|known| *known == id).map(|index| self.keys.get(index))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("active", &self.active())
            .field("ids", &self.ids)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
