//! Fills holes: first with their names, to vet the request, then with their content, to send it.

mod url;

use mapping::{Content, EncodeError, Encoder, Hole, Part, Template};
use seal::Plaintext;
use zeroize::Zeroizing;

pub(crate) use self::url::{UrlFault, fill_url};

/// What the secrets and tokens of one request are filled with.
pub(crate) struct Contents(Vec<(Content, Plaintext)>);

impl Contents {
    /// The secrets and tokens that the templates ask for, each once.
    pub(crate) fn asked_for<'a>(templates: impl Iterator<Item = &'a Template>) -> Vec<Content> {
        let mut asked: Vec<Content> = Vec::new();
        for hole in templates.flat_map(Template::holes) {
            if !matches!(hole.content, Content::Template(_)) && !asked.contains(&hole.content) {
                asked.push(hole.content.clone());
            }
        }
        asked
    }

    /// Each filled with its own name, `{{secret:name}}`: what a request looks like before its secrets are opened.
    pub(crate) fn masked(asked: &[Content]) -> Self {
        let mask = |content: &Content| Plaintext::new(mask(content).into_bytes());
        Self(asked.iter().map(|content| (content.clone(), mask(content))).collect())
    }

    /// Each filled with what was opened for it.
    pub(crate) fn opened(opened: Vec<(Content, Plaintext)>) -> Self {
        Self(opened)
    }

    /// The plaintexts alone.
    pub(crate) fn plaintexts(&self) -> impl Iterator<Item = &Plaintext> {
        self.0.iter().map(|(_, plaintext)| plaintext)
    }

    fn get(&self, content: &Content) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known == content).map(|(_, plaintext)| plaintext.expose())
    }

    /// The template's text with every hole filled and encoded for its place.
    pub(crate) fn fill(&self, template: &Template) -> Result<Zeroizing<Vec<u8>>, Unfit> {
        // Room for all of it at once: a vector that grew would leave a copy behind in freed memory.
        let mut out = Zeroizing::new(Vec::with_capacity(self.bound(template)));
        for part in template.parts() {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Hole(hole) => self.fill_hole(hole, hole.encoder, &mut out)?,
            }
        }
        Ok(out)
    }

    /// Appends one hole's content, encoded.
    fn fill_hole(&self, hole: &Hole, encoder: Encoder, out: &mut Vec<u8>) -> Result<(), Unfit> {
        let unfit = |_: EncodeError| Unfit { hole: shown(hole) };
        match &hole.content {
            Content::Template(inner) => encoder.encode(&self.fill(inner)?, out).map_err(unfit),
            leaf => {
                let plaintext = self.get(leaf).ok_or_else(|| Unfit { hole: shown(hole) })?;
                encoder.encode(plaintext, out).map_err(unfit)
            }
        }
    }

    /// At least as many bytes as filling the template, or re-encoding a hole of it for a URL, can take.
    fn bound(&self, template: &Template) -> usize {
        template.parts().iter().map(|part| self.part_bound(part)).sum()
    }

    fn part_bound(&self, part: &Part) -> usize {
        match part {
            Part::Text(text) => text.len(),
            Part::Hole(hole) => {
                let inner = match &hole.content {
                    Content::Template(inner) => self.bound(inner),
                    leaf => self.get(leaf).map_or(0, <[u8]>::len),
                };
                (inner * Encoder::WIDEST + 4) * if hole.encoder.suits_urls() { 1 } else { 3 }
            }
        }
    }

    /// Everything that the templates put together from secrets before they encode it, such as Basic's `user:password`:
    /// a counterpart may echo that too.
    pub(crate) fn composites<'a>(
        &self,
        templates: impl Iterator<Item = &'a Template>,
    ) -> Vec<Zeroizing<Vec<u8>>> {
        templates
            .flat_map(Template::holes)
            .filter_map(|hole| match &hole.content {
                Content::Template(inner) => self.fill(inner).ok(),
                Content::Secret(_) | Content::Token(_) => None,
            })
            .collect()
    }
}

/// The content of a hole does not fit its place. Nothing of it is told but its name.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) hole: String,
}

/// Whether an encoder leaves nothing that could end a path segment or a query's value.
trait SuitsUrls {
    fn suits_urls(self) -> bool;
}

impl SuitsUrls for Encoder {
    fn suits_urls(self) -> bool {
        matches!(self, Self::PathSegment | Self::Query)
    }
}

/// A hole as its author wrote it.
pub(crate) fn shown(hole: &Hole) -> String {
    match &hole.content {
        Content::Template(inner) => inner.holes().next().map_or_else(|| "{{}}".to_owned(), shown),
        leaf => mask(leaf),
    }
}

/// The name of a secret or token in braces, with everything that could have a meaning in a URL or header replaced.
pub(crate) fn mask(content: &Content) -> String {
    let (kind, name) = match content {
        Content::Secret(name) => ("secret", name.as_str()),
        Content::Token(name) => ("token", name.as_str()),
        Content::Template(_) => ("template", ""),
    };
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let name: String = name.chars().map(|each| if plain(each) { each } else { '_' }).collect();
    format!("{{{{{kind}:{name}}}}}")
}

#[cfg(test)]
mod tests;
