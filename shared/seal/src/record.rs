//! The sealed record: how it is written and read. The layout is in the crate's documentation.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    hkdf,
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

use crate::{
    Context, KeyId, KeyRing, KeySet, OpenError, Plaintext, RenewError, SealError,
    keyring::{KEY_ID_LENGTH, KEY_LENGTH},
    padding,
};

/// The only format there is. It is part of the associated data, so that no later one can be passed off as this.
pub(crate) const FORMAT: u8 = 1;

const SALT_LENGTH: usize = 32;
/// Separates this use of a ring key from any other (RFC 5869, 3.2).
const INFO: &[u8] = b"outgate.seal record key 1";

/// What came of something that holds sealed records when they were to be sealed anew.
#[derive(Debug, PartialEq, Eq)]
pub enum Renewal {
    /// All of it is sealed with the active key, and opens.
    Current,
    /// It was sealed with another key.
    Renewed {
        /// What to store in its place.
        record: Vec<u8>,
        /// The keys that it was sealed with.
        from: Vec<KeyId>,
    },
    /// It does not open, now and for good, and needs these keys; none where even that cannot be told.
    Unreadable(Vec<KeyId>),
}

/// The key that a record says it is sealed with; none where it is no record of a known format.
#[must_use]
pub fn key_of(record: &[u8]) -> Option<KeyId> {
    let (format, rest) = record.split_first()?;
    let (id, _) = rest.split_first_chunk::<KEY_ID_LENGTH>()?;
    (*format == FORMAT).then_some(KeyId::from(*id))
}

impl KeySet {
    /// Seals a secret with the active key, bound to the context.
    ///
    /// # Errors
    ///
    /// When the plaintext is longer than [`MAX_PLAINTEXT`](crate::MAX_PLAINTEXT), or the operating system gives no
    /// random bytes.
    pub fn seal(&self, context: &Context<'_>, plaintext: &Plaintext) -> Result<Vec<u8>, SealError> {
        let padded = padding::padded_length(plaintext.len())
            .ok_or_else(|| SealError::TooLong { length: plaintext.len() })?;
        let (id, key) = self.active_key();
        let salt = random::<SALT_LENGTH>()?;
        let nonce = random::<NONCE_LEN>()?;

        let header = [&[FORMAT], id.as_bytes().as_slice(), &salt, &nonce].concat();
        // Room for everything at once: a vector that grew would leave the plaintext behind in freed memory.
        let mut record = Zeroizing::new(Vec::with_capacity(header.len() + padded + AES_256_GCM.tag_len()));
        record.extend_from_slice(&header);
        padding::pad(plaintext.expose(), &mut record);

        let aad = Aad::from(context.associated_data(id));
        let (_, padded_text) = record.split_at_mut(header.len());
        let tag = record_key(key, &salt, id)
            .and_then(|key| {
                key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, padded_text)
            })
            .map_err(|Unspecified| SealError::Random)?;
        record.extend_from_slice(tag.as_ref());
        Ok(std::mem::take(&mut *record))
    }

    /// Seals what is in a record anew, for the same context, with the active key. None: it is sealed with that already. It is
    /// opened all the same, so that whoever looks through all records finds the damaged ones.
    ///
    /// # Errors
    ///
    /// When the record does not open, or what was in it cannot be sealed.
    pub fn renew(&self, context: &Context<'_>, record: &[u8]) -> Result<Option<Vec<u8>>, RenewError> {
        let plaintext = self.open(context, record)?;
        if key_of(record) == Some(self.active()) {
            return Ok(None);
        }
        Ok(Some(self.seal(context, &plaintext)?))
    }
}

impl KeyRing {
    /// Opens a record that was sealed for the same context with a key of this ring.
    ///
    /// # Errors
    ///
    /// [`OpenError`] for everything: a changed, cut or foreign record, another context, a key that is not in the ring.
    pub fn open(&self, context: &Context<'_>, record: &[u8]) -> Result<Plaintext, OpenError> {
        self.sealing().open(context, record)
    }
}

impl KeySet {
    /// The same with the keys of this set alone. See [`KeyRing::open`].
    ///
    /// # Errors
    ///
    /// [`OpenError`] for everything.
    pub fn open(&self, context: &Context<'_>, record: &[u8]) -> Result<Plaintext, OpenError> {
        self.open_checked(context, record).ok_or(OpenError)
    }

    fn open_checked(&self, context: &Context<'_>, record: &[u8]) -> Option<Plaintext> {
        let (format, rest) = record.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let (id, rest) = rest.split_first_chunk::<KEY_ID_LENGTH>()?;
        let (salt, rest) = rest.split_first_chunk::<SALT_LENGTH>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let id = KeyId::from(*id);

        let aad = Aad::from(context.associated_data(id));
        let key = record_key(self.key(id)?, salt, id).ok()?;
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let padded = key.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut buffer).ok()?;
        padding::unpad(padded).map(|plaintext| Plaintext::new(plaintext.to_vec()))
    }
}

/// The key of one record: HKDF-SHA256 of the ring's key with the record's salt.
fn record_key(
    key: &[u8; KEY_LENGTH],
    salt: &[u8; SALT_LENGTH],
    id: KeyId,
) -> Result<LessSafeKey, Unspecified> {
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key);
    let info: [&[u8]; 2] = [INFO, id.as_bytes()];
    let okm = pseudorandom.expand(&info, &AES_256_GCM)?;
    Ok(LessSafeKey::new(UnboundKey::from(okm)))
}

fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|Unspecified| SealError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
