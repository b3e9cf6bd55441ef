//! The URL and the query: written as far as they do not depend on data.

use super::SCOPE;
use crate::compile::Compiler;
use crate::expression::{self, Piece};
use crate::limits::Limits;
use crate::relaxed::{Kind, Node, Text};
use crate::request::destination::Reach;
use crate::request::url::{State, UrlPart, UrlWriter, authored, is_encoded};
use crate::value::Value;

pub(super) fn compile(compiler: &mut Compiler<'_>, node: &Node, reach: &mut Reach) -> Vec<UrlPart> {
    let text = match &node.kind {
        Kind::Text(text) => text.clone(),
        // What a run wrote is text without expressions.
        Kind::Data(Value::String(url)) => return vec![UrlPart::Text(url.clone())],
        _ => {
            let message = format!("`url` is a string, not {}", node.describe());
            compiler.error_at("shape", message, &node.span, None);
            return Vec::new();
        }
    };
    let errors = compiler.errors();
    let pieces = compiler.pieces(&text);
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        parts.push(match piece {
            Piece::Text(range) => UrlPart::Text(text.as_str()[range.clone()].to_owned()),
            other => UrlPart::Value(compiler.piece(other, &text, SCOPE)),
        });
    }
    lint_query(compiler, &text, &pieces, &parts);
    // What is wrong with a part of it is null here, and would seem to be wrong with the whole.
    if compiler.errors() == errors {
        check_url(compiler, &text, &pieces, &parts, reach);
    }
    parts
}

/// Writes the URL as far as it does not depend on data, and tells what would be refused or is not meant that way.
fn check_url(
    compiler: &mut Compiler<'_>,
    text: &Text,
    pieces: &[Piece],
    parts: &[UrlPart],
    reach: &mut Reach,
) {
    let mut writer = UrlWriter::default();
    let start = pieces.first().map_or(0, |piece| piece.range().start);
    for (piece, part) in pieces.iter().zip(parts) {
        lint_value(compiler, text, piece, part, writer.state);
        match writer.static_part(part) {
            Ok(true) => reach.follow(&writer, text, start, piece),
            Ok(false) => return,
            Err(error) => return compiler.error("url", error.message, text, piece.range(), None),
        }
    }
    match writer.finish() {
        Ok(whole) => reach.finish(&whole, text, pieces),
        Err(error) => compiler.error("url", error.message, text, &(0..text.as_str().len()), None),
    }
}

/// A value of the author's own that stands in a URL.
fn lint_value(compiler: &mut Compiler<'_>, text: &Text, piece: &Piece, part: &UrlPart, state: State) {
    let UrlPart::Value(plan) = part else { return };
    let Some(value) = authored(plan).and_then(|value| value.as_text().map(str::to_owned)) else {
        return;
    };
    let message = match state {
        State::Path if value.contains('/') => {
            let message = "this value is one segment of the path: its `/` is sent as `%2F`";
            let help = "write what stays the same into the URL, or put it at the start of it".to_owned();
            return compiler.warn("encoded-slash", message, text, piece.range(), Some(help));
        }
        State::Name | State::Value if encoded_at(&value).is_some() => ENCODED_TWICE,
        State::Start | State::Authority => {
            let query = value.find('?').and_then(|query| encoded_at(&value[query..]));
            if query.is_none() {
                return;
            }
            ENCODED
        }
        _ => return,
    };
    compiler.warn("encoded-query", message, text, piece.range(), Some(UNENCODED.to_owned()));
}

const ENCODED: &str = "this is percent-encoded already: it is sent as it is";
const ENCODED_TWICE: &str =
    "this is percent-encoded already, and is encoded once more: `%2F` is sent as `%252F`";
const UNENCODED: &str = "write query text unencoded, as in `?sp=/triggers/manual/run`";

/// Where the first `%XX` stands.
fn encoded_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|at| is_encoded(&bytes[*at..]))
}

/// Query text is written unencoded; what is encoded already is kept, and told.
fn lint_query(compiler: &mut Compiler<'_>, text: &Text, pieces: &[Piece], parts: &[UrlPart]) {
    // What stands at the start is read as if it were written there, and may begin the query.
    let start = match parts.first() {
        Some(UrlPart::Value(plan)) => authored(plan),
        _ => None,
    };
    let mut in_query =
        start.and_then(|start| start.as_text().map(|text| text.contains('?'))).unwrap_or(false);
    for piece in pieces {
        let Piece::Text(range) = piece else { continue };
        let literal = &text.as_str()[range.clone()];
        let from = if in_query { Some(0) } else { literal.find('?') };
        let Some(from) = from else { continue };
        in_query = true;
        if let Some(at) = encoded_at(&literal[from..]) {
            let at = range.start + from + at;
            compiler.warn("encoded-query", ENCODED, text, &(at..at + 3), Some(UNENCODED.to_owned()));
        }
    }
}

/// The values of `query` are encoded as a whole, what is encoded already included.
pub(super) fn lint_query_values(compiler: &mut Compiler<'_>, node: &Node) {
    match &node.kind {
        Kind::Text(text) => {
            for piece in expression::parse(text.as_str(), Limits::AUTHORED.expressions).0 {
                let Piece::Text(range) = piece else { continue };
                if let Some(at) = encoded_at(&text.as_str()[range.clone()]) {
                    let at = range.start + at;
                    let help = Some(UNENCODED.to_owned());
                    compiler.warn("encoded-query", ENCODED_TWICE, text, &(at..at + 3), help);
                }
            }
        }
        Kind::Array(items) => items.iter().for_each(|item| lint_query_values(compiler, item)),
        Kind::Object(members) => members.iter().for_each(|member| lint_query_values(compiler, &member.value)),
        _ => {}
    }
}
