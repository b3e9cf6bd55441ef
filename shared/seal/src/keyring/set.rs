//! The keys that are in use at one time.

use std::time::SystemTime;

use super::{
    KEY_LENGTH, Key, KeyId,
    memory::{LockedKeys, MAX_KEYS},
};

/// Keys that do not change, of which one is active. They lie on a page of their own, locked into memory where the limit
/// of the process permits it, and are wiped when the last user of the set is gone.
pub struct KeySet {
    active: usize,
    ids: Vec<KeyId>,
    made: Vec<Option<SystemTime>>,
    keys: LockedKeys,
}

/// A key for a new set.
pub struct RingKey {
    /// Its id.
    pub id: KeyId,
    /// When it was made, where that is known.
    pub made: Option<SystemTime>,
    /// The key; none: the one that the set before has under this id.
    pub key: Option<Key>,
}

/// Why keys make no set. It names ids, and shows no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The active key is not there.
    #[error("the active key {id} is not among the keys")]
    UnknownActive {
        /// Its id.
        id: KeyId,
    },
    /// An id is there twice.
    #[error("there are two keys of the id {id}")]
    Duplicate {
        /// The id.
        id: KeyId,
    },
    /// A key is there under two ids.
    #[error("{one} and {other} are one and the same key")]
    Same {
        /// The first of them.
        one: KeyId,
        /// The second.
        other: KeyId,
    },
    /// There is no such key to take over.
    #[error("key {id} is not among those in use")]
    Unknown {
        /// Its id.
        id: KeyId,
    },
    /// More keys than fit.
    #[error("there are more than {MAX_KEYS} keys; end the life of old ones")]
    TooMany,
}

impl KeySet {
    /// A set of these keys; those that are not given are taken from `before`.
    ///
    /// # Errors
    ///
    /// When the active key is not among them, ids or keys are there twice, or one cannot be taken over.
    pub fn new(active: KeyId, keys: &[RingKey], before: Option<&Self>) -> Result<Self, SetError> {
        if keys.len() > MAX_KEYS {
            return Err(SetError::TooMany);
        }
        let mut bytes: Vec<(KeyId, &[u8; KEY_LENGTH])> = Vec::with_capacity(keys.len());
        for RingKey { id, key, .. } in keys {
            let id = *id;
            let kept = || before.and_then(|before| before.key(id));
            let key = key.as_ref().map(Key::bytes).or_else(kept).ok_or(SetError::Unknown { id })?;
            if bytes.iter().any(|(known, _)| *known == id) {
                return Err(SetError::Duplicate { id });
            }
            if let Some((one, _)) = bytes.iter().find(|(_, known)| *known == key) {
                return Err(SetError::Same { one: *one, other: id });
            }
            bytes.push((id, key));
        }
        let index = bytes.iter().position(|(id, _)| *id == active);
        Ok(Self {
            active: index.ok_or(SetError::UnknownActive { id: active })?,
            ids: bytes.iter().map(|(id, _)| *id).collect(),
            made: keys.iter().map(|key| key.made).collect(),
            keys: LockedKeys::new(bytes.iter().map(|(_, key)| *key)),
        })
    }

    /// The key that seals.
    #[must_use]
    pub fn active(&self) -> KeyId {
        self.ids[self.active]
    }

    /// Every key, in the order of the file.
    #[must_use]
    pub fn ids(&self) -> &[KeyId] {
        &self.ids
    }

    /// When a key was made, where that is known.
    #[must_use]
    pub fn made(&self, id: KeyId) -> Option<SystemTime> {
        self.index(id).and_then(|index| self.made[index])
    }

    /// A key that both sets have an id for, and which is not the same in both.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Option<KeyId> {
        let differs = |id: &&KeyId| other.key(**id).is_some_and(|key| self.key(**id) != Some(key));
        self.ids.iter().find(differs).copied()
    }

    /// Why the keys could not be locked into memory and may be swapped out, if so: worth a warning at the start.
    #[must_use]
    pub fn memory_problem(&self) -> Option<&str> {
        self.keys.problem()
    }

    pub(crate) fn active_key(&self) -> (KeyId, &[u8; KEY_LENGTH]) {
        (self.active(), self.keys.get(self.active))
    }

    pub(crate) fn key(&self, id: KeyId) -> Option<&[u8; KEY_LENGTH]> {
        self.index(id).map(|index| self.keys.get(index))
    }

    fn index(&self, id: KeyId) -> Option<usize> {
        self.ids.iter().position(|known| *known == id)
    }
}
