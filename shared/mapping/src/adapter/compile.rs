//! The members of an adapter, checked and compiled.

use super::{Adapter, follow_up, response_xml};
use crate::compile::{Compiler, Scope, Shape};
use crate::diagnostic::Diagnostic;
use crate::environment::{Environment, Knowledge};
use crate::plan::Plan;
use crate::relaxed::{self, Kind, Node};
use crate::request;
use crate::section::Stage;
use crate::suggest;
use crate::value::Value;

const SHAPE: Shape = Shape {
    name: "an adapter",
    known: &[
        "constants",
        "integration",
        "requestMapping",
        "responseXml",
        "preResponseMapping",
        "responseMapping",
        "onResponseActions",
        "onResponseConnector",
    ],
    required: &["requestMapping"],
};

pub(super) fn compile(
    name: &str,
    text: &str,
    layer: Option<&Value>,
    environment: &dyn Environment,
) -> Result<Adapter, Vec<Diagnostic>> {
    let mut root = relaxed::parse_within(text, &environment.limits())?.into_root();
    if let Some(layer) = layer {
        root.merge(layer);
    }
    let mut compiler = Compiler::new(name, text, environment);
    let mut adapter = Adapter { name: name.to_owned(), ..Adapter::default() };
    adapter.members(&mut compiler, &root);
    compiler.lint_keys(&root);
    let found = compiler.findings();
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    adapter.warnings = found;
    adapter.integration = compiler.integration.take();
    adapter.constants = std::mem::take(&mut compiler.constants).into_members();
    (adapter.pre_response, adapter.response) = (compiler.pre_response.take(), compiler.response.take());
    adapter.compiled_bytes = compiler.compiled_bytes();
    adapter.registers = compiler.read.into_iter().collect();
    adapter.secrets = compiler.secrets.into_iter().collect();
    Ok(adapter)
}

impl Adapter {
    fn members(&mut self, compiler: &mut Compiler<'_>, root: &Node) {
        if root.members().is_none() {
            let message = format!("an adapter is an object, not {}", root.describe());
            return compiler.error_at("shape", message, &root.span, None);
        }
        let laid = compiler.laid(SHAPE, root);
        compiler.integration = root.member("integration").and_then(|node| integration(compiler, node));
        compiler.constants.more = compiler.integration.is_some();
        compiler.saved = follow_up::saved(root);
        if let Some(node) = root.member("constants") {
            compiler.constants(node);
        }
        if let Some(node) = compiler.required(&laid, "requestMapping") {
            self.request = request::compile(compiler, node);
        }
        if let Some(node) = root.member("responseXml") {
            self.force_array = response_xml::compile(compiler, node);
        }
        compiler.pre_response = root
            .member("preResponseMapping")
            .map(|node| compiler.node(node, Scope::closed(Stage::PreResponse, "preResponseMapping")));
        compiler.response = root.member("responseMapping").map(|node| {
            let plan = compiler.node(node, Scope::closed(Stage::Response, "the result"));
            properties(compiler, node, plan)
        });
        self.actions =
            root.member("onResponseActions").map_or_else(Vec::new, |node| follow_up::actions(compiler, node));
        self.connector =
            root.member("onResponseConnector").and_then(|node| follow_up::connector(compiler, node));
    }
}

fn integration(compiler: &mut Compiler<'_>, node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Null => None,
        Kind::Text(text) if !text.as_str().is_empty() && !text.as_str().contains("${") => {
            let name = text.as_str();
            if compiler.environment.integration(name) == Knowledge::Absent {
                let names = compiler.environment.integration_names();
                let help = suggest::did_you_mean(name, names.iter().map(String::as_str));
                let message = format!("there is no integration `{name}`");
                compiler.error_at("unknown-integration", message, &node.span, help);
            }
            Some(name.to_owned())
        }
        _ => {
            let message = "`integration` is the name of an integration, written out";
            compiler.error_at("shape", message, &node.span, None);
            None
        }
    }
}

/// `properties` at the top of `responseMapping` lists properties of the result: its members are the result's own, beside
/// what else stands there.
fn properties(compiler: &mut Compiler<'_>, node: &Node, plan: Plan) -> Plan {
    let members = match plan.unshared() {
        Plan::Object(members) => members,
        Plan::Literal(Value::Object(object)) if object.contains_key("properties") => {
            object.into_iter().map(|(key, value)| (key, Plan::Literal(value))).collect()
        }
        plan => return plan,
    };
    let mut result: Vec<(String, Plan)> = Vec::with_capacity(members.len());
    for (key, plan) in members {
        if key != "properties" {
            result.push((key, plan));
            continue;
        }
        match plan.unshared() {
            Plan::Object(inner) => result.extend(inner),
            Plan::Literal(Value::Object(inner)) => {
                result.extend(inner.into_iter().map(|(key, value)| (key, Plan::Literal(value))));
            }
            plan => result.push((key, plan)),
        }
    }
    let mut keys: Vec<&str> = result.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    for pair in keys.windows(2).filter(|pair| pair[0] == pair[1]) {
        let message = format!("the result has two members `{}`: one in `properties`, one beside it", pair[0]);
        compiler.error_at("duplicate-key", message, &node.span, None);
    }
    Plan::Object(result).fold()
}
