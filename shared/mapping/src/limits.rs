//! How large things may be.

/// The limits on one document, and their defaults.
///
/// They bound memory and stack: whatever is read is refused beyond them, with the place, before it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The length of the text in bytes.
    pub bytes: usize,
    /// How deep arrays, objects and elements may be nested.
    pub depth: usize,
    /// How many values there may be, counted at every depth.
    pub nodes: usize,
}

impl Limits {
    /// For data: inputs, answers, what was stored by a run. 64 MiB, 256 deep, a million values.
    pub const DATA: Self = Self { bytes: 64 << 20, depth: 256, nodes: 1_000_000 };

    /// For text that people write: adapters and registers. 4 MiB, 128 deep, 200,000 values.
    pub const AUTHORED: Self = Self { bytes: 4 << 20, depth: 128, nodes: 200_000 };
}
