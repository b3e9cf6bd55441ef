//! Registers that an adapter reads: authored text, compiled where it is read.

use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use super::{Compiler, Loaded, Scope, Source};
use crate::environment::Register;
use crate::expression::Argument;
use crate::plan::{Path, PathStep, Plan};
use crate::relaxed::{self, Kind, Member, Node, Text};
use crate::suggest;
use crate::value::Value;

/// A place of a register, compiled without anything wrong: whoever reads it again gets the same.
#[derive(Clone)]
pub(super) struct Place {
    plan: Plan,
    /// How many values and expressions it took, and how deep they are nested. They count each time it is read, so that a
    /// plan is no larger unfolded than the limits say.
    nodes: usize,
    depth: usize,
}

impl Compiler<'_> {
    /// `configRegister:KEY` and `configRegister:KEY, PATH`.
    pub(crate) fn register(&mut self, arguments: &[Argument], text: &Text, scope: Scope) -> Plan {
        let key = self.register_key(arguments, text, scope);
        let path = match arguments.get(1) {
            Some(argument) => self.path(argument, text, scope),
            None => Some(Path::new()),
        };
        let Some((key, range)) = key else { return Plan::NULL };
        let loaded = self.load(&key, text, &range);
        let (Some(path), Some((source, root))) = (path, loaded) else { return Plan::NULL };
        /// Finding one of so many members takes about as long as compiling a value.
        const MEMBERS_A_NODE: usize = 1024;
        self.nodes += root.members().map_or(0, <[_]>::len) / MEMBERS_A_NODE;
        let (node, rest) = match descend(&root, &path) {
            Ok(found) => found,
            Err(NoStep { step, known }) => {
                let message = format!("the register `{key}` has nothing at `{step}`: this is null");
                let known = if self.may_look() { known } else { &[] };
                self.looked_among(known.len().saturating_mul(Self::ALIKE));
                let help = suggest::among(&step, known.iter().map(|member| member.key.as_str()));
                let range = arguments.get(1).map_or(&range, |argument| &argument.range);
                self.warn("unknown-path", message, text, range, help);
                return Plan::NULL;
            }
        };
        if let Some(chain) = self.cycle(&key, node) {
            let message = format!("registers read each other in a circle: {chain}");
            self.error("register-cycle", message, text, &range, None);
            return Plan::NULL;
        }
        let plan = self.inside(&key, source, node, Scope::open(scope.stage));
        self.taint_of(&plan, text, &range, scope);
        match rest {
            [] => plan,
            rest => Plan::Pick { from: Box::new(plan), path: rest.to_vec() },
        }
    }

    /// A whole register that holds an array, or an expression that may give one. `None`, and told, if it does not.
    pub(crate) fn register_array(&mut self, argument: &Argument, text: &Text, scope: Scope) -> Option<Plan> {
        let before = self.errors();
        let plan = self.register(std::slice::from_ref(argument), text, scope);
        if self.errors() > before {
            return None;
        }
        let key = argument.literal(text.as_str())?;
        let (_, root) = self.documents.get(key).cloned().flatten()?;
        let is_array = match &root.kind {
            Kind::Array(_) | Kind::Data(Value::Array(_)) => true,
            // An expression alone may give one.
            Kind::Text(_) => {
                !matches!(plan.shared(), Plan::Literal(Value::String(_)) | Plan::Concat(_) | Plan::Secret(_))
            }
            _ => false,
        };
        if !is_array {
            let message = format!("the register `{key}` holds {}, not an array", root.describe());
            self.error("register-array", message, text, &argument.range, None);
        }
        is_array.then_some(plan)
    }

    fn register_key(
        &mut self,
        arguments: &[Argument],
        text: &Text,
        scope: Scope,
    ) -> Option<(String, Range<usize>)> {
        let argument = arguments.first()?;
        let range = argument.range.clone();
        let Some(key) = argument.literal(text.as_str()) else {
            let message =
                "the key of a register must be written out, so that it is known when the adapter is checked";
            let help = "a place in the register may depend on data: `${configRegister:KEY, ${…}}`".to_owned();
            self.error("register-key", message, text, &range, Some(help));
            self.argument(argument, text, scope.without_holes("the key of a register"));
            return None;
        };
        if !is_key(key) {
            let message = "a register's key holds letters, digits, `.`, `_` and `-`: `MAIN_KEY-SUB_KEY`";
            self.error("register-key", message, text, &range, None);
            return None;
        }
        Some((key.to_owned(), range))
    }

    /// The text and the tree of a register, with what runs wrote into it laid over.
    fn load(&mut self, key: &str, text: &Text, range: &Range<usize>) -> Option<Loaded> {
        self.read.insert(key.to_owned());
        if let Some(known) = self.documents.get(key) {
            return known.clone();
        }
        let Some(register) = self.environment.register(key) else {
            let help = self.like_register(key);
            self.error("unknown-register", format!("there is no register `{key}`"), text, range, help);
            return None;
        };
        let loaded = self.parse(key, &register);
        self.documents.insert(key.to_owned(), loaded.clone());
        loaded
    }

    /// The register that a key may have meant.
    pub(crate) fn like_register(&self, key: &str) -> Option<String> {
        if !self.may_look() {
            return None;
        }
        let keys = self.environment.register_keys();
        self.hint(key, keys.iter().map(String::as_str), keys.len())
    }

    fn parse(&mut self, key: &str, register: &Register) -> Option<Loaded> {
        match relaxed::parse_within(&register.text, &self.limits) {
            Ok(document) => {
                let mut root = document.into_root();
                if let Some(layer) = &register.layer {
                    root.merge(layer);
                }
                Some((Arc::clone(&register.text), Arc::new(root)))
            }
            Err(found) => {
                let source = Source { register: Some(key.to_owned()), text: Arc::clone(&register.text) };
                let outer = std::mem::replace(&mut self.source, source);
                for diagnostic in found {
                    if self.counts(diagnostic.severity) {
                        self.keep(diagnostic);
                    }
                }
                self.source = outer;
                None
            }
        }
    }

    /// Compiles a place of a register, unless that was done already.
    fn inside(&mut self, key: &str, text: Arc<str>, node: &Node, scope: Scope) -> Plan {
        let at = (ptr::from_ref(node), scope.stage);
        if let Some(Place { plan, nodes, depth }) = self.places.get(&at)
            && self.nodes + nodes <= self.limits.nodes
            && self.depth + depth <= self.limits.depth
        {
            self.nodes += nodes;
            self.deepest = self.deepest.max(self.depth + depth);
            return plan.clone();
        }
        let before = (self.errors, self.constants_read, self.nodes, self.bytes);
        let deepest = std::mem::replace(&mut self.deepest, self.depth);
        let plan = self.anew(key, text, node, scope);
        let (nodes, depth) = (self.nodes - before.2, self.deepest - self.depth);
        self.deepest = self.deepest.max(deepest);
        // What is wrong is told to each reader, and what constants read of constants depends on which are there already.
        if (self.errors, self.constants_read) != (before.0, before.1) {
            return plan;
        }
        let plan = match nodes * A_NODE + (self.bytes - before.3) <= SMALL {
            true => plan,
            false => Plan::Shared(Arc::new(plan)),
        };
        self.places.insert(at, Place { plan: plan.clone(), nodes, depth });
        plan
    }

    /// Compiles a place of a register, whose findings are about that register's text.
    fn anew(&mut self, key: &str, text: Arc<str>, node: &Node, scope: Scope) -> Plan {
        let source = Source { register: Some(key.to_owned()), text };
        let outer = std::mem::replace(&mut self.source, source);
        self.open.push((key.to_owned(), node.span.clone()));
        if self.linted.insert(ptr::from_ref(node)) {
            self.lint_keys(node);
        }
        let plan = self.node(node, scope);
        self.open.pop();
        self.source = outer;
        plan
    }

    /// The way around, if the place is being compiled already.
    fn cycle(&self, key: &str, node: &Node) -> Option<String> {
        let at = self.open.iter().position(|(open, span)| open == key && *span == node.span)?;
        let around = self.open[at..].iter().map(|(open, _)| open.as_str()).chain([key]);
        Some(around.collect::<Vec<_>>().join(" -> "))
    }
}

