//! The keys that records are sealed with.

mod file;
mod key;
mod list;
mod memory;
mod set;
mod text;

use std::{
    fmt,
    ops::Deref,
    path::Path,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::KeyRingError;

pub use self::{
    file::{KeyFile, Stamp},
    key::{Key, ListedKey, StoredKey, WeakKey},
    list::{KeyList, ListError},
    set::{KeySet, RingKey, SetError},
};

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

/// A text that is no key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key id has {digits} hexadecimal digits", digits = KEY_ID_LENGTH * 2)]
pub struct NoKeyId;

impl FromStr for KeyId {
    type Err = NoKeyId;

    fn from_str(digits: &str) -> Result<Self, NoKeyId> {
        let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| NoKeyId)?;
        <[u8; KEY_ID_LENGTH]>::try_from(bytes).map(Self).map_err(|_| NoKeyId)
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

/// One or several keys, of which one is active: it seals, all of them open. They can be replaced while the ring is in
/// use.
pub struct KeyRing {
    now: RwLock<Arc<KeySet>>,
    /// Sets that were replaced, as long as somebody may still seal with them.
    former: Mutex<Vec<Weak<KeySet>>>,
}

/// The keys as they are, for as long as this is held.
///
/// Whoever stores what was sealed holds this from before sealing until the store has answered: only then can
/// [`KeyRing::is_settled`] tell that nothing comes any more that is sealed with a former key.
pub struct Sealing(Arc<KeySet>);

impl Deref for Sealing {
    type Target = KeySet;

    fn deref(&self) -> &KeySet {
        &self.0
    }
}

impl KeyRing {
    /// A ring with these keys.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        Self { now: RwLock::new(Arc::new(keys)), former: Mutex::default() }
    }

    /// Makes a key file with one new key in the clear, and loads it. See [`KeyFile::create`].
    ///
    /// # Errors
    ///
    /// [`KeyRingError::Exists`] when there is a file already; else what went wrong with the disk.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, KeyRingError> {
        let (id, key) = Key::generate()?;
        let list = KeyList::of(ListedKey { id, made: None, stored: StoredKey::Plain(key) });
        KeyFile::new(path.as_ref(), false).create(&list)?;
        Self::load(path)
    }

    /// Loads a key file with keys in the clear, private to this user. See [`KeyFile::read`].
    ///
    /// # Errors
    ///
    /// One of [`KeyRingError`] for each check that fails.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyRingError> {
        Self::load_from(&KeyFile::new(path.as_ref(), false))
    }

    /// Loads a key file with keys in the clear. See [`KeyFile::read`].
    ///
    /// # Errors
    ///
    /// One of [`KeyRingError`] for each check that fails.
    pub fn load_from(file: &KeyFile) -> Result<Self, KeyRingError> {
        let (list, _) = file.read()?;
        let active = list.active();
        let plain = |listed: ListedKey| match listed.stored {
            StoredKey::Plain(key) => Ok(RingKey { id: listed.id, made: listed.made, key: Some(key) }),
            StoredKey::Wrapped(_) => {
                Err(file.invalid(format!("key {} is wrapped, and nobody is here to unwrap it", listed.id)))
            }
        };
        let keys = list.into_keys().into_iter().map(plain).collect::<Result<Vec<_>, _>>()?;
        KeySet::new(active, &keys, None).map(Self::new).map_err(|error| file.invalid(error.to_string()))
    }

    /// The keys as they are now.
    #[must_use]
    pub fn sealing(&self) -> Sealing {
        Sealing(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Puts other keys in the place of those in use. Records are sealed with the new active key from here on; who is
    /// sealing with the former one goes on with it. The former keys are wiped when their last user is gone.
    pub fn replace(&self, keys: KeySet) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let former = std::mem::replace(&mut *now, Arc::new(keys));
        let mut sets = self.former.lock().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|set| set.strong_count() > 0);
        sets.push(Arc::downgrade(&former));
    }

    /// Whether nobody holds keys any more whose active one is not the active one of now: what is sealed from here on,
    /// and what was sealed and is not stored yet, is sealed with that.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let active = self.sealing().active();
        let mut sets = self.former.lock().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|set| set.strong_count() > 0);
        sets.iter().filter_map(Weak::upgrade).all(|set| set.active() == active)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.sealing();
        f.debug_struct("KeyRing")
            .field("active", &keys.active())
            .field("ids", &keys.ids())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
