//! The members of an adapter, checked and compiled.

use super::{Adapter, follow_up};
use crate::compile::{Compiler, Holes, Scope};
use crate::diagnostic::{self, Diagnostic};
use crate::plan::Plan;
use crate::registers::Registers;
use crate::relaxed::{self, Kind, Member, Node};
use crate::request;
use crate::section::Stage;
use crate::suggest;
use crate::value::Value;

const MEMBERS: [&str; 7] = [
    "constants",
    "integration",
    "requestMapping",
    "preResponseMapping",
    "responseMapping",
    "onResponseActions",
    "onResponseConnector",
];

pub(super) fn compile(
    name: &str,
    text: &str,
    layer: Option<&Value>,
    registers: &dyn Registers,
) -> Result<Adapter, Vec<Diagnostic>> {
    let mut root = relaxed::parse(text)?.into_root();
    if let Some(layer) = layer {
        root.merge(layer);
    }
    let mut compiler = Compiler::new(text, registers);
    let mut adapter = Adapter { name: name.to_owned(), ..Adapter::default() };
    adapter.members(&mut compiler, &root);
    let found = diagnostic::tidy(std::mem::take(&mut compiler.found));
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    adapter.warnings = found;
    adapter.constants = std::mem::take(&mut compiler.constants.members);
    adapter.registers = compiler.read.into_iter().collect();
    adapter.secrets = compiler.secrets.into_iter().collect();
    Ok(adapter)
}

impl Adapter {
    fn members(&mut self, compiler: &mut Compiler<'_>, root: &Node) {
        let Some(members) = root.members() else {
            let message = format!("an adapter is an object, not {}", root.describe());
            return compiler.error_at("shape", message, &root.span, None);
        };
        members.iter().for_each(|member| known(compiler, member));
        self.integration = root.member("integration").and_then(|node| integration(compiler, node));
        compiler.constants.more = self.integration.is_some();
        if let Some(node) = root.member("constants") {
            compiler.constants(node);
        }
        match root.member("requestMapping") {
            Some(node) => self.request = request::compile(compiler, node),
            None => {
                let help = Some("it says `method`, `url`, `headers` and `body` of the call".to_owned());
                compiler.error_at("request-missing", "the adapter has no `requestMapping`", &root.span, help);
            }
        }
        let scope = |stage, place| Scope { stage, holes: Holes::Forbidden(place) };
        self.pre_response = root
            .member("preResponseMapping")
            .map(|node| compiler.node(node, scope(Stage::PreResponse, "preResponseMapping")));
        self.response = root.member("responseMapping").map(|node| {
            let plan = compiler.node(node, scope(Stage::Response, "the result"));
            properties(compiler, node, plan)
        });
        self.actions =
            root.member("onResponseActions").map_or_else(Vec::new, |node| follow_up::actions(compiler, node));
        self.connector =
            root.member("onResponseConnector").and_then(|node| follow_up::connector(compiler, node));
    }
}

fn known(compiler: &mut Compiler<'_>, member: &Member) {
    let key = member.key.as_str();
    if !MEMBERS.contains(&key) && key != "_comment" {
        let message = format!("an adapter has no member `{key}`: it is ignored");
        let help = suggest::proposal(key, MEMBERS);
        compiler.warn_at("unknown-member", message, &member.key_span, Some(help));
    }
}

fn integration(compiler: &mut Compiler<'_>, node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Null => None,
        Kind::Text(text) if !text.as_str().is_empty() && !text.as_str().contains("${") => {
            Some(text.as_str().to_owned())
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
    let members = match plan {
        Plan::Object(members) => members,
        Plan::Literal(Value::Object(object)) if object.contains_key("properties") => {
            object.into_iter().map(|(key, value)| (key, Plan::Literal(value))).collect()
        }
        plan => return plan,
    };
    let mut result: Vec<(String, Plan)> = Vec::with_capacity(members.len());
    for (key, plan) in members {
        let inner: Vec<(String, Plan)> = match plan {
            Plan::Object(inner) if key == "properties" => inner,
            Plan::Literal(Value::Object(inner)) if key == "properties" => {
                inner.into_iter().map(|(key, value)| (key, Plan::Literal(value))).collect()
            }
            plan => vec![(key, plan)],
        };
        for (key, plan) in inner {
            if result.iter().any(|(known, _)| *known == key) {
                let message =
                    format!("the result has two members `{key}`: one in `properties`, one beside it");
                compiler.error_at("duplicate-key", message, &node.span, None);
            }
            result.push((key, plan));
        }
    }
    Plan::Object(result).fold()
}
