//! The text of a document, piece by piece.

mod declaration;
mod reference;

use memchr::{memchr, memchr2};

use super::Fault;
use crate::bytes::{find, leading};
use crate::xml_name;

pub(super) use reference::resolve;

/// A piece of a document.
pub(super) enum Event<'t> {
    /// `<name`: [`Scan::attribute`] reads on until the tag ends.
    Open(&'t str),
    /// `</name>`.
    Close(&'t str),
    /// Text as it stands there, up to the next tag. Every reference in it can be resolved.
    Text(&'t str),
    /// The inside of a CDATA section.
    Section(&'t str),
    /// A comment or a processing instruction.
    Markup,
    End,
}

/// What comes next in a start tag.
pub(super) enum InTag<'t> {
    /// A name and its value as it stands there, which [`attribute_value`] reads.
    Attribute(&'t str, &'t str),
    /// `>` or `/>`.
    End { empty: bool },
}

pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
}

/// XML's space (production 3).
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// How many bytes of space text starts with.
fn space(text: &str) -> usize {
    leading(text.as_bytes(), |byte| (byte == b' ') | (byte == b'\t') | (byte == b'\r') | (byte == b'\n'))
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

    fn fault<T>(&self, message: &'static str) -> Result<T, Fault> {
        Err(Fault::new(self.at, message))
    }

    /// What comes next, within the root element or outside of it, where text may be but space.
    pub(super) fn next(&mut self, within: bool) -> Result<Event<'t>, Fault> {
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
            _ if within => self.text(),
            _ => self.outside(),
        }
    }

    fn text(&mut self) -> Result<Event<'t>, Fault> {
        let rest = self.rest();
        let text = &rest[..memchr(b'<', rest.as_bytes()).unwrap_or(rest.len())];
        let wrong = wrong_reference(text, rest);
        let sound = wrong.map_or(text, |(at, _)| &text[..at]);
        if let Some(at) = find(sound.as_bytes(), |bytes: [u8; 3]| bytes == *b"]]>") {
            return Err(Fault::new(self.at + at, "`]]>` may not stand in text"));
        }
        if let Some((at, message)) = wrong {
            return Err(Fault::new(self.at + at, message));
        }
        self.at += text.len();
        Ok(Event::Text(text))
    }

    /// Space outside of the root element.
    fn outside(&mut self) -> Result<Event<'t>, Fault> {
        let rest = self.rest();
        let text = &rest[..memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len())];
        if text.is_empty() {
            resolve(rest).map_err(|message| Fault::new(self.at, message))?;
        }
        if let Some(at) = find(text.as_bytes(), |bytes: [u8; 3]| bytes == *b"]]>") {
            return Err(Fault::new(self.at + at, "`]]>` may not stand in text"));
        }
        if text.is_empty() || space(text) < text.len() {
            return self.fault("text stands outside the root element");
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
        let length = space(self.rest());
        self.at += length;
        length > 0
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
        let value = self.quoted()?;
        let from = self.at - 1 - value.len();
        let open = memchr(b'<', value.as_bytes());
        let before = &value[..open.unwrap_or(value.len())];
        if let Some((at, message)) = wrong_reference(before, value) {
            return Err(Fault::new(from + at, message));
        }
        match open {
            Some(at) => Err(Fault::new(from + at, "`<` may not stand in an attribute")),
            None => Ok(InTag::Attribute(name, value)),
        }
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

    /// What starts with `<!`.
    fn declared_markup(&mut self) -> Result<Event<'t>, Fault> {
        if self.skip("<!--") {
            let Some(end) = find(self.rest().as_bytes(), |bytes: [u8; 2]| bytes == *b"--") else {
                return self.fault("a comment is never closed");
            };
            self.at += end;
            if self.skip("-->") { Ok(Event::Markup) } else { self.fault("`--` may not stand in a comment") }
        } else if self.skip("<![CDATA[") {
            let rest = self.rest();
            let Some(end) = find(rest.as_bytes(), |bytes: [u8; 3]| bytes == *b"]]>") else {
                return self.fault("a CDATA section is never closed");
            };
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
        let Some(end) = find(self.rest().as_bytes(), |bytes: [u8; 2]| bytes == *b"?>") else {
            return self.fault("a processing instruction is never closed");
        };
        self.at += end + 2;
        Ok(Event::Markup)
    }
}

/// The first reference in `text` that stands for nothing, with what is wrong with it; `rest` starts with the text, and goes on to
/// where its end would have to be.
fn wrong_reference(text: &str, rest: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    let mut at = leading(bytes, |byte| byte != b'&');
    while at < bytes.len() {
        match resolve(&rest[at..]) {
            Ok((_, length)) => at += length,
            Err(message) => return Some((at, message)),
        }
        if bytes.get(at) != Some(&b'&') {
            at += leading(&bytes[at..], |byte| byte != b'&');
        }
    }
    None
}

/// The value of an attribute, of which every reference can be resolved (XML 1.0, 3.3.3): every line end and tab is a space.
pub(super) fn attribute_value(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let plain = leading(rest.as_bytes(), |byte| {
            (byte != b'&') & (byte != b'\t') & (byte != b'\r') & (byte != b'\n')
        });
        value.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let (character, length) = match rest.as_bytes() {
            [] => return value,
            [b'&', ..] => resolve(rest).unwrap_or(('&', 1)),
            [b'\r', b'\n', ..] => (' ', 2),
            _ => (' ', 1),
        };
        value.push(character);
        rest = &rest[length..];
    }
}

/// The first character that XML 1.0 does not allow (production 2): a control character, U+FFFE or U+FFFF.
fn forbidden(text: &str) -> Option<usize> {
    let control = |byte: u8| (byte < 0x20) & (byte != b'\t') & (byte != b'\r') & (byte != b'\n');
    let bytes = text.as_bytes();
    let found = find(bytes, |[first, second, third]: [u8; 3]| {
        control(first) | ((first == 0xef) & (second == 0xbf) & (third >= 0xbe))
    });
    // The last two bytes start no stretch of three.
    let end = bytes.len().saturating_sub(2);
    found.or_else(|| bytes[end..].iter().position(|byte| control(*byte)).map(|at| end + at))
}
