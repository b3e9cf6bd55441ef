//! The scrubber over a body that comes in chunks.

use std::{mem, sync::Arc};

use bytes::{Bytes, BytesMut};

use super::{
    Cleaned, Scrubber,
    patterns::{Compared, Pattern},
};

/// Scrubs chunk by chunk, with the same result as over the whole.
pub(crate) struct Scrubbing {
    scrubber: Arc<Scrubber>,
    /// What may still become a match, which of them, and what follows.
    held: BytesMut,
    pattern: Option<Pattern>,
}

impl Scrubbing {
    /// At the beginning of a body.
    pub(crate) fn new(scrubber: Arc<Scrubber>) -> Self {
        Self { scrubber, held: BytesMut::new(), pattern: None }
    }

    /// What is clean now, with this chunk, and how many secrets were taken out of it.
    pub(crate) fn push(&mut self, chunk: Bytes) -> (Bytes, u64) {
        if let Some(pattern) = self.pattern {
            let continued = self.scrubber.patterns.compare(pattern, self.held.len(), &chunk);
            self.held.extend_from_slice(&chunk);
            // As long as it goes on as it began there is nothing to decide, however small the chunks are.
            if continued == Compared::Beginning {
                return (Bytes::new(), 0);
            }
            let text = mem::take(&mut self.held).freeze();
            return self.hold(text);
        }
        self.hold(chunk)
    }

    /// What is left, now that nothing follows.
    pub(crate) fn finish(&mut self) -> (Bytes, u64) {
        self.pattern = None;
        self.scrubber.scrub(mem::take(&mut self.held).freeze())
    }

    /// How many bytes are held back.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    fn hold(&mut self, text: Bytes) -> (Bytes, u64) {
        let Cleaned { clean, count, held } = self.scrubber.clean(text, true);
        self.pattern = held.map(|(bytes, pattern)| {
            self.held.extend_from_slice(&bytes);
            pattern
        });
        (clean, count)
    }
}
