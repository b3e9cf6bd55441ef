//! What benchmarks and fuzz targets reach of the inside. No part of the API: it is there with the feature `internals` alone.

use std::sync::Arc;

use bytes::Bytes;

use crate::scrub;

/// The scrubber for some secrets.
pub struct Scrubber(Arc<scrub::Scrubber>);

/// A body that is scrubbed chunk by chunk.
pub struct Scrubbing(scrub::Scrubbing);

impl Scrubber {
    /// Looks for the secrets in every form.
    #[must_use]
    pub fn new(secrets: &[&[u8]]) -> Self {
        Self(Arc::new(scrub::Scrubber::new(secrets.iter().copied())))
    }

    /// The whole text without them, and how many there were.
    #[must_use]
    pub fn whole(&self, text: Bytes) -> (Bytes, u64) {
        self.0.scrub(text)
    }

    /// A body in chunks.
    #[must_use]
    pub fn chunks(&self) -> Scrubbing {
        Scrubbing(scrub::Scrubbing::new(Arc::clone(&self.0)))
    }
}

impl Scrubbing {
    /// What is clean with this chunk, and how many secrets were taken out of it.
    pub fn push(&mut self, chunk: Bytes) -> (Bytes, u64) {
        self.0.push(chunk)
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> (Bytes, u64) {
        self.0.finish()
    }
}
