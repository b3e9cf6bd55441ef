//! What a reader remembers of a document that it holds nothing of: in room of its own, whatever the document is.

use crate::limits::Limits;

/// The names of the open elements, from the root.
pub(super) struct Open<'t> {
    names: [&'t str; Limits::DATA.depth],
    depth: usize,
}

impl<'t> Open<'t> {
    pub(super) fn none() -> Self {
        Self { names: [""; Limits::DATA.depth], depth: 0 }
    }

    pub(super) fn names(&self) -> &[&'t str] {
        &self.names[..self.depth]
    }

    pub(super) fn is_full(&self) -> bool {
        self.depth == self.names.len()
    }

    /// Only where it is not full.
    pub(super) fn push(&mut self, name: &'t str) {
        self.names[self.depth] = name;
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) -> Option<&'t str> {
        let name = *self.names().last()?;
        self.depth -= 1;
        Some(name)
    }
}

/// More on one element than anybody writes; each takes ten times the memory of its text.
pub(super) const MOST_ATTRIBUTES: usize = 1_000;

/// The attributes of one start tag, each with its place.
pub(super) struct Attributes<'t> {
    seen: [(&'t str, usize); MOST_ATTRIBUTES],
    count: usize,
}

impl<'t> Attributes<'t> {
    pub(super) fn none() -> Self {
        Self { seen: [("", 0); MOST_ATTRIBUTES], count: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    pub(super) fn is_full(&self) -> bool {
        self.count == self.seen.len()
    }

    /// Only where it is not full.
    pub(super) fn push(&mut self, name: &'t str, at: usize) {
        self.seen[self.count] = (name, at);
        self.count += 1;
    }

    /// The place of the first attribute whose name stood before.
    pub(super) fn twice(&mut self) -> Option<usize> {
        let seen = &mut self.seen[..self.count];
        seen.sort_unstable();
        seen.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min()
    }
}
