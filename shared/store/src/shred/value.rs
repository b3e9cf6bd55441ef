//! A value as it is stored: the number of its cell, and the value encrypted under what is in the cell.
//!
//! This is no sealing: it keeps nobody off who has the folder while the entry is there. What may not be read by such a one is
//! sealed before it is put.
//!
//! AES-256-GCM, with the entry's revision as the nonce and its key as associated data. A cell is the key of one value: it is
//! written over before it is used again.

use bytes::{Buf, BytesMut};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::cells::CELL;
use crate::{Entry, Error, ErrorKind};

const NUMBER: usize = size_of::<u64>();
/// By how many bytes a stored value is longer: the number, and the tag.
pub(crate) const OVERHEAD: usize = NUMBER + 16;

/// The cell of a stored entry; none where it is not shreddable, or holds no number.
pub(crate) fn cell(stored: &Entry) -> Option<u64> {
    let number = stored.value.first_chunk().filter(|_| stored.shreddable);
    number.map(|number| u64::from_be_bytes(*number))
}

/// The entry as it is stored.
pub(super) fn encrypt(entry: &Entry, cell: u64, key: &[u8; CELL]) -> Result<Entry, Error> {
    let impossible = |_| Error::new(ErrorKind::Io, "a value could not be encrypted").with_key(&entry.key);
    let mut value = Vec::with_capacity(entry.value.len() + OVERHEAD);
    value.extend_from_slice(&cell.to_be_bytes());
    value.extend_from_slice(&entry.value);
    let aad = Aad::from(entry.key.as_bytes());
    let tag = cipher(key)
        .and_then(|cipher| cipher.seal_in_place_separate_tag(nonce(entry), aad, &mut value[NUMBER..]));
    value.extend_from_slice(tag.map_err(impossible)?.as_ref());
    Ok(Entry { value: value.into(), ..entry.clone() })
}

/// The entry as it was put; its value is empty where the cell is not the one that it was encrypted under.
pub(super) fn decrypt(stored: Entry, key: &[u8; CELL]) -> Entry {
    let (nonce, aad) = (nonce(&stored), Aad::from(stored.key.as_bytes()));
    // In place, where nobody else has the value.
    let mut value = BytesMut::from(stored.value);
    value.advance(NUMBER.min(value.len()));
    let opened = cipher(key).and_then(|cipher| Ok(cipher.open_in_place(nonce, aad, &mut value)?.len()));
    value.truncate(opened.unwrap_or_default());
    Entry { value: value.freeze(), ..stored }
}

fn cipher(key: &[u8; CELL]) -> Result<LessSafeKey, ring::error::Unspecified> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new)
}

fn nonce(entry: &Entry) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    let (_, revision) = nonce.split_at_mut(NONCE_LEN - size_of::<u64>());
    revision.copy_from_slice(&entry.revision.get().to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}
