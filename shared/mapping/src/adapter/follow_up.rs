//! `onResponseActions` and `onResponseConnector`: what comes after an answer.

use crate::compile::{Compiler, Holes, Scope, is_key};
use crate::eval::Context;
use crate::plan::Plan;
use crate::relaxed::{Kind, Node};
use crate::run::{Action, Answer, EvalError, Next};
use crate::section::Stage;
use crate::suggest;
use crate::value::Value;

/// An action, compiled.
#[derive(Debug)]
pub(super) struct ActionPlan {
    when: Option<Plan>,
    effect: Effect,
}

#[derive(Debug)]
enum Effect {
    PatchRegister { key: Plan, value: Plan },
    SaveSecret { key: Plan, value: Plan, url: Plan },
}

/// `onResponseConnector`, compiled.
#[derive(Debug)]
pub(super) struct ConnectorPlan {
    when: Option<Plan>,
    connector: Plan,
    data: Plan,
}

fn scope(place: &'static str) -> Scope {
    Scope { stage: Stage::FollowUp, holes: Holes::Forbidden(place) }
}

pub(super) fn actions(compiler: &mut Compiler<'_>, node: &Node) -> Vec<ActionPlan> {
    match &node.kind {
        Kind::Array(items) => items.iter().filter_map(|item| action(compiler, item)).collect(),
        _ => {
            let message = format!("`onResponseActions` is an array, not {}", node.describe());
            compiler.error_at("shape", message, &node.span, None);
            Vec::new()
        }
    }
}

const ACTIONS: [&str; 2] = ["patchRegister", "saveSecret"];

fn action(compiler: &mut Compiler<'_>, node: &Node) -> Option<ActionPlan> {
    unknown_members(compiler, node, &["action", "parameter", "data", "when", "_comment"]);
    let named = required(compiler, node, "action")?;
    let name = match &named.kind {
        Kind::Text(text) => text.as_str(),
        _ => "",
    };
    let effect = match name {
        "patchRegister" => patch_register(compiler, node)?,
        "saveSecret" => save_secret(compiler, node)?,
        other => {
            let message = format!("there is no action `{other}`");
            compiler.error_at(
                "unknown-action",
                message,
                &named.span,
                Some(suggest::proposal(other, ACTIONS)),
            );
            return None;
        }
    };
    Some(ActionPlan { when: when(compiler, node), effect })
}

fn patch_register(compiler: &mut Compiler<'_>, node: &Node) -> Option<Effect> {
    let parameter = required(compiler, node, "parameter")?;
    let key = compiler.node(parameter, scope("the key of a register"));
    if let Plan::Literal(literal) = &key
        && !literal.as_str().is_some_and(is_key)
    {
        compiler.error_at("register-key", NOT_A_KEY, &parameter.span, None);
    }
    let data = required(compiler, node, "data")?;
    let value = required(compiler, data, "value")?;
    Some(Effect::PatchRegister { key, value: compiler.node(value, scope("a register")) })
}

fn save_secret(compiler: &mut Compiler<'_>, node: &Node) -> Option<Effect> {
    let data = required(compiler, node, "data")?;
    let (key, value, url) = (
        required(compiler, data, "key")?,
        required(compiler, data, "value")?,
        required(compiler, data, "url")?,
    );
    Some(Effect::SaveSecret {
        key: compiler.node(key, scope("the name of a secret")),
        value: compiler.node(value, scope("another secret")),
        url: compiler.node(url, scope("the scope of a secret")),
    })
}

pub(super) fn connector(compiler: &mut Compiler<'_>, node: &Node) -> Option<ConnectorPlan> {
    if matches!(node.kind, Kind::Null | Kind::Data(Value::Null)) {
        return None;
    }
    if node.members().is_none() {
        let message = format!("`onResponseConnector` is an object, not {}", node.describe());
        compiler.error_at("shape", message, &node.span, None);
        return None;
    }
    unknown_members(compiler, node, &["connector", "data", "when", "_comment"]);
    let named = required(compiler, node, "connector")?;
    Some(ConnectorPlan {
        when: when(compiler, node),
        connector: compiler.node(named, scope("the name of a connector")),
        data: node
            .member("data")
            .map_or(Plan::NULL, |data| compiler.node(data, scope("the data of a connector"))),
    })
}

fn when(compiler: &mut Compiler<'_>, node: &Node) -> Option<Plan> {
    node.member("when").map(|when| compiler.node(when, scope("a condition")))
}

fn required<'n>(compiler: &mut Compiler<'_>, node: &'n Node, key: &'static str) -> Option<&'n Node> {
    let member = node.member(key);
    if member.is_none() {
        let message = format!("`{key}` is missing here");
        compiler.error_at("member-missing", message, &node.span, None);
    }
    member
}

fn unknown_members(compiler: &mut Compiler<'_>, node: &Node, known: &[&'static str]) {
    for member in node.members().unwrap_or_default() {
        if !known.contains(&member.key.as_str()) {
            let message = format!("there is no member `{}` here: it is ignored", member.key);
            let help = suggest::proposal(&member.key, known.iter().copied());
            compiler.warn_at("unknown-member", message, &member.key_span, Some(help));
        }
    }
}

const NOT_A_KEY: &str = "a register's key holds letters, digits, `.`, `_` and `-`: `MAIN_KEY-SUB_KEY`";

impl ActionPlan {
    /// The action, unless it is not to be carried out after this answer.
    pub(super) fn carry_out(
        &self,
        context: &Context<'_>,
        answer: &Answer,
    ) -> Result<Option<Action>, EvalError> {
        let wanted = match &self.when {
            Some(when) => context.holds(when).map_err(|error| error.within("when"))?,
            None => answer.meta.get("error").is_none_or(|error| error.as_bool() != Some(true)),
        };
        if !wanted {
            return Ok(None);
        }
        let make = |plan, place: &str| context.result(plan).map_err(|error| error.within(place));
        let text = |plan, place: &str| match make(plan, place)? {
            Value::String(text) if !text.is_empty() => Ok(text),
            _ => Err(EvalError::new("text is needed here").within(place)),
        };
        Ok(Some(match &self.effect {
            Effect::PatchRegister { key, value } => {
                let key = text(key, "parameter")?;
                if !is_key(&key) {
                    return Err(EvalError::new(NOT_A_KEY).within("parameter"));
                }
                Action::PatchRegister { key, value: make(value, "data.value")? }
            }
            Effect::SaveSecret { key, value, url } => Action::SaveSecret {
                key: text(key, "data.key")?,
                value: make(value, "data.value")?,
                url: text(url, "data.url")?,
            },
        }))
    }
}

impl ConnectorPlan {
    pub(super) fn next(&self, context: &Context<'_>) -> Result<Option<Next>, EvalError> {
        if let Some(when) = &self.when
            && !context.holds(when).map_err(|error| error.within("when"))?
        {
            return Ok(None);
        }
        let name =
            |value| match value {
                Value::String(name) => Ok(name),
                _ => Err(EvalError::new("the name of a connector is needed, or an array of names")
                    .within("connector")),
            };
        let connectors: Vec<String> =
            match context.result(&self.connector).map_err(|error| error.within("connector"))? {
                Value::Null => Vec::new(),
                Value::Array(names) => names.into_iter().map(name).collect::<Result<_, _>>()?,
                one => vec![name(one)?],
            };
        let connectors: Vec<String> = connectors.into_iter().filter(|name| !name.is_empty()).collect();
        if connectors.is_empty() {
            return Ok(None);
        }
        let data = context.result(&self.data).map_err(|error| error.within("data"))?;
        Ok(Some(Next { connectors, data }))
    }
}
