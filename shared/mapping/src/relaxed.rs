//! Relaxed JSON: the notation of adapters and registers.
//!
//! JSON (RFC 8259), and besides:
//!
//! * comments, `// …` to the end of the line and `/* … */`;
//! * a comma after the last member or element;
//! * no comma between members or elements that start on lines of their own;
//! * raw line breaks and tabs inside strings;
//! * a bare `${…}` where a value may stand;
//! * a byte order mark at the start.
//!
//! Two members with one key are an error. The limits are [`Limits::AUTHORED`](crate::Limits::AUTHORED).
//! Parsing goes on after an error where the text shows how, so that one pass finds what is wrong in several places.

mod keys;
mod lex;
mod parse;
mod tree;

use std::sync::Arc;

pub(crate) use tree::{Kind, Member, Node, Text};

use crate::diagnostic::{self, Diagnostic};
use crate::limits::Limits;
use crate::value::Value;

/// A text, parsed. Nothing in it has been read as a template yet.
#[derive(Clone, Debug)]
pub struct Document {
    text: Arc<str>,
    root: Node,
}

impl Document {
    /// The text as it was written, comments and all.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The document as data: every template is the text it was written as.
    pub fn to_value(&self) -> Value {
        self.root.to_value()
    }

    pub(crate) fn into_root(self) -> Node {
        self.root
    }
}

/// Parses relaxed JSON, or tells everything that is wrong with it.
///
/// ```
/// let document = mapping::relaxed::parse(
///     r#"{
///         "name": "Ada" // no comma needed here
///         "all": ${currentObject:response},
///     }"#,
/// )
/// .map_err(|found| found[0].render("example.json", ""))?;
/// assert_eq!(document.to_value().to_string(), r#"{"name":"Ada","all":"${currentObject:response}"}"#);
/// # Ok::<(), String>(())
/// ```
pub fn parse(text: &str) -> Result<Document, Vec<Diagnostic>> {
    parse_within(text, &Limits::AUTHORED)
}

/// As [`parse`], within the limits given.
pub(crate) fn parse_within(text: &str, limits: &Limits) -> Result<Document, Vec<Diagnostic>> {
    #[cfg(test)]
    crate::tests::work::done(text.len());
    let (root, found) = parse::document(text, limits);
    match root {
        Some(root) if found.is_empty() => Ok(Document { text: text.into(), root }),
        _ => Err(diagnostic::tidy(found)),
    }
}

#[cfg(test)]
mod tests;
