//! `{{secret:name}}` in the text of a definition.

use mapping::{Content, Encoder, Template};
use runtime::{Refusal, names::Id};

const OPEN: &str = "{{";
const SECRET: &str = "{{secret:";
const CLOSE: &str = "}}";

/// The name of the secret that the whole text names; none where there is other text in it.
///
/// # Errors
/// FIELD_INVALID for braces that name no secret.
pub(crate) fn whole(field: &str, text: &str) -> Result<Option<String>, Refusal> {
    match split(field, text)?.as_slice() {
        [Piece::Secret(name)] => Ok(Some(name.to_string())),
        _ => Ok(None),
    }
}

/// Text with secrets in it, as a template for a place.
///
/// # Errors
/// FIELD_INVALID for braces that name no secret, and for text that the place cannot hold.
pub(crate) fn template(field: &str, text: &str, encoder: Encoder) -> Result<Template, Refusal> {
    let mut template = Template::default();
    for piece in split(field, text)? {
        match piece {
            Piece::Secret(name) => template.push_hole(Content::Secret(name.to_string()), encoder),
            Piece::Text(text) if text.chars().any(char::is_control) => {
                return Err(Refusal::field(field, "holds a control character; write it on one line"));
            }
            Piece::Text(text) if encoder == Encoder::Header && !text.is_ascii() => {
                return Err(Refusal::field(field, "holds a character beyond ASCII, which no header carries"));
            }
            Piece::Text(text) => {
                template
                    .place(Template::text(text), encoder)
                    .map_err(|error| Refusal::field(field, error))?;
            }
        }
    }
    Ok(template)
}

enum Piece<'a> {
    Text(&'a str),
    Secret(Id),
}

fn split<'a>(field: &str, text: &'a str) -> Result<Vec<Piece<'a>>, Refusal> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let (before, from) = rest.split_at(at);
        let name = from.strip_prefix(SECRET).and_then(|from| from.split_once(CLOSE));
        let Some((name, after)) = name else {
            return Err(Refusal::field(
                field,
                "holds braces that name no secret; the only form is `{{secret:name}}`",
            ));
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Secret(Id::parse(field, name)?));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}
