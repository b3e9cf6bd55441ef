//! The text of a document, piece by piece.

mod declaration;
mod reference;

use memchr::{memchr2, memmem};

use super::Fault;
use crate::xml_name;

/// A piece of a document.
pub(super) enum Event<'t> {
    /// `<name`: [`Scan::attribute`] reads on until the tag ends.
    Open(&'t str),
    /// `</name>`.
    Close(&'t str),
    /// Text as it stands there, up to the next tag or reference.
    Text(&'t str),
    /// The inside of a CDATA section.
    Section(&'t str),
    /// What a reference stands for.
    Character(char),
    /// A comment or a processing instruction.
    Markup,
    End,
}

/// What comes next in a start tag.
pub(super) enum InTag<'t> {
    /// A name and its value, with line ends and references read.
    Attribute(&'t str, String),
    /// `>` or `/>`.
    End { empty: bool },
}

pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
}

/// XML's space (production 3).
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

pub(super) fn is_space(text: &str) -> bool {
    text.chars().all(|c| SPACE.contains(&c))
}

impl<'t> Scan<'t> {
    /// At the start of the document, behind its declaration.
    pub(super) fn new(text: &'t str) -> Result<Self, Fault> {
        if let Some(at) = forbidden(text) {
            return Err(Fault::new(at, "a control character is not allowed in XML"));
        }
        let mut scan = Self { text, at: 0 };
        scan.declaration()?;
        Ok(scan)
    }

    /// The byte that is read next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn fault<T>(&self, message: &str) -> Result<T, Fault> {
        Err(Fault::new(self.at, message))
    }

    pub(super) fn next(&mut self) -> Result<Event<'t>, Fault> {
        let rest = self.rest();
        match rest.as_bytes() {
            [] => Ok(Event::End),
            [b'<', b'/', ..] => self.close(),
            [b'<', b'?', ..] => self.instruction(),
            [b'<', b'!', ..] => self.declared_markup(),
            [b'<', ..] => {
                self.at += 1;
                Ok(Event::Open(self.name()?))
            }
            [b'&', ..] => {
                let (character, length) = reference::resolve(rest).map_err(|error| self.here(error))?;
                self.at += length;
                Ok(Event::Character(character))
            }
            _ => self.text(),
        }
    }

    fn here(&self, message: &str) -> Fault {
        Fault::new(self.at, message)
    }

    fn text(&mut self) -> Result<Event<'t>, Fault> {
        let rest = self.rest();
        let text = &rest[..memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len())];
        if let Some(at) = memmem::find(text.as_bytes(), b"]]>") {
            return Err(Fault::new(self.at + at, "`]]>` may not stand in text"));
        }
        self.at += text.len();
        Ok(Event::Text(text))
    }

    fn name(&mut self) -> Result<&'t str, Fault> {
        let rest = self.rest();
        let length = xml_name::length(rest);
        if length == 0 {
            return self.fault("a name was expected here");
        }
        self.at += length;
        Ok(&rest[..length])
    }

    /// Whether there was space, which is passed over.
    fn space(&mut self) -> bool {
        let rest = self.rest();
        let after = rest.trim_start_matches(SPACE);
        self.at += rest.len() - after.len();
        after.len() < rest.len()
    }

    fn skip(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn close(&mut self) -> Result<Event<'t>, Fault> {
        self.at += 2;
        let name = self.name()?;
        self.space();
        if self.skip(">") { Ok(Event::Close(name)) } else { self.fault("`>` was expected here") }
    }

    /// The next attribute of a start tag, or the end of the tag.
    pub(super) fn attribute(&mut self) -> Result<InTag<'t>, Fault> {
        let spaced = self.space();
        if self.skip(">") {
            return Ok(InTag::End { empty: false });
        }
        if self.skip("/>") {
            return Ok(InTag::End { empty: true });
        }
        if self.rest().is_empty() {
            return self.fault("a tag is never closed");
        }
        if !spaced {
            return self.fault("space, `>` or `/>` was expected here");
        }
        let name = self.name()?;
        let raw = self.quoted()?;
        let value = self.attribute_value(raw)?;
        Ok(InTag::Attribute(name, value))
    }

    /// `= "…"`, the quotes left out. Fails at the place where one of them was expected.
    fn quoted(&mut self) -> Result<&'t str, Fault> {
        self.space();
        if !self.skip("=") {
            return self.fault("`=` was expected here");
        }
        self.space();
        let rest = self.rest();
        let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
            return self.fault("a quote was expected here");
        };
        let Some(length) = rest[1..].find(quote) else {
            return self.fault("an attribute's value is never closed");
        };
        self.at += length + 2;
        Ok(&rest[1..=length])
    }

    /// The value of the attribute that was just read (XML 1.0, 3.3.3): every line end and tab is a space.
    fn attribute_value(&self, raw: &str) -> Result<String, Fault> {
        let from = self.at - 1 - raw.len();
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find(['<', '&', '\t', '\r', '\n']) {
            value.push_str(&rest[..at]);
            rest = &rest[at..];
            let fault = |message: &str| Fault::new(from + raw.len() - rest.len(), message);
            let length = match rest.as_bytes() {
                [b'<', ..] => return Err(fault("`<` may not stand in an attribute")),
                [b'&', ..] => {
                    let (character, length) = reference::resolve(rest).map_err(fault)?;
                    value.push(character);
                    length
                }
                [b'\r', b'\n', ..] => 2,
                _ => 1,
            };
            if !rest.starts_with('&') {
                value.push(' ');
            }
            rest = &rest[length..];
        }
        value.push_str(rest);
        Ok(value)
    }

    /// What starts with `<!`.
    fn declared_markup(&mut self) -> Result<Event<'t>, Fault> {
        if self.skip("<!--") {
            let Some(end) = self.rest().find("--") else { return self.fault("a comment is never closed") };
            self.at += end;
            if self.skip("-->") { Ok(Event::Markup) } else { self.fault("`--` may not stand in a comment") }
        } else if self.skip("<![CDATA[") {
            let rest = self.rest();
            let Some(end) = rest.find("]]>") else { return self.fault("a CDATA section is never closed") };
            self.at += end + 3;
            Ok(Event::Section(&rest[..end]))
        } else if self.rest().starts_with("<!DOCTYPE") {
            self.fault("a document type is not allowed")
        } else {
            self.fault("a comment or a CDATA section was expected here")
        }
    }

    fn instruction(&mut self) -> Result<Event<'t>, Fault> {
        let from = self.at;
        self.at += 2;
        let target = self.name()?;
        if target.eq_ignore_ascii_case("xml") {
            return Err(Fault::new(from, "an XML declaration stands at the very start, or nowhere"));
        }
        if !self.space() && !self.rest().starts_with("?>") {
            return self.fault("space or `?>` was expected here");
        }
        let Some(end) = self.rest().find("?>") else {
            return self.fault("a processing instruction is never closed");
        };
        self.at += end + 2;
        Ok(Event::Markup)
    }
}

/// The first character that XML 1.0 does not allow (production 2).
fn forbidden(text: &str) -> Option<usize> {
    /// So many bytes are looked at together, which is many times as fast as one by one.
    const TOGETHER: usize = 32;
    let bytes = text.as_bytes();
    let suspect = |byte: &u8| (*byte < 0x20) | (*byte == 0xef);
    let chunks = bytes.chunks(TOGETHER).enumerate();
    let mut suspects = chunks.filter(|(_, chunk)| chunk.iter().fold(false, |any, byte| any | suspect(byte)));
    suspects.find_map(|(index, chunk)| {
        let from = index * TOGETHER;
        (from..from + chunk.len()).find(|at| is_forbidden(&bytes[*at..]))
    })
}

/// Whether a character that is not allowed starts here.
fn is_forbidden(bytes: &[u8]) -> bool {
    match bytes {
        [b'\t' | b'\r' | b'\n', ..] => false,
        // The last are U+FFFE and U+FFFF.
        [0..=0x1f, ..] | [0xef, 0xbf, 0xbe | 0xbf, ..] => true,
        _ => false,
    }
}
