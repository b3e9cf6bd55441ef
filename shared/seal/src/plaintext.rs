//! The one type that holds a secret in the clear.

use zeroize::Zeroizing;

/// A secret in the clear, wiped from memory when it is dropped.
///
/// It has no `Debug`, `Display`, `Serialize`, `Clone` or `PartialEq`: it cannot be printed, stored, copied or compared
/// by accident. Whoever takes the bytes out does so by name, with [`Plaintext::expose`].
pub struct Plaintext(Zeroizing<Vec<u8>>);

impl Plaintext {
    /// Takes the bytes over. Copies made before (a vector that grew, the buffer it was read from) are the caller's to wipe.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves, for the one place that puts them to use.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests;
