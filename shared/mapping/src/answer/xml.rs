//! XML by the `xmltodict` convention.
//!
//! An element with attributes or children is an object: attributes `@name`, children by their names (with their prefixes),
//! its text, trimmed, `#text`, last. Other elements are their text, or null. Repeated children are an array, and so is a
//! child that [`ForceArray`] names. Comments and processing instructions are left out. There are no document types and no
//! entities but XML's own five, so nothing expands and nothing is fetched.
//!
//! The reader is written for answers nobody has vetted: it checks everything that XML 1.0 asks of a document without a
//! document type, takes time in proportion to the text, and knows the place of what is wrong. A long document is looked over
//! from end to end before anything of it is held, so that refusing it takes no memory beside the text.

mod encoding;
mod force;
mod scan;
mod tree;

pub(super) use encoding::encoding;
pub(crate) use force::{ElementPath, ElementStep, ForceArray};

use super::AnswerError;
use crate::limits::Limits;
use crate::position;
use crate::value::{Object, Value};
use scan::{Event, Scan};
use tree::Tree;

/// What is wrong with a document, and the byte where it is.
struct Fault {
    at: usize,
    message: String,
}

impl Fault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// More on one element than anybody writes; each takes ten times the memory of its text.
const MOST_ATTRIBUTES: usize = 1_000;

/// A document as an object of one member, its root element.
pub(super) fn parse(text: &str, force: &ForceArray) -> Result<Value, AnswerError> {
    /// What is shorter takes little memory, whatever it holds.
    const LONG: usize = 64 << 10;
    let looked_over = if text.len() > LONG { read(text, Tree::counting(force)).map(drop) } else { Ok(()) };
    looked_over.and_then(|()| read(text, Tree::new(force))).map_err(|fault| {
        let (line, column) = position::of(text.as_bytes(), fault.at);
        AnswerError { format: "XML", message: fault.message, line, column }
    })
}

fn read<'t>(text: &'t str, mut tree: Tree<'t, '_>) -> Result<Value, Fault> {
    let mut scan = Scan::new(text)?;
    loop {
        let at = scan.at();
        match scan.next(tree.is_open())? {
            Event::Open(name) => open(&mut scan, &mut tree, at, name)?,
            Event::Close(name) if tree.innermost() == Some(name) => tree.close(),
            Event::Close(_) => return Err(Fault::new(at, "the end of another element was expected here")),
            Event::Text(text) => tree.text(text),
            Event::Section(piece) if tree.is_open() => {
                count(&mut tree, at)?;
                tree.literal(piece);
            }
            Event::Section(_) => return Err(Fault::new(at, "text stands outside the root element")),
            Event::Markup => count(&mut tree, at)?,
            Event::End if tree.is_open() => return Err(Fault::new(at, "an element is never closed")),
            Event::End => break,
        }
    }
    let root = tree.root.ok_or_else(|| Fault::new(text.len(), "there is no element"))?;
    Ok(Value::Object([root].into_iter().collect()))
}

/// Counts what stands at `at`.
fn count(tree: &mut Tree<'_, '_>, at: usize) -> Result<(), Fault> {
    tree.count().map_err(|message| Fault::new(at, message))
}

/// A start tag, from its name on.
fn open<'t>(scan: &mut Scan<'t>, tree: &mut Tree<'t, '_>, at: usize, name: &'t str) -> Result<(), Fault> {
    count(tree, at)?;
    if tree.depth() == Limits::DATA.depth {
        return Err(Fault::new(at, format!("nested deeper than {}", Limits::DATA.depth)));
    }
    if !tree.is_open() && tree.root.is_some() {
        return Err(Fault::new(at, "there is a second root element"));
    }
    let mut attributes = Object::default();
    let empty = loop {
        let at = scan.at();
        match scan.attribute()? {
            scan::InTag::Attribute(name, value) => {
                count(tree, at)?;
                if attributes.len() == MOST_ATTRIBUTES {
                    let message = format!("more than {MOST_ATTRIBUTES} attributes on one element");
                    return Err(Fault::new(at, message));
                }
                if attributes.insert(format!("@{name}"), tree.attribute(value)).is_some() {
                    return Err(Fault::new(at, "an attribute stands twice on one element"));
                }
            }
            scan::InTag::End { empty } => break empty,
        }
    };
    tree.open(name, attributes);
    if empty {
        tree.close();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
