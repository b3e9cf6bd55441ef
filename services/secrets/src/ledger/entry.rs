//! One event, before it has its place in the ledger.

use std::fmt::Write as _;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A secret was opened for a destination, and handed to a service of the suite.
    Released,
    /// It was not, or would not be.
    Refused,
    /// A token that is got with a secret was not, or would not be, allowed to go to a destination.
    TokenRefused,
    /// What was released is about to leave for its destination.
    Used,
    /// A counterpart took one of two values that are in use beside each other, which is news.
    Taken,
    /// A value was sealed.
    Put,
    /// A value that an answer brought was sealed.
    Saved,
    /// It was not.
    SaveRefused,
    /// A member of a value was changed, and the whole sealed.
    Patched,
    /// A candidate for a value was tried.
    Verified,
    /// A secret was deleted.
    Deleted,
    /// A key seals from here on.
    Rotated,
    /// Old keys are to end.
    Retiring,
    /// A key is gone.
    Retired,
    /// The ledger could not be written for a while, and can be again.
    Resumed,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Refused => "refused",
            Self::TokenRefused => "token_refused",
            Self::Used => "used",
            Self::Taken => "taken",
            Self::Put => "put",
            Self::Saved => "saved",
            Self::SaveRefused => "save_refused",
            Self::Patched => "patched",
            Self::Verified => "verified",
            Self::Deleted => "deleted",
            Self::Rotated => "rotated",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
            Self::Resumed => "resumed",
        }
    }
}

/// What is written down of an event: members of a JSON object, in the order in which they were added.
///
/// What is added must be a name or an origin, never a value, a URL's path or query, or somebody's free text.
#[derive(Clone, Debug)]
pub(crate) struct Entry(String);

impl Entry {
    pub(crate) fn new(kind: Kind) -> Self {
        // About what an entry takes.
        let mut members = String::with_capacity(384);
        members.extend(["\"kind\":\"", kind.as_str(), "\""]);
        Self(members)
    }

    /// Adds a text; an empty one says nothing and is left out.
    #[must_use]
    pub(crate) fn text(mut self, key: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.extend([",\"", key, "\":"]);
            quote(&mut self.0, value);
        }
        self
    }

    /// Adds a number.
    #[must_use]
    pub(crate) fn number(mut self, key: &'static str, value: u64) -> Self {
        let _ = write!(self.0, ",\"{key}\":{value}");
        self
    }

    /// The members, without the braces.
    pub(super) fn members(&self) -> &str {
        &self.0
    }
}

/// A JSON string (RFC 8259, 7).
fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    // Nearly always there is none.
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')) {
        let (plain, special) = rest.split_at(at);
        let (escaped, behind) = special.split_at(1);
        out.push_str(plain);
        match escaped {
            "\"" | "\\" => out.extend(["\\", escaped]),
            control => control.bytes().for_each(|byte| {
                let _ = write!(out, "\\u{byte:04x}");
            }),
        }
        rest = behind;
    }
    out.extend([rest, "\""]);
}
