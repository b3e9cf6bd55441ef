//! XML by the `xmltodict` convention.
//!
//! An element with attributes or children is an object: attributes `@name`, children by their names (with their prefixes),
//! its text, trimmed, `#text`, last. Other elements are their text, or null. Repeated children are an array. Comments and
//! processing instructions are left out. There are no document types and no entities but XML's own five, so nothing expands
//! and nothing is fetched.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::AnswerError;
use crate::limits::Limits;
use crate::position;
use crate::value::{Object, Value};

/// The encoding that an XML declaration names.
pub(super) fn declared(body: &[u8]) -> Option<&str> {
    const LONGEST_DECLARATION: usize = 200;
    let head = &body[..body.len().min(LONGEST_DECLARATION)];
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let head = std::str::from_utf8(&head[..end]).ok()?.strip_prefix("<?xml")?;
    let (_, after) = head.split_once("encoding")?;
    let label = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = label.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    label[1..].split(quote).next()
}

pub(super) fn parse(text: &str) -> Result<Value, AnswerError> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree { open: Vec::new(), root: None, nodes: 0 };
    loop {
        let event = reader.read_event();
        let result = match event {
            Ok(Event::Eof) => break,
            Ok(event) => tree.event(event),
            Err(error) => Err(describe(&error)),
        };
        result.map_err(|message| at(text, &reader, message))?;
    }
    if !tree.open.is_empty() {
        return Err(at(text, &reader, "an element is never closed".to_owned()));
    }
    let root = tree.root.ok_or_else(|| at(text, &reader, "there is no element".to_owned()))?;
    Ok(Value::Object([root].into_iter().collect()))
}

fn at(text: &str, reader: &Reader<&[u8]>, message: String) -> AnswerError {
    let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    let (line, column) = position::of(text.as_bytes(), offset);
    AnswerError { format: "XML", message, line, column }
}

/// What is wrong, without what stands there: the library's own texts quote names of the answer.
fn describe(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::IllFormed(_) => {
            "a tag or an entity is not well formed, or not the one expected here"
        }
        quick_xml::Error::Syntax(_) => "a tag, a comment or a section is never closed",
        quick_xml::Error::InvalidAttr(_) => "an attribute is not well formed",
        quick_xml::Error::Escape(_) => "an entity is unknown, or not well formed",
        _ => "not well formed",
    }
    .to_owned()
}

struct Element {
    name: String,
    members: Object,
    text: String,
}

struct Tree {
    open: Vec<Element>,
    root: Option<(String, Value)>,
    nodes: usize,
}

impl Tree {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(start) => self.start(&start),
            Event::Empty(start) => {
                self.start(&start)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = resolve(&reference)?;
                self.text(character.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => Err("a document type is not allowed".to_owned()),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Eof => Ok(()),
        }
    }

    fn count(&mut self) -> Result<(), String> {
        self.nodes += 1;
        let most = Limits::DATA.nodes;
        if self.nodes > most { Err(format!("more than {most} elements and attributes")) } else { Ok(()) }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        self.count()?;
        if self.open.len() == Limits::DATA.depth {
            return Err(format!("nested deeper than {}", Limits::DATA.depth));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err("there is a second root element".to_owned());
        }
        let mut members = Object::default();
        for attribute in start.attributes() {
            self.count()?;
            let attribute = attribute.map_err(|_| "an attribute is not well formed".to_owned())?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| describe(&error))?;
            members.insert(format!("@{}", attribute.key.as_ref()), value.into_owned());
        }
        self.open.push(Element { name: start.name().as_ref().to_owned(), members, text: String::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(mut element) = self.open.pop() else {
            return Err("an element ends that never began".to_owned());
        };
        let text = element.text.trim();
        let value = match (element.members.is_empty(), text) {
            (true, "") => Value::Null,
            (true, text) => Value::from(text),
            (false, "") => Value::Object(element.members),
            (false, text) => {
                element.members.insert("#text", text);
                Value::Object(element.members)
            }
        };
        let Some(parent) = self.open.last_mut() else {
            self.root = Some((element.name, value));
            return Ok(());
        };
        match parent.members.get_mut(&element.name) {
            None => {
                parent.members.insert(element.name, value);
            }
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![std::mem::take(first), value]),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') => {}
            None => return Err("text stands outside the root element".to_owned()),
        }
        Ok(())
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, String> {
    const UNKNOWN: &str = "an entity is unknown: only XML's own five are read";
    match reference.resolve_char_ref() {
        Ok(Some(character)) => return Ok(character),
        Ok(None) => {}
        Err(error) => return Err(describe(&error)),
    }
    match &**reference {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(UNKNOWN.to_owned()),
    }
}