/// A plan of a register up to this size is copied to each place that reads it, and looked at there as if it stood there.
/// About how many bytes a value of it takes beside its text.
const SMALL: usize = 4096;
const A_NODE: usize = 64;

/// About how many bytes it takes to copy a value.
pub(super) fn size(value: &Value) -> usize {
    A_NODE
        + match value {
            Value::Null | Value::Bool(_) => 0,
            Value::Number(number) => number.as_str().len(),
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(object) => object.iter().map(|(key, value)| key.len() + size(value)).sum(),
        }
}

/// A step that is not there, and the members among which it would be.
struct NoStep<'n> {
    step: String,
    known: &'n [Member],
}

/// The place of a register that the known steps of a path lead to, and the steps left.
fn descend<'n, 'p>(root: &'n Node, path: &'p [PathStep]) -> Result<(&'n Node, &'p [PathStep]), NoStep<'n>> {
    let Some((PathStep::Key(key), rest)) = path.split_first() else { return Ok((root, path)) };
    let missing = |known: &'n [Member]| Err(NoStep { step: key.as_str().to_owned(), known });
    match &root.kind {
        Kind::Object(members) => match root.member(key.as_str()) {
            Some(member) => descend(member, rest),
            None => missing(members),
        },
        Kind::Array(items) => match key.index().and_then(|index| items.get(index)) {
            Some(item) => descend(item, rest),
            None => missing(&[]),
        },
        // What an expression or a run's data holds is seen when it is read.
        Kind::Text(_) | Kind::Data(Value::Array(_) | Value::Object(_)) => Ok((root, path)),
        _ => missing(&[]),
    }
}

/// `MAIN_KEY-SUB_KEY`: letters, digits, `.`, `_`, `-`.
pub(crate) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}
