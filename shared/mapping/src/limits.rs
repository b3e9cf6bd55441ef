//! How large things may be, and how much was used.

/// The limits of one stage. They bound memory, stack and time: whatever goes beyond is refused, with the limit's name, its
/// size and the place.
///
/// | | [`DATA`](Self::DATA): what is read | [`AUTHORED`](Self::AUTHORED): adapters and registers | [`RUN`](Self::RUN): one rendering or mapping |
/// | --- | --- | --- | --- |
/// | `bytes` | 32 MiB a document | 4 MiB a text | – |
/// | `depth` | 256 | 128; also of values, expressions and registers in one another | 256, of what is made |
/// | `nodes` | 1,000,000 | 200,000; also of an adapter with all registers it reads | 1,000,000, of what is made |
/// | `compiled_bytes` | – | 16 MiB an adapter, with the registers it reads | – |
/// | `expressions` | – | 32 in one another in one string | – |
/// | `output_bytes` | – | – | 64 MiB |
/// | `fuel` | – | – | 10,000,000 steps |
///
/// A stage counts what the table shows for it and leaves the rest aside. [`Environment::limits`](crate::Environment::limits)
/// sets those of compiling, [`Run::limits`](crate::Run::limits) those of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The length of the text that is read, in bytes.
    pub bytes: usize,
    /// How deep arrays, objects and elements may be nested.
    pub depth: usize,
    /// How many values there may be, counted at every depth; in XML also comments, CDATA sections and instructions.
    pub nodes: usize,
    /// How many bytes of authored text an adapter may be compiled from. That of a register counts as often as it is compiled:
    /// once for each part of the adapter that reads it, and again where constants read it that read others.
    pub compiled_bytes: usize,
    /// How deep `${…}` may be nested in one string.
    pub expressions: usize,
    /// How many bytes of text and values a run may make, all its parts together, and what is made on the way: a name counts as
    /// often as data repeats it. Counted before it is made; escaping alone is counted after, for each value by itself. While
    /// text grows it may be held twice: a run may hold four times as much, and fifteen times a value that is escaped all over.
    pub output_bytes: usize,
    /// How many steps a run may take: one for every expression that is evaluated, for every value that is copied or
    /// written, for every 64 bytes of text that is made, for every 16 that a compiled script goes over, and 100,000 for a
    /// script that is run whole. A step takes some ten nanoseconds.
    pub fuel: u64,
}

impl Limits {
    /// For data: inputs, answers, what was stored by a run. 32 MiB, 256 deep, a million values.
    pub const DATA: Self = Self {
        // What is refused at its very end was read up to there, whatever it is made of: in well under 100 ms.
        bytes: 32 << 20,
        depth: 256,
        nodes: 1_000_000,
        compiled_bytes: 0,
        expressions: 0,
        output_bytes: 64 << 20,
        fuel: 10_000_000,
    };

    /// For text that people write: adapters and registers. 4 MiB, 128 deep, 200,000 values, 16 MiB in all.
    pub const AUTHORED: Self = Self {
        bytes: 4 << 20,
        depth: 128,
        nodes: 200_000,
        compiled_bytes: 16 << 20,
        expressions: 32,
        ..Self::DATA
    };

    /// For one rendering or mapping: 256 deep, a million values, 64 MiB, ten million steps.
    pub const RUN: Self = Self::DATA;
}

impl Default for Limits {
    /// [`Limits::RUN`].
    fn default() -> Self {
        Self::RUN
    }
}

/// What a rendering or a mapping took of its [`Limits`], or what comes after an answer.
///
/// The same adapter on the same data uses the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// How many values it made or wrote.
    pub nodes: usize,
    /// How deep the deepest of them was nested.
    pub depth: usize,
    /// How many bytes of text and values it made.
    pub output_bytes: usize,
    /// How many steps it took.
    pub fuel: u64,
}

#[cfg(test)]
mod tests;
