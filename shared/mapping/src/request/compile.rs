//! Checking and compiling `requestMapping`.

use super::body::{self, BodyPlan, TextPart, xml_encoder};
use super::format::Format;
use super::places::{JsonPlace, JsonText, XmlText};
use super::url::{State, UrlPart, UrlWriter, is_encoded};
use super::{NOT_A_METHOD, NOT_A_TIMEOUT, RequestPlan, is_token, parse_method, parse_timeout};
use crate::compile::{Compiler, Holes, Scope};
use crate::expression::Piece;
use crate::plan::Plan;
use crate::relaxed::{Kind, Member, Node, Text};
use crate::section::Stage;
use crate::suggest;
use crate::value::Value;

const MEMBERS: [&str; 6] = ["method", "url", "headers", "query", "body", "timeout"];
const SCOPE: Scope = Scope { stage: Stage::Request, holes: Holes::Allowed };

pub(crate) fn compile(compiler: &mut Compiler<'_>, node: &Node) -> RequestPlan {
    let mut plan = RequestPlan::default();
    let Some(members) = node.members() else {
        let message = format!("`requestMapping` is an object, not {}", node.describe());
        compiler.error_at("shape", message, &node.span, None);
        return plan;
    };
    for member in members {
        let value = &member.value;
        match member.key.as_str() {
            "method" => plan.method = method(compiler, value),
            "url" => plan.url = url(compiler, value),
            "headers" => plan.headers = headers(compiler, value),
            "query" => plan.query = Some(compiler.node(value, SCOPE)),
            "timeout" => plan.timeout = Some(timeout(compiler, value)),
            "body" | "_comment" => {}
            other => {
                let help = suggest::proposal(other, MEMBERS);
                let message = format!("`requestMapping` has no member `{other}`: it is ignored");
                compiler.warn_at("unknown-member", message, &member.key_span, Some(help));
            }
        }
    }
    if node.member("url").is_none() {
        compiler.error_at("url-missing", "`requestMapping` has no `url`", &node.span, None);
    }
    // Last: its form depends on the headers, wherever they stand.
    plan.body = node.member("body").and_then(|value| body(compiler, value, declared(&plan.headers)));
    if plan.method.is_none() && plan.body.is_some() && node.member("method").is_none() {
        let message = "`requestMapping` has a `body` and no `method`";
        compiler.error_at("method-missing", message, &node.span, Some("say \"method\": \"POST\"".to_owned()));
    }
    plan
}

fn method(compiler: &mut Compiler<'_>, node: &Node) -> Option<Plan> {
    let plan = compiler.node(node, SCOPE.without_holes("the method"));
    if let Plan::Literal(value) = &plan
        && value.as_str().is_none_or(|text| parse_method(text).is_none())
    {
        compiler.error_at("method", NOT_A_METHOD, &node.span, None);
    }
    Some(plan)
}

fn timeout(compiler: &mut Compiler<'_>, node: &Node) -> Plan {
    let plan = compiler.node(node, SCOPE.without_holes("the timeout"));
    if let Plan::Literal(value) = &plan
        && !value.is_null()
        && parse_timeout(value).is_none()
    {
        compiler.error_at("timeout", NOT_A_TIMEOUT, &node.span, None);
    }
    plan
}

fn url(compiler: &mut Compiler<'_>, node: &Node) -> Vec<UrlPart> {
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
    let pieces = compiler.pieces(&text);
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        parts.push(match piece {
            Piece::Text(range) => UrlPart::Text(text.as_str()[range.clone()].to_owned()),
            other => UrlPart::Value(compiler.piece(other, &text, SCOPE)),
        });
    }
    check_url(compiler, &text, &pieces, &parts);
    parts
}

/// Writes the URL as far as it does not depend on data, and tells what would be refused or is not meant that way.
fn check_url(compiler: &mut Compiler<'_>, text: &Text, pieces: &[Piece], parts: &[UrlPart]) {
    lint_query(compiler, text, pieces);
    let mut writer = UrlWriter::default();
    for (piece, part) in pieces.iter().zip(parts) {
        if let (UrlPart::Value(Plan::Literal(Value::String(value))), State::Path) = (part, writer.state)
            && value.contains('/')
        {
            let message = "this value is one segment of the path: its `/` is sent as `%2F`";
            let help = "write what stays the same into the URL, or put it at the start of it".to_owned();
            compiler.warn("encoded-slash", message, text, piece.range(), Some(help));
        }
        match writer.static_part(part) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return compiler.error("url", error.message, text, piece.range(), None),
        }
    }
    if let Err(error) = writer.finish() {
        compiler.error("url", error.message, text, &(0..text.as_str().len()), None);
    }
}

