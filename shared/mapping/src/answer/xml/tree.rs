//! The value that a document becomes, while it is read.

use memchr::memchr;

use super::force::ForceArray;
use super::scan::{attribute_value, resolve};
use crate::limits::Limits;
use crate::value::{Object, Value};

struct Element<'t> {
    name: &'t str,
    members: Object,
    text: String,
}

pub(super) struct Tree<'t, 'f> {
    open: Vec<Element<'t>>,
    nodes: usize,
    force: &'f ForceArray,
    /// Whether values are kept, or counted alone.
    holds: bool,
    pub(super) root: Option<(String, Value)>,
}

impl<'t, 'f> Tree<'t, 'f> {
    pub(super) fn new(force: &'f ForceArray) -> Self {
        Self { open: Vec::new(), nodes: 0, force, holds: true, root: None }
    }

    /// A tree that only counts: its root is null.
    pub(super) fn counting(force: &'f ForceArray) -> Self {
        Self { holds: false, ..Self::new(force) }
    }

    /// What an attribute's value becomes.
    pub(super) fn attribute(&self, raw: &str) -> Value {
        if self.holds { Value::String(attribute_value(raw)) } else { Value::Null }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The name of the element that has to be closed next.
    pub(super) fn innermost(&self) -> Option<&'t str> {
        self.open.last().map(|element| element.name)
    }

    /// Counts an element or an attribute, or what stands between elements and is no text.
    pub(super) fn count(&mut self) -> Result<(), String> {
        self.nodes += 1;
        let most = Limits::DATA.nodes;
        if self.nodes > most {
            Err(format!("more than {most} elements, attributes, comments, sections and instructions"))
        } else {
            Ok(())
        }
    }

    pub(super) fn open(&mut self, name: &'t str, attributes: Object) {
        let members = if self.holds { attributes } else { Object::default() };
        self.open.push(Element { name, members, text: String::new() });
    }

    /// Text as it stands in the document, of which every reference can be resolved.
    pub(super) fn text(&mut self, text: &str) {
        if !self.holds {
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
        let Some(element) = self.open.last_mut().filter(|_| self.holds) else { return };
        // Space at the start is trimmed in the end; between elements, it is all there is.
        let piece = if element.text.is_empty() { piece.trim_start() } else { piece };
        push_lines(piece, &mut element.text);
    }

    /// A character that a reference stands for: also a carriage return stays what it is.
    fn character(&mut self, character: char) {
        let Some(element) = self.open.last_mut() else { return };
        if !(element.text.is_empty() && character.is_whitespace()) {
            element.text.push(character);
        }
    }

    /// Ends the innermost element.
    pub(super) fn close(&mut self) {
        let Some(Element { name, mut members, mut text }) = self.open.pop() else { return };
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
        if !self.holds && self.is_open() {
            return;
        }
        let known = self.open.last_mut().and_then(|parent| parent.members.get_mut(name));
        match known {
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![std::mem::take(first), value]),
            None => {
                let forced = self.force.names(self.open.iter().map(|element| element.name), name);
                let value = if forced { Value::Array(vec![value]) } else { value };
                match self.open.last_mut() {
                    Some(parent) => drop(parent.members.insert(name, value)),
                    None => self.root = Some((name.to_owned(), value)),
                }
            }
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
