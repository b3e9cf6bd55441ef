#![doc = "Sealing of secrets at rest."]
//!
//! A sealed record can be opened by whoever holds the key ring and names the same [`Context`] it was sealed for, and
//! by nobody else: neither another tenant, nor another name, version or scope, nor after a single changed bit.
//!
//! The record, version 1 (all lengths in bytes):
//!
//! | part | length | content |
//! |---|---|---|
//! | format | 1 | `1` |
//! | key id | 8 | which key of the ring sealed it |
//! | salt | 32 | random, fresh for every record |
//! | nonce | 12 | random |
//! | ciphertext | a class, see below | AES-256-GCM (NIST SP 800-38D) over the padded plaintext |
//! | tag | 16 | |
//!
//! The AES key is used for one record only: HKDF-SHA256 (RFC 5869) of the ring's key, with the record's salt. The
//! [`Context`], the format version and the key id are the associated data, each with its length before it. The
//! plaintext is padded to a class, so that the length of a record tells little about the length of the secret: powers
//! of two from 64 bytes to 64 KiB, then whole multiples of 64 KiB, each class holding four bytes of length.
//!
//! Keys are changed while the ring is in use: a new one is in the file, and the file on disk, before it seals; the old
//! ones open what they sealed until everything is sealed anew ([`KeySet::renew`]) and they are taken out, of the file
//! first. Whatever the moment of a crash, the file opens every record that there is.
//!
//! What this crate never does: show a key or a plaintext in `Debug`, in an error or in a log; say why a record does
//! not open; use a key file that others can read, or a key that cannot be random; make a key file where there is one; leave
//! half a key file behind.
//!
//! What it cannot do: `ring` keeps the derived AES key in ordinary memory while a record is sealed or opened, and the
//! operating system may copy registers. Switching core dumps off is the process's own work.

mod context;
mod error;
mod keyring;
mod padding;
mod plaintext;
mod record;

pub use context::Context;
pub use error::{KeyRingError, OpenError, RenewError, SealError};
pub use keyring::{
    Key, KeyFile, KeyId, KeyList, KeyRing, KeySet, ListError, ListedKey, NoKeyId, RingKey, Sealing, SetError,
    Stamp, StoredKey, WeakKey,
};
pub use padding::MAX_PLAINTEXT;
pub use plaintext::Plaintext;
pub use record::{Renewal, key_of};
