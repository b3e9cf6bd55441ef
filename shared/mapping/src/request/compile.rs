//! Checking and compiling `requestMapping`.

mod url;

use super::body::{self, BodyPlan, TextPart, xml_encoder};
use super::destination::{self, Reach};
use super::format::Format;
use super::multipart;
use super::places::{JsonPlace, JsonText, XmlText};
use super::{NOT_A_METHOD, NOT_A_TIMEOUT, RequestPlan, is_token, parse_method, parse_timeout};
use crate::compile::{Compiler, Scope, Shape};
use crate::expression::Piece;
use crate::plan::Plan;
use crate::relaxed::{Kind, Member, Node, Text};
use crate::section::Stage;
use crate::value::Value;

const SHAPE: Shape = Shape {
    name: "`requestMapping`",
    known: &["method", "url", "headers", "query", "body", "timeout"],
    required: &["url"],
};
const SCOPE: Scope = Scope::open(Stage::Request);

pub(crate) fn compile(compiler: &mut Compiler<'_>, node: &Node) -> RequestPlan {
    let mut plan = RequestPlan::default();
    let mut reach = Reach::default();
    let Some(members) = node.members() else {
        let message = format!("`requestMapping` is an object, not {}", node.describe());
        compiler.error_at("shape", message, &node.span, None);
        return plan;
    };
    for member in members {
        let value = &member.value;
        match member.key.as_str() {
            "method" => plan.method = method(compiler, value),
            "url" => plan.url = url::compile(compiler, value, &mut reach),
            "headers" => plan.headers = headers(compiler, value, &mut reach),
            "query" => {
                url::lint_query_values(compiler, value);
                plan.query = Some(compiler.node(value, SCOPE));
            }
            "timeout" => plan.timeout = Some(timeout(compiler, value)),
            _ => {}
        }
    }
    let laid = compiler.laid(SHAPE, node);
    compiler.required(&laid, "url");
    // Last: its form depends on the headers, wherever they stand.
    plan.body = node.member("body").and_then(|value| body(compiler, value, declared(&plan.headers)));
    if plan.method.is_none() && plan.body.is_some() && node.member("method").is_none() {
        let message = "`requestMapping` has a `body` and no `method`";
        compiler.error_at("method-missing", message, &node.span, Some("say \"method\": \"POST\"".to_owned()));
    }
    destination::check(compiler, &plan, reach);
    plan.prepare();
    plan
}

fn method(compiler: &mut Compiler<'_>, node: &Node) -> Option<Plan> {
    let errors = compiler.errors();
    let plan = compiler.node(node, SCOPE.without_holes("the method"));
    if let Plan::Literal(value) = &plan
        && compiler.errors() == errors
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

fn headers(compiler: &mut Compiler<'_>, node: &Node, reach: &mut Reach) -> Vec<(String, Plan)> {
    let Some(members) = node.members() else {
        let message = format!("`headers` is an object, not {}", node.describe());
        compiler.error_at("shape", message, &node.span, None);
        return Vec::new();
    };
    let mut headers = Vec::with_capacity(members.len());
    for member in members {
        let header = header(compiler, member);
        if let Some((name, plan)) = &header {
            reach.header(name, plan, &member.value);
        }
        headers.extend(header);
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
    if member.key.eq_ignore_ascii_case("content-type")
        && plan.as_text().is_some_and(multipart::names_boundary)
    {
        let help = Some("write \"multipart/form-data\"".to_owned());
        compiler.error_at("boundary", multipart::OWN_BOUNDARY, &member.value.span, help);
    }
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
        (Kind::Text(_) | Kind::Data(Value::String(_)), Some(format))
            if format.is_multipart() && matches!(plan, BodyPlan::Text(_)) =>
        {
            Some(multipart::NO_TEXT)
        }
        (Kind::Array(_), Some(Format::FormData)) => Some(multipart::NO_NAMES),
        (Kind::Object(_), Some(Format::Multipart)) => Some(multipart::NO_PARTS),
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
