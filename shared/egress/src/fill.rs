//! Fills holes: first with their names, to vet the request, then with their content, to send it.

mod url;

use mapping::{Algorithm, Content, Digest, EncodeError, Encoder, Hole, Part, Template};
use seal::Plaintext;
use zeroize::Zeroizing;

pub(crate) use self::url::{UrlFault, fill_url};

/// The most bytes that room is made for at once. One encoding around another multiplies what stands within: a template of a
/// few words could ask for more than any machine has.
const MOST: usize = 256 << 20;

/// The longest composite that is looked for in an answer. A signature may be made of a whole body, of any size, with a
/// secret in it: that secret is looked for itself, and what is around it is none.
const LONGEST_COMPOSITE: usize = 16 << 10;

/// What the secrets and tokens of one request are filled with.
pub(crate) struct Contents(Vec<(Content, Plaintext)>);

impl Contents {
    /// The secrets and tokens that the templates ask for, each once.
    pub(crate) fn asked_for<'a>(templates: impl Iterator<Item = &'a Template>) -> Vec<Content> {
        let mut asked: Vec<Content> = Vec::new();
        for hole in templates.flat_map(Template::holes) {
            let leaf = matches!(hole.content, Content::Secret(_) | Content::Token(_));
            if leaf && !asked.contains(&hole.content) {
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

    /// The plaintexts alone, but for that of one content.
    pub(crate) fn plaintexts_but(&self, left_out: Option<&Content>) -> impl Iterator<Item = &Plaintext> {
        self.0.iter().filter(move |(content, _)| Some(content) != left_out).map(|(_, plaintext)| plaintext)
    }

    /// What a secret or token holds.
    pub(crate) fn get(&self, content: &Content) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known == content).map(|(_, plaintext)| plaintext.expose())
    }

    /// The template's text with every hole filled and encoded for its place.
    pub(crate) fn fill(&self, template: &Template) -> Result<Zeroizing<Vec<u8>>, Unfit> {
        // Room for all of it at once: a vector that grew would leave a copy behind in freed memory.
        let mut out = Zeroizing::new(Vec::with_capacity(Self::room(self.bound(template), template)?));
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
            Content::Digest(digest) => encoder.encode(&self.digest(digest)?, out).map_err(unfit),
            leaf => {
                let plaintext = self.get(leaf).ok_or_else(|| Unfit { hole: shown(hole) })?;
                encoder.encode(plaintext, out).map_err(unfit)
            }
        }
    }

    /// A hash or an HMAC of what its templates give.
    fn digest(&self, digest: &Digest) -> Result<Zeroizing<Vec<u8>>, Unfit> {
        let key = digest.key.as_ref().map(|key| self.fill(key)).transpose()?;
        let message = self.fill(&digest.message)?;
        let mut out = Zeroizing::new(Vec::with_capacity(Algorithm::LONGEST));
        digest.algorithm.compute(key.as_ref().map(|key| key.as_slice()), &message, &mut out);
        Ok(out)
    }

    /// So much room, if any request may take it.
    fn room(bound: usize, template: &Template) -> Result<usize, Unfit> {
        let hole = || template.holes().next().map_or_else(|| "{{}}".to_owned(), shown);
        if bound <= MOST { Ok(bound) } else { Err(Unfit { hole: hole() }) }
    }

    /// At least as many bytes as filling the template can take.
    fn bound(&self, template: &Template) -> usize {
        template.parts().fold(0, |bound, part| bound.saturating_add(self.part_bound(part)))
    }

    fn part_bound(&self, part: Part<'_>) -> usize {
        match part {
            Part::Text(text) => text.len(),
            Part::Hole(hole) => {
                let inner = match &hole.content {
                    Content::Template(inner) => self.bound(inner),
                    Content::Digest(_) => Algorithm::LONGEST,
                    leaf => self.get(leaf).map_or(0, <[u8]>::len),
                };
                inner.saturating_mul(hole.encoder.growth()).saturating_add(4)
            }
        }
    }

    /// Everything that the templates put together from secrets before they encode or hash it, such as Basic's
    /// `user:password` or the key of an HMAC: a counterpart may echo that too. What a digest is made of without a secret is
    /// none of it: it may be any text, and an answer may well hold it.
    pub(crate) fn composites<'a>(
        &self,
        templates: impl Iterator<Item = &'a Template>,
    ) -> Vec<Zeroizing<Vec<u8>>> {
        templates
            .flat_map(Template::holes)
            .flat_map(|hole| match &hole.content {
                Content::Template(inner) => vec![&**inner],
                Content::Digest(digest) => digest.templates().collect(),
                Content::Secret(_) | Content::Token(_) => vec![],
            })
            .filter(|inner| inner.has_holes() && self.bound(inner) <= LONGEST_COMPOSITE)
            .filter_map(|inner| self.fill(inner).ok())
            .collect()
    }

    /// The bytes that stand behind secrets of base64 text, where those are what is sent: a counterpart may echo them as they
    /// are, or in base64 of its own.
    pub(crate) fn decoded<'a>(
        &self,
        templates: impl Iterator<Item = &'a Template>,
    ) -> Vec<Zeroizing<Vec<u8>>> {
        templates
            .flat_map(Template::holes)
            .filter(|hole| hole.encoder == Encoder::FromBase64)
            .filter(|hole| !matches!(&hole.content, Content::Template(inner) if !inner.has_holes()))
            .filter_map(|hole| self.fill(&Template::hole(hole.content.clone(), hole.encoder)).ok())
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
        Content::Digest(digest) => {
            digest.templates().find_map(|inner| inner.holes().next()).map_or_else(|| "{{}}".to_owned(), shown)
        }
        leaf => mask(leaf),
    }
}

/// The name of a secret or token in braces, with everything that could have a meaning in a URL or header replaced.
pub(crate) fn mask(content: &Content) -> String {
    let (kind, name) = match content {
        Content::Secret(name) => ("secret", name.as_str()),
        Content::Token(name) => ("token", name.as_str()),
        Content::Template(_) => ("template", ""),
        Content::Digest(_) => ("digest", ""),
    };
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let name: String = name.chars().map(|each| if plain(each) { each } else { '_' }).collect();
    format!("{{{{{kind}:{name}}}}}")
}

#[cfg(test)]
mod tests;
