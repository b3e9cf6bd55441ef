//! Text with holes in it: what a request consists of.

mod digest;
mod encoder;

pub use digest::{Algorithm, Digest};
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
    /// All of the text, in one piece.
    text: String,
    /// The holes in order, each with the offset of the text it stands before.
    holes: Vec<(usize, Hole)>,
    /// What the holes take in memory, in bytes, and how deep templates stand in one another there.
    held: usize,
    depth: usize,
}

/// One part of a [`Template`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part<'t> {
    /// Text that goes out as it is; already escaped for its place.
    Text(&'t str),
    /// A place to fill.
    Hole(&'t Hole),
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
    /// A hash, or an HMAC, of templates that are filled first. Its bytes are no text: the hole's encoder writes them in hex
    /// or base64.
    Digest(Box<Digest>),
}

impl Content {
    /// What it takes in memory, in bytes, beside the hole.
    fn size(&self) -> usize {
        match self {
            Self::Secret(name) | Self::Token(name) => name.len(),
            Self::Template(inner) => size_of::<Template>() + inner.size(),
            Self::Digest(digest) => {
                digest.templates().map(|inner| size_of::<Template>() + inner.size()).sum()
            }
        }
    }

    /// How deep templates stand in one another.
    fn depth(&self) -> usize {
        match self {
            Self::Secret(_) | Self::Token(_) => 0,
            Self::Template(inner) => 1 + inner.depth,
            Self::Digest(digest) => 1 + digest.templates().map(|inner| inner.depth).max().unwrap_or(0),
        }
    }
}

impl Template {
    /// How often a secret may be encoded, hashed or signed, one around another.
    pub(crate) const DEEPEST: usize = 16;

    /// A template of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// An empty template with room for so many bytes of text.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self::text(String::with_capacity(bytes))
    }

    /// A template that is one hole alone.
    pub fn hole(content: Content, encoder: Encoder) -> Self {
        let mut template = Self::default();
        template.push_hole(content, encoder);
        template
    }

    /// Appends text, as it is.
    pub fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends what `write` writes.
    pub(crate) fn write_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
    }

    /// How many bytes of text and of holes there are.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + self.held
    }

    /// The text, if there is no hole in it; else the template again.
    pub(crate) fn into_text(self) -> Result<String, Self> {
        if self.holes.is_empty() { Ok(self.text) } else { Err(self) }
    }

    /// Appends a hole.
    pub fn push_hole(&mut self, content: Content, encoder: Encoder) {
        self.held += size_of::<(usize, Hole)>() + content.size();
        self.depth = self.depth.max(content.depth());
        self.holes.push((self.text.len(), Hole { content, encoder }));
    }

    /// Appends another template, as it is.
    pub fn push_template(&mut self, other: Template) {
        if self.is_empty() {
            *self = other;
            return;
        }
        let before = self.text.len();
        self.text.push_str(&other.text);
        self.held += other.held;
        self.depth = self.depth.max(other.depth);
        self.holes.extend(other.holes.into_iter().map(|(at, hole)| (before + at, hole)));
    }

    /// Appends another template as a value for a place: its text is escaped now, its holes when they are filled.
    pub fn place(&mut self, other: Template, encoder: Encoder) -> Result<(), EncodeError> {
        let mut from = 0;
        for (at, Hole { content, encoder: own }) in other.holes {
            self.place_text(&other.text[from..at], encoder)?;
            from = at;
            match (own, encoder) {
                (Encoder::Raw, encoder) => self.push_hole(content, encoder),
                (own, Encoder::Raw) => self.push_hole(content, own),
                (own, encoder) => {
                    self.push_hole(Self::hole(content, own).nested()?, encoder);
                }
            }
        }
        self.place_text(&other.text[from..], encoder)
    }

    /// Appends text as a value for a place.
    pub(crate) fn place_text(&mut self, text: &str, encoder: Encoder) -> Result<(), EncodeError> {
        self.text.push_str(&encoder.encode_text(text)?);
        Ok(())
    }

    /// The template as one hole: filled first, and then encoded as a whole.
    ///
    /// Fails where that has been done too often already.
    pub(crate) fn encoded(mut self, encoder: Encoder) -> Result<Self, EncodeError> {
        match self.holes.as_mut_slice() {
            [(_, Hole { encoder: within @ Encoder::Raw, .. })] if self.text.is_empty() => {
                *within = encoder;
                Ok(self)
            }
            _ => Ok(Self::hole(self.nested()?, encoder)),
        }
    }

    /// The template as what fills a hole of another.
    fn nested(self) -> Result<Content, EncodeError> {
        self.not_too_deep()?;
        Ok(Content::Template(Box::new(self)))
    }

    /// Whether the template may become a part of a hole of another.
    ///
    /// Fails beyond [`DEEPEST`](Self::DEEPEST): whatever walks a template walks it to its ground, and each encoding may
    /// make twice as many bytes of what is within.
    pub(crate) fn not_too_deep(&self) -> Result<(), EncodeError> {
        if self.depth < Self::DEEPEST { Ok(()) } else { Err(EncodeError::TOO_DEEP) }
    }

    /// The parts in order. No two pieces of text stand side by side, and none is empty.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let ends = self.holes.iter().map(|(at, hole)| (*at, Some(hole))).chain([(self.text.len(), None)]);
        let mut from = 0;
        ends.flat_map(move |(at, hole)| {
            let text = &self.text[from..at];
            from = at;
            let text = (!text.is_empty()).then_some(Part::Text(text));
            text.into_iter().chain(hole.map(Part::Hole))
        })
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.holes.is_empty()
    }

    /// Whether anything is still to be filled in.
    pub fn has_holes(&self) -> bool {
        !self.holes.is_empty()
    }

    /// The text, if there is no hole in it.
    pub fn as_text(&self) -> Option<&str> {
        self.holes.is_empty().then_some(&self.text)
    }

    /// Whether it ends in text, and that in one of these characters.
    pub(crate) fn ends_with(&self, characters: &[char]) -> bool {
        let after_hole = self.holes.last().is_some_and(|(at, _)| *at == self.text.len());
        !after_hole && self.text.ends_with(characters)
    }

    /// Every hole, those inside other holes included, outer before inner.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        let mut open: Vec<&Hole> = self.holes.iter().rev().map(|(_, hole)| hole).collect();
        std::iter::from_fn(move || {
            let hole = open.pop()?;
            match &hole.content {
                Content::Template(inner) => open.extend(inner.holes.iter().rev().map(|(_, hole)| hole)),
                Content::Digest(digest) => {
                    let inner = digest.templates().rev();
                    open.extend(inner.flat_map(|inner| inner.holes.iter().rev().map(|(_, hole)| hole)));
                }
                Content::Secret(_) | Content::Token(_) => {}
            }
            Some(hole)
        })
    }

    /// The text with every hole shown as its name: `{{secret:name}}`, `{{token:name}}`. A digest is shown as its author
    /// wrote it, with what it is made of: `{{hmac:sha256 hex,{{secret:key}},GET/orders}}`.
    ///
    /// For people and logs. It is not escaped, and it never becomes a template again.
    pub fn masked(&self) -> String {
        let mut out = String::new();
        self.mask_into(&mut out);
        out
    }

    fn mask_into(&self, out: &mut String) {
        for part in self.parts() {
            let hole = match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Hole(hole) => hole,
            };
            match &hole.content {
                Content::Secret(name) => out.push_str(&format!("{{{{secret:{name}}}}}")),
                Content::Token(name) => out.push_str(&format!("{{{{token:{name}}}}}")),
                Content::Template(inner) => inner.mask_into(out),
                Content::Digest(digest) => digest.mask_into(hole.encoder, out),
            }
        }
    }
}

#[cfg(test)]
mod tests;
