//! `onResponseActions` and `onResponseConnector`: what comes after an answer.

mod connectors;

use std::collections::HashSet;

use crate::compile::{Compiler, Laid, Scope, Shape, is_key};
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

const STAGE: Stage = Stage::FollowUp;

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

const ACTION: Shape = Shape {
    name: "an action",
    known: &["action", "parameter", "data", "when"],
    required: &["action", "parameter", "data"],
};
const PATCH: Shape = Shape { name: "the `data` of `patchRegister`", known: &["value"], required: &["value"] };
const SAVE: Shape = Shape {
    name: "the `data` of `saveSecret`",
    known: &["key", "value", "url"],
    required: &["key", "value", "url"],
};
const CONNECTOR: Shape =
    Shape { name: "`onResponseConnector`", known: &["connector", "data", "when"], required: &["connector"] };

fn action(compiler: &mut Compiler<'_>, node: &Node) -> Option<ActionPlan> {
    let laid = compiler.laid(ACTION, node);
    // Everything is compiled before anything is given up, so that all that is wrong is told.
    let named = compiler.required(&laid, "action");
    let when = when(compiler, node);
    let named = named?;
    let name = match &named.kind {
        Kind::Text(text) => text.as_str(),
        _ => "",
    };
    let effect = match name {
        "patchRegister" => patch_register(compiler, &laid),
        "saveSecret" => save_secret(compiler, &laid),
        other => {
            let message = format!("there is no action `{other}`");
            let help = suggest::proposal(other, ACTIONS);
            compiler.error_at("unknown-action", message, &named.span, Some(help));
            if let Some(data) = node.member("data") {
                compiler.node(data, Scope::closed(STAGE, "an action"));
            }
            None
        }
    };
    Some(ActionPlan { when, effect: effect? })
}

fn patch_register(compiler: &mut Compiler<'_>, action: &Laid<'_>) -> Option<Effect> {
    let key = compiler.required(action, "parameter").map(|parameter| {
        let errors = compiler.errors();
        let key = compiler.node(parameter, Scope::closed(STAGE, "the key of a register"));
        if let Plan::Literal(literal) = &key
            && compiler.errors() == errors
            && !literal.as_str().is_some_and(is_key)
        {
            compiler.error_at("register-key", NOT_A_KEY, &parameter.span, None);
        }
        key
    });
    let data = data(compiler, PATCH, action);
    let value = data.and_then(|data| compiler.required(&data, "value"));
    let value = value.map(|value| compiler.node(value, Scope::closed(STAGE, "a register")));
    Some(Effect::PatchRegister { key: key?, value: value? })
}

fn save_secret(compiler: &mut Compiler<'_>, action: &Laid<'_>) -> Option<Effect> {
    let data = data(compiler, SAVE, action)?;
    let mut part = |key, scope| compiler.required(&data, key).map(|node| compiler.node(node, scope));
    let key = part("key", Scope::closed(STAGE, "the name of a secret"));
    let value = part("value", Scope::closed(STAGE, "another secret"));
    let url = compiler.required(&data, "url").map(|node| saved_for(compiler, node));
    Some(Effect::SaveSecret { key: key?, value: value?, url: url? })
}

/// The `url` of `saveSecret`. Where it is written out, it may be told already that no run can save for it.
fn saved_for(compiler: &mut Compiler<'_>, node: &Node) -> Plan {
    let errors = compiler.errors();
    let plan = compiler.node(node, Scope::closed(STAGE, "the scope of a secret"));
    if let Some(url) = plan.as_text()
        && compiler.errors() == errors
        && let Err(problem) =
            compiler.environment.saves(compiler.integration.as_deref(), compiler.sent.as_deref(), url)
    {
        let message = format!("no run can save a secret for this: {problem}");
        compiler.error_at("save-scope", message, &node.span, Some(SAVED_FOR.to_owned()));
    }
    plan
}

/// The `data` of an action.
fn data<'n>(compiler: &mut Compiler<'_>, shape: Shape, action: &Laid<'n>) -> Option<Laid<'n>> {
    let data = compiler.required(action, "data")?;
    Some(compiler.laid(shape, data))
}

/// The names of the secrets that an adapter saves, where they are written out.
pub(super) fn saved(root: &Node) -> HashSet<String> {
    let Some(Kind::Array(actions)) = root.member("onResponseActions").map(|node| &node.kind) else {
        return HashSet::new();
    };
    let text = |node: &Node| match &node.kind {
        Kind::Text(text) => Some(text.as_str().to_owned()),
        _ => None,
    };
    let saves = |action: &&Node| action.member("action").and_then(text).as_deref() == Some("saveSecret");
    let key = |action: &Node| action.member("data")?.member("key").and_then(text);
    actions.iter().filter(saves).filter_map(key).collect()
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
    let laid = compiler.laid(CONNECTOR, node);
    let when = when(compiler, node);
    let named = compiler.required(&laid, "connector").map(|named| {
        let plan = compiler.node(named, Scope::closed(STAGE, "the name of a connector"));
        connectors::check(compiler, &plan, when.as_ref(), named);
        plan
    });
    let data = node
        .member("data")
        .map_or(Plan::NULL, |data| compiler.node(data, Scope::closed(STAGE, "the data of a connector")));
    Some(ConnectorPlan { when, connector: named?, data })
}

fn when(compiler: &mut Compiler<'_>, node: &Node) -> Option<Plan> {
    node.member("when").map(|when| compiler.node(when, Scope::closed(STAGE, "a condition")))
}

const SAVED_FOR: &str =
    "save it for the origin that answers; an operator can grant another one, under [save_secret]";
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
                value: context.tainted(value).map_err(|error| error.within("data.value"))?,
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
