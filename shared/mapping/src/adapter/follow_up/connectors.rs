//! The registers that a connector leads to: whether they are there, and whether they lead back.

use std::collections::HashSet;

use crate::compile::{Compiler, is_key};
use crate::diagnostic::Span;
use crate::environment::Register;
use crate::function;
use crate::plan::Plan;
use crate::relaxed::{self, Kind, Node};
use crate::value::Value;

/// How many registers are followed to see whether a chain leads back to where it began.
const FARTHEST: usize = 64;

/// Looks at the names that stand in the adapter's own text; those that data gives are known when it runs.
pub(super) fn check(compiler: &mut Compiler<'_>, plan: &Plan, when: Option<&Plan>, node: &Node) {
    let Plan::Literal(value) = plan.shared() else { return };
    if names(value).is_none() {
        let message = "the name of a connector is needed, or an array of names";
        return compiler.error_at("shape", message, &node.span, None);
    }
    let (mut seen, mut there) = (HashSet::new(), Vec::new());
    for (name, span) in places(value, node) {
        if seen.insert(name) && named(compiler, name, span) {
            there.push(name.to_owned());
        }
    }
    let span = &node.span;
    let always = match when {
        None => true,
        Some(Plan::Literal(value)) => function::is_true(value),
        Some(_) => false,
    };
    if always {
        lint_endless(compiler, there, span);
    }
}

/// Each name, and where it is said.
fn places<'v>(value: &'v Value, node: &'v Node) -> Vec<(&'v str, &'v Span)> {
    match (value, &node.kind) {
        (Value::Array(names), Kind::Array(items)) if names.len() == items.len() => {
            let each = names.iter().zip(items);
            each.flat_map(|(name, item)| names_of(name).into_iter().map(|name| (name, &item.span))).collect()
        }
        _ => names_of(value).into_iter().map(|name| (name, &node.span)).collect(),
    }
}

fn names_of(value: &Value) -> Vec<&str> {
    names(value).unwrap_or_default()
}

/// The names that a connector may stand for; none is the end of the chain.
fn names(value: &Value) -> Option<Vec<&str>> {
    let names: Vec<&str> = match value {
        Value::Null => Vec::new(),
        Value::String(name) => vec![name],
        Value::Array(items) => items.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    Some(names.into_iter().filter(|name| !name.is_empty()).collect())
}

/// Whether a connector is there, with every adapter that it names; told if not.
fn named(compiler: &mut Compiler<'_>, name: &str, span: &Span) -> bool {
    if !is_key(name) {
        compiler.error_at("register-key", super::NOT_A_KEY, span, None);
        return false;
    }
    if name == compiler.name {
        return true;
    }
    compiler.read.insert(name.to_owned());
    let Some(register) = compiler.environment.register(name) else {
        let help = compiler.like_register(name);
        let message = format!("there is no connector and no adapter `{name}`");
        compiler.error_at("unknown-connector", message, span, help);
        return false;
    };
    let Some(value) = connector(&register) else { return true };
    let Some(adapters) = names(&value).filter(|adapters| !adapters.is_empty()) else {
        let message = format!("`{name}` is neither a connector nor an adapter");
        let help =
            "a connector is the name of an adapter as a JSON string, or an array of such names".to_owned();
        compiler.error_at("unknown-connector", message, span, Some(help));
        return false;
    };
    for adapter in adapters {
        compiler.read.insert(adapter.to_owned());
        if adapter != compiler.name && compiler.environment.register(adapter).is_none() {
            let help = compiler.like_register(adapter);
            let message = format!("the connector `{name}` names `{adapter}`, and there is no such adapter");
            compiler.error_at("unknown-connector", message, span, help);
        }
    }
    true
}

/// What a register holds that is no adapter; `None` for an object, and for what does not parse: that is told elsewhere.
fn connector(register: &Register) -> Option<Value> {
    if register.layer.is_none() && register.text.trim_start().starts_with('{') {
        return None;
    }
    match value(register)? {
        Value::Object(_) => None,
        value => Some(value),
    }
}

fn value(register: &Register) -> Option<Value> {
    let mut value = relaxed::parse(&register.text).ok()?.to_value();
    if let Some(layer) = &register.layer {
        value.merge_patch(layer);
    }
    Some(value)
}

/// Warns of a chain that comes back here whatever the answers are.
fn lint_endless(compiler: &mut Compiler<'_>, first: Vec<String>, span: &Span) {
    let Some(way) = way_back(compiler, first) else { return };
    let message = match way.as_slice() {
        [] => "the adapter calls itself after every answer: the chain never ends".to_owned(),
        way => {
            format!("the chain comes back here after every answer and never ends: by `{}`", way.join("`, `"))
        }
    };
    let help =
        "say `when` it goes on, as in \"when\": \"${evaluate:${currentObject:response.next} !== null}\""
            .to_owned();
    compiler.warn_at("endless-chain", message, span, Some(help));
}

/// The registers between here and here, along connectors that are written out and hold always.
fn way_back(compiler: &mut Compiler<'_>, first: Vec<String>) -> Option<Vec<String>> {
    // Each with the one that leads to it, by its place among those that were seen.
    let mut seen: Vec<(String, Option<usize>)> = Vec::new();
    let mut open: Vec<(String, Option<usize>)> = first.into_iter().rev().map(|name| (name, None)).collect();
    while let Some((name, from)) = open.pop() {
        if name == compiler.name {
            return Some(way(&seen, from));
        }
        if seen.len() == FARTHEST || !is_key(&name) || seen.iter().any(|(known, _)| *known == name) {
            continue;
        }
        compiler.read.insert(name.clone());
        let value = compiler.environment.register(&name).as_ref().and_then(value);
        let here = seen.len();
        seen.push((name, from));
        if let Some(value) = value {
            open.extend(after(&value).into_iter().rev().map(|next| (next, Some(here))));
        }
    }
    None
}

/// The names on the way to a place among those that were seen.
fn way(seen: &[(String, Option<usize>)], mut to: Option<usize>) -> Vec<String> {
    let mut way = Vec::new();
    while let Some((name, from)) = to.and_then(|at| seen.get(at)) {
        way.push(name.clone());
        to = *from;
    }
    way.reverse();
    way
}

/// What always comes after a connector or an adapter.
fn after(value: &Value) -> Vec<String> {
    let Value::Object(adapter) = value else { return owned(value) };
    match adapter.get("onResponseConnector").and_then(Value::as_object) {
        Some(connector) if connector.get("when").is_none_or(function::is_true) => {
            connector.get("connector").map(owned).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn owned(value: &Value) -> Vec<String> {
    names_of(value).into_iter().map(str::to_owned).collect()
}
