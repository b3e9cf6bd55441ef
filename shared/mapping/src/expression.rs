//! `${name:arguments}` and `{{secret:name}}`: the notation inside strings.
//!
//! This stage knows the notation alone; what the names mean is [`crate::function`]'s.

mod parse;

use std::ops::Range;

pub(crate) use parse::{extent, parse};

/// A piece of a string. Ranges are byte offsets into the string, its escapes resolved.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Literal text.
    Text(Range<usize>),
    /// `${name:arguments}`.
    Call(Call),
    /// `{{secret:name}}`.
    Secret { name: String, range: Range<usize> },
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) name_range: Range<usize>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) range: Range<usize>,
    /// Whether its notation is wrong, and that was told: it is not closed, or something else than `:` follows its name.
    pub(crate) broken: bool,
}

/// An argument: pieces without the space around them.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) range: Range<usize>,
}

/// Something wrong in a string. The stage that knows where the string stands makes a diagnostic of it.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) warning: bool,
}

impl Piece {
    pub(crate) fn range(&self) -> &Range<usize> {
        match self {
            Self::Text(range) | Self::Secret { range, .. } => range,
            Self::Call(call) => &call.range,
        }
    }
}

impl Argument {
    /// The argument as literal text, if it is that alone.
    pub(crate) fn literal<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(range)] => Some(&text[range.clone()]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
