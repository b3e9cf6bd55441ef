//! The value that a document becomes, while it is read.

use memchr::memchr;

use super::force::ForceArray;
use super::scan::{attribute_value, resolve};
use super::seen::{Attributes, Open};
use crate::limits::Limits;
use crate::value::{Object, Value};
use crate::words::Words;

/// What is held of an open element.
#[derive(Default)]
struct Element {
    members: Object,
    text: String,
}

pub(super) struct Tree<'t, 'f> {
    open: Open<'t>,
    /// Those of the tag that is being read.
    pub(super) attributes: Attributes<'t>,
    nodes: usize,
    force: &'f ForceArray,
    /// The open elements, if values are kept; else they are counted alone.
    held: Option<Vec<Element>>,
    has_root: bool,
    /// None, as long as it is open, or if values are not kept.
    pub(super) root: Option<(String, Value)>,
}

impl<'t, 'f> Tree<'t, 'f> {
    pub(super) fn new(force: &'f ForceArray) -> Self {
        Self { held: Some(Vec::new()), ..Self::counting(force) }
    }

    /// A tree that only counts, and holds nothing.
    pub(super) fn counting(force: &'f ForceArray) -> Self {
        let (open, attributes) = (Open::none(), Attributes::none());
        Self { open, attributes, nodes: 0, force, held: None, has_root: false, root: None }
    }

    /// An attribute of an element that will have these members.
    pub(super) fn attribute(&self, name: &str, raw: &str, members: &mut Object) {
        if self.held.is_some() {
            members.insert(format!("@{name}"), attribute_value(raw));
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.open.names().is_empty()
    }

    /// Whether elements are open in one another as deep as they may be.
    pub(super) fn is_full(&self) -> bool {
        self.open.is_full()
    }

    /// Whether the root element is there, open or closed.
    pub(super) fn has_root(&self) -> bool {
        self.has_root
    }

    /// The name of the element that has to be closed next.
    pub(super) fn innermost(&self) -> Option<&'t str> {
        self.open.names().last().copied()
    }

    /// Counts an element or an attribute, or what stands between elements and is no text.
    pub(super) fn count(&mut self) -> Result<(), Words> {
        self.nodes += 1;
        let most = Limits::DATA.nodes;
        if self.nodes > most {
            let after = " elements, attributes, comments, sections and instructions";
            Err(Words::around("more than ", most, after))
        } else {
            Ok(())
        }
    }

    pub(super) fn open(&mut self, name: &'t str, members: Object) {
        self.has_root = true;
        self.open.push(name);
        if let Some(held) = &mut self.held {
            held.push(Element { members, ..Element::default() });
        }
    }

    fn element(&mut self) -> Option<&mut Element> {
        self.held.as_mut()?.last_mut()
    }

    /// Text as it stands in the document, of which every reference can be resolved.
    pub(super) fn text(&mut self, text: &str) {
        if self.held.is_none() {
            return;
        }
        let mut rest = text;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            self.literal(&rest[..at]);
            let (character, length) = resolve(&rest[at..]).unwrap_or(('&', 1));
            self.character(character);
            rest = &rest[at + length..];
        }
        self.literal(rest);
    }

    /// Text that holds no references: what stands between them, or in a CDATA section.
    pub(super) fn literal(&mut self, piece: &str) {
        let Some(element) = self.element() else { return };
        // Space at the start is trimmed in the end; between elements, it is all there is.
        let piece = if element.text.is_empty() { piece.trim_start() } else { piece };
        push_lines(piece, &mut element.text);
    }

    /// A character that a reference stands for: also a carriage return stays what it is.
    fn character(&mut self, character: char) {
        let Some(element) = self.element() else { return };
        if !(element.text.is_empty() && character.is_whitespace()) {
            element.text.push(character);
        }
    }

    /// Ends the innermost element.
    pub(super) fn close(&mut self) {
        let name = self.open.pop().unwrap_or_default();
        let Some(Element { mut members, mut text }) = self.held.as_mut().and_then(Vec::pop) else { return };
        text.truncate(text.trim_end().len());
        if text.capacity() > 2 * text.len() {
            text.shrink_to_fit();
        }
        let value = match (members.is_empty(), text.is_empty()) {
            (true, true) => Value::Null,
            (true, false) => Value::String(text),
            (false, true) => Value::Object(members),
            (false, false) => {
                members.insert("#text", text);
                Value::Object(members)
            }
        };
        self.attach(name, value);
    }

    fn attach(&mut self, name: &'t str, value: Value) {
        let parent = self.held.as_mut().and_then(|held| held.last_mut());
        match parent.and_then(|parent| parent.members.get_mut(name)) {
            Some(Value::Array(items)) => return items.push(value),
            Some(first) => return *first = Value::Array(vec![std::mem::take(first), value]),
            None => {}
        }
        let forced = self.force.names(self.open.names().iter().copied(), name);
        let value = if forced { Value::Array(vec![value]) } else { value };
        match self.element() {
            Some(parent) => drop(parent.members.insert(name, value)),
            None => self.root = Some((name.to_owned(), value)),
        }
    }
}

/// Appends text with every line end as a line feed (XML 1.0, 2.11).
fn push_lines(text: &str, out: &mut String) {
    if out.is_empty() {
        out.reserve_exact(text.len());
    }
    let mut rest = text;
    while let Some(at) = rest.find('\r') {
        out.push_str(&rest[..at]);
        out.push('\n');
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    out.push_str(rest);
}