/// Query text is written unencoded; what is encoded already is kept, and told.
fn lint_query(compiler: &mut Compiler<'_>, text: &Text, pieces: &[Piece]) {
    let mut in_query = false;
    for piece in pieces {
        let Piece::Text(range) = piece else { continue };
        let bytes = &text.as_str().as_bytes()[range.clone()];
        let from = if in_query { Some(0) } else { bytes.iter().position(|byte| *byte == b'?') };
        let Some(from) = from else { continue };
        in_query = true;
        if let Some(at) = (from..bytes.len()).find(|at| is_encoded(&bytes[*at..])) {
            let at = range.start + at;
            let help = "write query text unencoded, as in `?sp=/triggers/manual/run`".to_owned();
            let message = "this is percent-encoded already: it is sent as it is";
            compiler.warn("encoded-query", message, text, &(at..at + 3), Some(help));
        }
    }
}

fn headers(compiler: &mut Compiler<'_>, node: &Node) -> Vec<(String, Plan)> {
    let Some(members) = node.members() else {
        let message = format!("`headers` is an object, not {}", node.describe());
        compiler.error_at("shape", message, &node.span, None);
        return Vec::new();
    };
    let mut headers = Vec::with_capacity(members.len());
    for member in members {
        headers.extend(header(compiler, member));
    }
    headers
}

fn header(compiler: &mut Compiler<'_>, member: &Member) -> Option<(String, Plan)> {
    if member.key == "_comment" {
        return None;
    }
    if !is_token(&member.key) {
        let message = format!("\"{}\" is not the name of a header", member.key);
        compiler.error_at("header-name", message, &member.key_span, None);
    }
    let plan = compiler.node(&member.value, SCOPE);
    if plan.as_text().is_some_and(|text| text.contains(['\r', '\n'])) {
        compiler.error_at(
            "header-value",
            "a header's value may not hold a line break",
            &member.value.span,
            None,
        );
    }
    Some((member.key.clone(), plan))
}

/// The form of the body, where the headers say it in so many words.
fn declared(headers: &[(String, Plan)]) -> Option<Option<Format>> {
    let (_, plan) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    Some(plan.as_text().map(Format::of))
}

/// `declared` is `None` without a content type, `Some(None)` with one that depends on data.
fn body(compiler: &mut Compiler<'_>, node: &Node, declared: Option<Option<Format>>) -> Option<BodyPlan> {
    let plan = match &node.kind {
        Kind::Null | Kind::Data(Value::Null) => return None,
        Kind::Text(text) => {
            let pieces = compiler.pieces(text);
            match pieces.as_slice() {
                [piece @ (Piece::Call(_) | Piece::Secret { .. })] => {
                    BodyPlan::Value(compiler.piece(piece, text, SCOPE))
                }
                pieces => body_text(compiler, text, pieces, declared),
            }
        }
        Kind::Data(Value::String(text)) => BodyPlan::Text(vec![TextPart::Text(text.clone())]),
        _ => BodyPlan::Value(compiler.node(node, SCOPE)),
    };
    let format = declared.unwrap_or_else(|| Some(body::default_format(&plan)));
    let refusal = match (&node.kind, format) {
        (_, Some(Format::Multipart)) => Some(body::MULTIPART),
        (Kind::Object(_) | Kind::Array(_), Some(Format::Text)) => Some(body::NO_FORM),
        _ => None,
    };
    if let Some(refusal) = refusal {
        compiler.error_at("body", refusal, &node.span, None);
    }
    Some(plan)
}

fn body_text(
    compiler: &mut Compiler<'_>,
    text: &Text,
    pieces: &[Piece],
    declared: Option<Option<Format>>,
) -> BodyPlan {
    let (mut json_text, mut xml_text) = (JsonText::default(), XmlText::default());
    let mut parts = Vec::with_capacity(pieces.len());
    // The body with every value left out, to see whether what the author wrote is JSON.
    let mut outline = String::new();
    let mut places = Vec::new();
    for piece in pieces {
        if let Piece::Text(range) = piece {
            let literal = &text.as_str()[range.clone()];
            json_text.follow(literal);
            xml_text.follow(literal);
            outline.push_str(literal);
            parts.push(TextPart::Text(literal.to_owned()));
            continue;
        }
        let plan = compiler.piece(piece, text, SCOPE);
        let (json, xml) = (json_text.place(), xml_text.place());
        outline.push_str(if json == JsonPlace::Value { "null" } else { "" });
        places.push((piece.range(), xml));
        parts.push(TextPart::Value { plan, json, xml });
    }
    let plan = BodyPlan::Text(parts);
    match declared.unwrap_or_else(|| Some(body::default_format(&plan))) {
        Some(Format::Json) => lint_json(compiler, text, &outline),
        Some(Format::Xml) => {
            for (range, place) in places {
                if let Err(message) = xml_encoder(place) {
                    compiler.error("xml-place", message, text, range, None);
                }
            }
        }
        _ => {}
    }
    plan
}

fn lint_json(compiler: &mut Compiler<'_>, text: &Text, outline: &str) {
    if let Err(error) = Value::from_json(outline.as_bytes()) {
        let message = format!("the body is not JSON, as its content type says: {}", error.message);
        compiler.warn("body-not-json", message, text, &(0..text.as_str().len()), None);
    }
}
