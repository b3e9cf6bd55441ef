//! What a key file says.

use super::{KeyId, ListedKey, StoredKey, memory::MAX_KEYS};

/// The keys of a key file, one of which is active: it seals.
pub struct KeyList {
    pub(super) active: KeyId,
    pub(super) keys: Vec<ListedKey>,
}

/// Why a list cannot be changed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// As many keys as a ring can hold.
    #[error("there are {MAX_KEYS} keys already; end the life of old ones first")]
    Full,
    /// There is a key of this id.
    #[error("there is a key {id} already")]
    Duplicate {
        /// The id.
        id: KeyId,
    },
    /// There is no key of this id.
    #[error("there is no key {id}")]
    Unknown {
        /// The id.
        id: KeyId,
    },
    /// The active key cannot go.
    #[error("key {id} is the active one; make another one active first")]
    Active {
        /// The id.
        id: KeyId,
    },
}

impl KeyList {
    /// A list of one key, which is active.
    #[must_use]
    pub fn of(key: ListedKey) -> Self {
        Self { active: key.id, keys: vec![key] }
    }

    /// The key that seals.
    #[must_use]
    pub fn active(&self) -> KeyId {
        self.active
    }

    /// Every key, in the order of the file.
    #[must_use]
    pub fn keys(&self) -> &[ListedKey] {
        &self.keys
    }

    /// Every key, to be taken over.
    #[must_use]
    pub fn into_keys(self) -> Vec<ListedKey> {
        self.keys
    }

    /// Adds a key.
    ///
    /// # Errors
    ///
    /// When the list is full, or has a key of that id.
    pub fn add(&mut self, key: ListedKey) -> Result<(), ListError> {
        if self.has(key.id) {
            return Err(ListError::Duplicate { id: key.id });
        }
        if self.keys.len() >= MAX_KEYS {
            return Err(ListError::Full);
        }
        self.keys.push(key);
        Ok(())
    }

    /// Makes a key of the list the one that seals.
    ///
    /// # Errors
    ///
    /// When there is no such key.
    pub fn activate(&mut self, id: KeyId) -> Result<(), ListError> {
        if !self.has(id) {
            return Err(ListError::Unknown { id });
        }
        self.active = id;
        Ok(())
    }

    /// Holds a key of the list in another form.
    ///
    /// # Errors
    ///
    /// When there is no such key.
    pub fn store_as(&mut self, id: KeyId, stored: StoredKey) -> Result<(), ListError> {
        let key = self.keys.iter_mut().find(|key| key.id == id).ok_or(ListError::Unknown { id })?;
        key.stored = stored;
        Ok(())
    }

    /// Takes a key out. What is sealed with it never opens again.
    ///
    /// # Errors
    ///
    /// When there is no such key, or it is the active one.
    pub fn remove(&mut self, id: KeyId) -> Result<(), ListError> {
        if id == self.active {
            return Err(ListError::Active { id });
        }
        if !self.has(id) {
            return Err(ListError::Unknown { id });
        }
        self.keys.retain(|key| key.id != id);
        Ok(())
    }

    fn has(&self, id: KeyId) -> bool {
        self.keys.iter().any(|key| key.id == id)
    }
}
