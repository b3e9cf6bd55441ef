//! What runs the scripts that are not of a simple shape. This crate says what it needs; who runs it brings it.

use std::fmt;

use thiserror::Error;

use crate::value::Value;

/// Runs scripts, away from everything that they must not reach.
///
/// The same program with the same values and time gives the same value on every call and every machine, or the same error,
/// but for [`ScriptErrorKind::Unavailable`] and [`ScriptErrorKind::Limit`], and for a script that catches the latter. Nothing of one evaluation is seen by the next. Both
/// methods may hold the calling thread, for at most 250 milliseconds where there is a processor to spare, and two seconds
/// where there is none.
pub trait Scripts: fmt::Debug + Send + Sync {
    /// Whether `source` is a script, without running it.
    ///
    /// # Errors
    /// [`ScriptErrorKind::Syntax`] with the place, or [`ScriptErrorKind::Unavailable`].
    fn check(&self, source: &str) -> Result<(), ScriptError>;

    /// Runs a program with a value for each of [`Program::names`], and `timestamp_ms` (milliseconds since 1970) for a clock.
    ///
    /// # Errors
    /// What ended the script, with the place in [`Program::source`] where it is known.
    fn evaluate(&self, program: &Program, values: &[Value], timestamp_ms: i64) -> Result<Value, ScriptError>;
}

/// A script in ECMAScript, whose value is its completion value in strict mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    source: String,
    names: Vec<String>,
    /// What the author wrote, nested expressions included.
    written: String,
    /// Pairs (offset in `source`, offset in `written`), ascending: both advance together until the next pair.
    places: Vec<(usize, usize)>,
}

impl Program {
    /// A program as it stands, with names that values are handed over by.
    pub fn new(source: impl Into<String>, names: impl IntoIterator<Item = String>) -> Self {
        let source = source.into();
        Self { written: source.clone(), source, names: names.into_iter().collect(), places: vec![(0, 0)] }
    }

    pub(crate) fn mapped(
        source: String,
        names: Vec<String>,
        written: &str,
        places: Vec<(usize, usize)>,
    ) -> Self {
        Self { source, names, written: written.to_owned(), places }
    }

    /// The text to evaluate.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names that the values have in it, in the order of the values. Nothing an author writes can set them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a byte of the source stands in what the author wrote.
    pub(crate) fn written_at(&self, at: usize) -> usize {
        let index = self.places.partition_point(|(source, _)| *source <= at).saturating_sub(1);
        let Some((source, written)) = self.places.get(index) else { return 0 };
        let end = self.places.get(index + 1).map_or(self.written.len(), |(_, written)| *written);
        (written + at.saturating_sub(*source)).min(end)
    }

    /// The line and the column, from 1, in what the author wrote.
    pub(crate) fn position(&self, at: usize) -> (usize, usize) {
        crate::position::of(self.written.as_bytes(), self.written_at(at))
    }
}

/// Why a script gave no value.
///
/// The text never repeats a value: of what a script throws it shows no more than words that stand in the script.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ScriptError {
    /// What somebody may decide by.
    pub kind: ScriptErrorKind,
    /// What happened, and the next step where there is one.
    pub message: String,
    /// The byte of [`Program::source`] it happened at, where that is known.
    pub at: Option<usize>,
}

/// What kind of error ended a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptErrorKind {
    /// It is not ECMAScript.
    Syntax,
    /// It threw, or its result has no form in JSON.
    Thrown,
    /// It met a bound of time, memory, stack or size.
    Limit,
    /// Nothing could run it now; the script itself is not to blame.
    Unavailable,
}

impl ScriptError {
    /// An error without a place.
    pub fn new(kind: ScriptErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), at: None }
    }
}
