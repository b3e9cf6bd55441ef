//! One key of a ring, on its way in or out.

use std::{collections::BTreeSet, time::SystemTime};

use data_encoding::BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{KEY_ID_LENGTH, KEY_LENGTH, KeyId};
use crate::{KeyRingError, Plaintext};

/// Of 32 random bytes so few are different with a chance of less than one in 10^40.
const FEWEST_DIFFERENT: usize = 8;

/// A key in the clear, wiped when it is dropped. It has no `Debug`, no `Clone` and no comparison, and its bytes leave
/// this crate as a [`Plaintext`] alone.
pub struct Key(Zeroizing<[u8; KEY_LENGTH]>);

/// Why bytes are no key. It never shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakKey {
    /// Too short or too long.
    #[error("has {length} bytes, and a key has {KEY_LENGTH}")]
    Length {
        /// Its length in bytes.
        length: usize,
    },
    /// Nothing but zeros.
    #[error("is all zeros")]
    Zero,
    /// One byte, or a short pattern, over and over.
    #[error("repeats so few different bytes that it cannot be random")]
    Repeating,
    /// A text that somebody typed, rather than random bytes.
    #[error("is a text, and no random bytes")]
    Text,
}

impl Key {
    /// A key from bytes that somebody else made or kept.
    ///
    /// # Errors
    ///
    /// When they are too few or too many, or cannot be random.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeakKey> {
        let key = <[u8; KEY_LENGTH]>::try_from(bytes).map_err(|_| WeakKey::Length { length: bytes.len() })?;
        let key = Zeroizing::new(key);
        if key.iter().all(|byte| *byte == 0) {
            return Err(WeakKey::Zero);
        }
        if key.iter().collect::<BTreeSet<_>>().len() < FEWEST_DIFFERENT {
            return Err(WeakKey::Repeating);
        }
        if key.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(WeakKey::Text);
        }
        Ok(Self(key))
    }

    /// A new key under a new id.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<(KeyId, Self), KeyRingError> {
        let mut id = [0; KEY_ID_LENGTH];
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        let random = SystemRandom::new();
        random.fill(&mut id).and_then(|()| random.fill(key.as_mut())).map_err(|_| KeyRingError::Random)?;
        // Weak by chance happens as often as a random source is broken.
        Ok((KeyId(id), Self::from_bytes(key.as_ref()).map_err(|_| KeyRingError::Random)?))
    }

    /// A key from base64 (RFC 4648, section 4), as those who unwrap keys give it.
    ///
    /// # Errors
    ///
    /// When it is no such text, or no key.
    pub fn from_base64(text: &str) -> Result<Self, WeakKey> {
        let wrong = |length| WeakKey::Length { length };
        let mut bytes = Zeroizing::new(vec![0; BASE64.decode_len(text.len()).map_err(|_| wrong(0))?]);
        let length = BASE64.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| wrong(0))?;
        Self::from_bytes(bytes.get(..length).unwrap_or_default())
    }

    /// The key as a secret that can be sent to whoever wraps it.
    #[must_use]
    pub fn plaintext(&self) -> Plaintext {
        Plaintext::new(self.0.to_vec())
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }
}

/// A key as a key file lists it.
pub struct ListedKey {
    /// Its id.
    pub id: KeyId,
    /// When it was made, in whole seconds, where the file says so.
    pub made: Option<SystemTime>,
    /// The key.
    pub stored: StoredKey,
}

/// How a key file holds a key.
pub enum StoredKey {
    /// In the clear: whoever reads the file has it.
    Plain(Key),
    /// Wrapped by somebody else, who alone can unwrap it: visible ASCII without spaces.
    Wrapped(String),
}
