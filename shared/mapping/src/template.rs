//! Text with holes in it: what a request consists of.

mod encoder;

pub use encoder::{EncodeError, Encoder};

/// Text in which some places are still open: the values that only the guarded client may fill in.
///
/// Rendering an adapter gives templates; whatever explains, logs or compares a request sees a hole as its name.
///
/// ```
/// use mapping::{Content, Encoder, Template};
/// let mut url = Template::text("https://example.com/?key=");
/// url.push_hole(Content::Secret("crm-key".into()), Encoder::Query);
/// assert_eq!(url.masked(), "https://example.com/?key={{secret:crm-key}}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Template {
    parts: Vec<Part>,
}

/// One part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Text that goes out as it is; already escaped for its place.
    Text(String),
    /// A place to fill.
    Hole(Hole),
}

/// A place to fill, and how what fills it is escaped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hole {
    /// What goes in.
    pub content: Content,
    /// How it is escaped for the place it stands in.
    pub encoder: Encoder,
}

/// What fills a hole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// A stored secret, by its name: `{{secret:name}}`.
    Secret(String),
    /// An access token, by a name that the service which made the hole understands. No adapter text can express one.
    Token(String),
    /// A template of its own, filled first and then escaped as a whole: `user:{{secret:password}}` before Basic's base64.
    Template(Box<Template>),
}

impl Template {
    /// A template of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        let mut template = Self::default();
        template.push_text(&text.into());
        template
    }

    /// A template that is one hole alone.
    pub fn hole(content: Content, encoder: Encoder) -> Self {
        Self { parts: vec![Part::Hole(Hole { content, encoder })] }
    }

    /// Appends text, as it is.
    pub fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    /// Appends what `write` writes.
    pub(crate) fn write_with(&mut self, write: impl FnOnce(&mut String)) {
        let mut text = match self.parts.pop() {
            Some(Part::Text(text)) => text,
            other => {
                self.parts.extend(other);
                String::new()
            }
        };
        write(&mut text);
        if !text.is_empty() {
            self.parts.push(Part::Text(text));
        }
    }

    /// The text, if there is no hole in it; else the template again.
    pub(crate) fn into_text(mut self) -> Result<String, Self> {
        match self.parts.as_mut_slice() {
            [] => Ok(String::new()),
            [Part::Text(text)] => Ok(std::mem::take(text)),
            _ => Err(self),
        }
    }

    /// Appends a hole.
    pub fn push_hole(&mut self, content: Content, encoder: Encoder) {
        self.parts.push(Part::Hole(Hole { content, encoder }));
    }

    /// Appends another template, as it is.
    pub fn push_template(&mut self, other: Template) {
        for part in other.parts {
            match part {
                Part::Text(text) => self.push_text(&text),
                hole => self.parts.push(hole),
            }
        }
    }

    /// Appends another template as a value for a place: its text is escaped now, its holes when they are filled.
    pub fn place(&mut self, other: Template, encoder: Encoder) -> Result<(), EncodeError> {
        for part in other.parts {
            match part {
                Part::Text(text) => self.push_text(&encoder.encode_text(&text)?),
                Part::Hole(Hole { content, encoder: Encoder::Raw }) => self.push_hole(content, encoder),
                hole if encoder == Encoder::Raw => self.parts.push(hole),
                hole => self.push_hole(Content::Template(Box::new(Self { parts: vec![hole] })), encoder),
            }
        }
        Ok(())
    }

    /// The parts in order. No two pieces of text stand side by side, and none is empty.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether anything is still to be filled in.
    pub fn has_holes(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Hole(_)))
    }

    /// The text, if there is no hole in it.
    pub fn as_text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Every hole, those inside other holes included, outer before inner.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        let mut open: Vec<&Part> = self.parts.iter().rev().collect();
        std::iter::from_fn(move || {
            loop {
                if let Part::Hole(hole) = open.pop()? {
                    if let Content::Template(inner) = &hole.content {
                        open.extend(inner.parts.iter().rev());
                    }
                    return Some(hole);
                }
            }
        })
    }

    /// The text with every hole shown as its name: `{{secret:name}}`, `{{token:name}}`.
    ///
    /// For people and logs. It is not escaped, and it never becomes a template again.
    pub fn masked(&self) -> String {
        let mut out = String::new();
        self.mask_into(&mut out);
        out
    }

    fn mask_into(&self, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Hole(Hole { content: Content::Secret(name), .. }) => {
                    out.push_str(&format!("{{{{secret:{name}}}}}"));
                }
                Part::Hole(Hole { content: Content::Token(name), .. }) => {
                    out.push_str(&format!("{{{{token:{name}}}}}"));
                }
                Part::Hole(Hole { content: Content::Template(inner), .. }) => inner.mask_into(out),
            }
        }
    }
}

#[cfg(test)]
mod tests;
