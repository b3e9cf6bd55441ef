//! What an error says.

use std::fmt;

/// The words of an error about text that was read: put together when they are shown, so that to refuse a text takes no memory
/// beside it, however short it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    before: &'static str,
    number: Option<usize>,
    after: &'static str,
}

impl Words {
    /// Words around a number.
    pub(crate) fn around(before: &'static str, number: usize, after: &'static str) -> Self {
        Self { before, number: Some(number), after }
    }

    /// One after the other.
    pub(crate) fn two(before: &'static str, after: &'static str) -> Self {
        Self { before, number: None, after }
    }
}

impl From<&'static str> for Words {
    fn from(before: &'static str) -> Self {
        Self::two(before, "")
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.before)?;
        if let Some(number) = self.number {
            write!(f, "{number}")?;
        }
        f.write_str(self.after)
    }
}
