//! Which keys a scan reads.

use std::ops::Bound;

/// A run of keys in byte order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    from: String,
    to: Option<String>,
}

impl Range {
    /// Every key.
    #[must_use]
    pub const fn all() -> Self {
        Self { from: String::new(), to: None }
    }

    /// The keys that begin with `prefix`; the empty prefix is every key.
    #[must_use]
    pub fn prefix(prefix: impl Into<String>) -> Self {
        let from = prefix.into();
        let to = behind_prefix(&from);
        Self { from, to }
    }

    /// The keys from `from` on, up to and without `to`.
    #[must_use]
    pub fn between(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: Some(to.into()) }
    }

    /// The same range without `key` and everything before it: where the next page begins.
    #[must_use]
    pub fn after(mut self, key: &str) -> Self {
        // No key holds a NUL, so this is the smallest text behind `key`.
        let next = format!("{key}\0");
        if next > self.from {
            self.from = next;
        }
        self
    }

    /// The same range without what comes before `first`.
    pub(crate) fn without_before(mut self, first: &str) -> Self {
        if self.from.as_str() < first {
            first.clone_into(&mut self.from);
        }
        self
    }

    /// The first key that can be in the range.
    #[must_use]
    pub fn start(&self) -> &str {
        &self.from
    }

    /// The first key behind the range; none: it has no end.
    #[must_use]
    pub fn end(&self) -> Option<&str> {
        self.to.as_deref()
    }

    /// Whether the key is in the range.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        key >= self.from.as_str() && self.to.as_deref().is_none_or(|to| key < to)
    }

    /// From the start on, without an end: a sorted map refuses bounds that cross.
    pub(crate) fn onward(&self) -> (Bound<&str>, Bound<&str>) {
        (Bound::Included(&self.from), Bound::Unbounded)
    }

    /// Whether no key can be in the range.
    pub(crate) fn is_empty(&self) -> bool {
        self.to.as_deref().is_some_and(|to| to <= self.from.as_str())
    }
}

/// The smallest text behind every text that begins with `prefix`. UTF-8 sorts by bytes as by code points, so raising
/// the last character that can be raised is enough.
fn behind_prefix(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}
