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
mod seen;
mod tree;

pub(super) use encoding::encoding;
pub(crate) use force::{ElementPath, ElementStep, ForceArray};

use super::AnswerError;
use crate::limits::Limits;
use crate::position;
use crate::value::{Object, Value};
use crate::words::Words;
use scan::{Event, Scan};
use seen::MOST_ATTRIBUTES;
use tree::Tree;

/// What is wrong with a document, and the byte where it is.
struct Fault {
    at: usize,
    message: Words,
}

impl Fault {
    fn new(at: usize, message: impl Into<Words>) -> Self {
        Self { at, message: message.into() }
    }
}

/// A document as an object of one member, its root element.
pub(super) fn parse(text: &str, force: &ForceArray) -> Result<Value, AnswerError> {
    let looked_over = read(text, &mut Tree::counting(force));
    looked_over.and_then(|_| read(text, &mut Tree::new(force))).map_err(|fault| {
        let (line, column) = position::of(text.as_bytes(), fault.at);
        AnswerError { format: "XML", message: fault.message, line, column }
    })
}

/// The document; empty, if the tree only counts.
fn read<'t>(text: &'t str, tree: &mut Tree<'t, '_>) -> Result<Value, Fault> {
    let mut scan = Scan::new(text)?;
    loop {
        let at = scan.at();
        match scan.next(tree.is_open())? {
            Event::Open(name) => open(&mut scan, tree, at, name)?,
            Event::Close(name) if tree.innermost() == Some(name) => tree.close(),
            Event::Close(_) => return Err(Fault::new(at, "the end of another element was expected here")),
            Event::Text(text) => tree.text(text),
            Event::Section(piece) if tree.is_open() => {
                count(tree, at)?;
                tree.literal(piece);
            }
            Event::Section(_) => return Err(Fault::new(at, "text stands outside the root element")),
            Event::Markup => count(tree, at)?,
            Event::End if tree.is_open() => return Err(Fault::new(at, "an element is never closed")),
            Event::End => break,
        }
    }
    if !tree.has_root() {
        return Err(Fault::new(text.len(), "there is no element"));
    }
    Ok(Value::Object(tree.root.take().into_iter().collect()))
}

/// Counts what stands at `at`.
fn count(tree: &mut Tree<'_, '_>, at: usize) -> Result<(), Fault> {
    tree.count().map_err(|message| Fault::new(at, message))
}

/// A start tag, from its name on.
fn open<'t>(scan: &mut Scan<'t>, tree: &mut Tree<'t, '_>, at: usize, name: &'t str) -> Result<(), Fault> {
    count(tree, at)?;
    if tree.is_full() {
        return Err(Fault::new(at, Words::around("nested deeper than ", Limits::DATA.depth, "")));
    }
    if !tree.is_open() && tree.has_root() {
        return Err(Fault::new(at, "there is a second root element"));
    }
    let mut members = Object::default();
    tree.attributes.clear();
    let ended = attributes(scan, tree, &mut members);
    if let Some(at) = tree.attributes.twice() {
        return Err(Fault::new(at, "an attribute stands twice on one element"));
    }
    let empty = ended?;
    tree.open(name, members);
    if empty {
        tree.close();
    }
    Ok(())
}

/// The rest of a start tag, and whether it ends its element.
fn attributes<'t>(scan: &mut Scan<'t>, tree: &mut Tree<'t, '_>, members: &mut Object) -> Result<bool, Fault> {
    loop {
        let at = scan.at();
        let (name, value) = match scan.attribute()? {
            scan::InTag::End { empty } => return Ok(empty),
            scan::InTag::Attribute(name, value) => (name, value),
        };
        count(tree, at)?;
        if tree.attributes.is_full() {
            let message = Words::around("more than ", MOST_ATTRIBUTES, " attributes on one element");
            return Err(Fault::new(at, message));
        }
        tree.attributes.push(name, at);
        tree.attribute(name, value, members);
    }
}

#[cfg(test)]
mod tests;
