//! A value that arrived secret.

use zeroize::Zeroizing;

/// What `saveSecret` takes: a value that an answer brought, on its way to be sealed, wiped from memory when it is dropped.
///
/// It has no `Debug`, `Display`, `Clone`, `PartialEq` or serialisation: it cannot end in a result, a register or a log. It knows,
/// too, what of the answer it was made of, so that it can be taken out of everything else that is made of that answer.
pub struct Tainted {
    value: Zeroizing<Vec<u8>>,
    sources: Vec<Zeroizing<Vec<u8>>>,
}

impl Tainted {
    pub(crate) fn new(value: Zeroizing<Vec<u8>>, sources: Vec<Zeroizing<Vec<u8>>>) -> Self {
        Self { value, sources }
    }

    /// The bytes to be sealed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.value
    }

    /// Everything that must stay in nothing else: the bytes to be sealed, and each text and number that they were made of.
    pub fn expose_sources(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.expose()).chain(self.sources.iter().map(|source| source.as_slice()))
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }
}

#[cfg(test)]
mod tests;
