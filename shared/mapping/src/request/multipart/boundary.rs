//! The boundary between parts.

use ring::hmac;

use super::{OWN_BOUNDARY, Part as Piece};
use crate::run::EvalError;
use crate::template::{Content, Part, Template};

/// A boundary that stands nowhere in the parts: 128 bits that follow from the step's randomness, so that a retry has the
/// same one, nobody who gives data can know it, and it gives nothing of that randomness away. What a secret holds is not
/// looked at; it would have to hold those 128 bits.
pub(super) fn choose(seed: &[u8; 16], parts: &[Piece]) -> Result<String, EvalError> {
    /// More than one is never needed, but by who knows the seed.
    const TRIES: u8 = 8;
    let free = |boundary: &String| !parts.iter().any(|part| stands_in(boundary, part));
    let boundary = (0..TRIES).map(|attempt| make(seed, attempt)).find(free);
    boundary.ok_or_else(|| EvalError::new("the parts hold every boundary that could stand between them"))
}

pub(super) fn make(seed: &[u8; 16], attempt: u8) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, seed);
    let tag = hmac::sign(&key, format!("multipart boundary {attempt}").as_bytes());
    let bits = tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}"));
    std::iter::once("outgate-".to_owned()).chain(bits).collect()
}

fn stands_in(boundary: &str, part: &Piece) -> bool {
    part.headers.contains(boundary) || template_holds(&part.body, boundary)
}

fn template_holds(template: &Template, boundary: &str) -> bool {
    template.parts().any(|part| match part {
        Part::Text(text) => text.contains(boundary),
        Part::Hole(hole) => match &hole.content {
            Content::Template(inner) if !inner.has_holes() => {
                let mut bytes = Vec::new();
                let text = inner.as_text().unwrap_or_default();
                // What is no base64 is refused before it comes here.
                let decoded = hole.encoder.encode(text.as_bytes(), &mut bytes).is_ok();
                decoded && bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes())
            }
            _ => false,
        },
    })
}

/// Whether a content type names a boundary of its own.
pub(in crate::request) fn names_boundary(content_type: &str) -> bool {
    let mut parameters = content_type.split(';');
    let multipart = parameters
        .next()
        .is_some_and(|essence| essence.trim().to_ascii_lowercase().starts_with("multipart/"));
    let named = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("boundary")
    };
    multipart && parameters.any(named)
}

/// Writes the boundary into the content type.
pub(in crate::request) fn name_boundary(
    headers: &mut [(String, Template)],
    boundary: &str,
) -> Result<(), EvalError> {
    let header = headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let Some((_, value)) = header else { return Ok(()) };
    if value.as_text().is_some_and(names_boundary) {
        return Err(EvalError::new(OWN_BOUNDARY).within("Content-Type"));
    }
    value.push_text(&format!("; boundary={boundary}"));
    Ok(())
}
