//! `responseXml`: how an XML answer is read.

use crate::answer::{ElementPath, ElementStep, ForceArray};
use crate::compile::Compiler;
use crate::diagnostic::Span;
use crate::path;
use crate::relaxed::{Kind, Node};
use crate::suggest;
use crate::value::Value;
use crate::xml_name;

const MEMBERS: [&str; 1] = ["forceArray"];
const HELP: &str =
    "a path leads from the root to an element: Envelope.Body.Order, Envelope.*.Order, [\"odd.name\"].b";

pub(super) fn compile(compiler: &mut Compiler<'_>, node: &Node) -> ForceArray {
    let Some(members) = node.members() else {
        let message = format!("`responseXml` is an object, not {}", node.describe());
        compiler.error_at("shape", message, &node.span, None);
        return ForceArray::default();
    };
    let mut paths = Vec::new();
    for member in members {
        match member.key.as_str() {
            "forceArray" => force_array(compiler, &member.value, &mut paths),
            "_comment" => {}
            other => {
                let message = format!("`responseXml` has no member `{other}`: it is ignored");
                let help = suggest::proposal(other, MEMBERS);
                compiler.warn_at("unknown-member", message, &member.key_span, Some(help));
            }
        }
    }
    ForceArray::new(paths)
}

fn force_array(compiler: &mut Compiler<'_>, node: &Node, paths: &mut Vec<ElementPath>) {
    match &node.kind {
        Kind::Array(items) => {
            for item in items {
                match &item.kind {
                    Kind::Text(text) => paths.extend(path(compiler, text.as_str(), &item.span)),
                    Kind::Data(value) => paths.extend(data_path(compiler, value, &item.span)),
                    _ => not_paths(compiler, &item.span),
                }
            }
        }
        // What a run wrote over the adapter.
        Kind::Data(Value::Array(items)) => {
            paths.extend(items.iter().filter_map(|item| data_path(compiler, item, &node.span)));
        }
        _ => not_paths(compiler, &node.span),
    }
}

fn data_path(compiler: &mut Compiler<'_>, value: &Value, span: &Span) -> Option<ElementPath> {
    match value {
        Value::String(text) => path(compiler, text, span),
        _ => {
            not_paths(compiler, span);
            None
        }
    }
}

fn not_paths(compiler: &mut Compiler<'_>, span: &Span) {
    let message = "`forceArray` is an array of paths, written out";
    compiler.error_at("shape", message, span, Some(HELP.to_owned()));
}

/// The steps of a path to an element; told, if it leads to none.
fn path(compiler: &mut Compiler<'_>, text: &str, span: &Span) -> Option<ElementPath> {
    let message = match path::parse(text.trim()) {
        Err(error) => format!("not a path: {}", error.message),
        Ok(steps) if steps.is_empty() => "not a path: it is empty".to_owned(),
        Ok(steps) => {
            match steps.iter().find(|step| step.as_str() != "*" && !xml_name::is_name(step.as_str())) {
                None => return Some(steps.iter().map(|step| element(step.as_str())).collect()),
                Some(step) => format!("`{}` is not the name of an element", step.as_str()),
            }
        }
    };
    compiler.error_at("path", message, span, Some(HELP.to_owned()));
    None
}

fn element(step: &str) -> ElementStep {
    match step {
        "*" => ElementStep::Any,
        name => ElementStep::Name(name.to_owned()),
    }
}
