//! Registers that an adapter reads: authored text, compiled where it is read.

use std::ops::Range;
use std::sync::Arc;

use super::{Compiler, Holes, Loaded, Scope, Source};
use crate::expression::Argument;
use crate::plan::{Path, PathStep, Plan};
use crate::registers::Register;
use crate::relaxed::{self, Kind, Node, Text};
use crate::value::Value;

impl Compiler<'_> {
    /// `configRegister:KEY` and `configRegister:KEY, PATH`.
    pub(crate) fn register(&mut self, arguments: &[Argument], text: &Text, scope: Scope) -> Plan {
        let Some((key, range)) = self.register_key(arguments, text) else { return Plan::NULL };
        let path = match arguments.get(1) {
            Some(argument) => match self.path(argument, text, scope) {
                Some(path) => path,
                None => return Plan::NULL,
            },
            None => Path::new(),
        };
        let Some((source, root)) = self.load(&key, text, &range) else { return Plan::NULL };
        let Some((node, rest)) = descend(&root, &path) else {
            let message = format!("the register `{key}` has no such place: this is null");
            self.warn("unknown-path", message, text, &range, None);
            return Plan::NULL;
        };
        if let Some(chain) = self.cycle(&key, node) {
            let message = format!("registers read each other in a circle: {chain}");
            self.error("register-cycle", message, text, &range, None);
            return Plan::NULL;
        }
        let plan = self.inside(&key, source, node, Scope { holes: Holes::Allowed, ..scope });
        self.taint_of(&plan, text, &range, scope);
        match rest {
            [] => plan,
            rest => Plan::Pick { from: Box::new(plan), path: rest.to_vec() },
        }
    }

    fn register_key(&mut self, arguments: &[Argument], text: &Text) -> Option<(String, Range<usize>)> {
        let argument = arguments.first()?;
        let range = argument.range.clone();
        let Some(key) = argument.literal(text.as_str()) else {
            let message =
                "the key of a register must be written out, so that it is known when the adapter is checked";
            let help = "a place in the register may depend on data: `${configRegister:KEY, ${…}}`".to_owned();
            self.error("register-key", message, text, &range, Some(help));
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
        let Some(register) = self.registers.register(key) else {
            self.error("unknown-register", format!("there is no register `{key}`"), text, range, None);
            return None;
        };
        let loaded = self.parse(key, &register);
        self.documents.insert(key.to_owned(), loaded.clone());
        loaded
    }

    fn parse(&mut self, key: &str, register: &Register) -> Option<Loaded> {
        match relaxed::parse(&register.text) {
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
                found.into_iter().for_each(|diagnostic| self.tell(diagnostic));
                self.source = outer;
                None
            }
        }
    }

    /// Compiles a place of a register, whose findings are about that register's text.
    fn inside(&mut self, key: &str, text: Arc<str>, node: &Node, scope: Scope) -> Plan {
        let source = Source { register: Some(key.to_owned()), text };
        let outer = std::mem::replace(&mut self.source, source);
        self.open.push((key.to_owned(), node.span.clone()));
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

/// The place of a register that the known steps of a path lead to, and the steps left; `None` if there is no such place.
fn descend<'n, 'p>(root: &'n Node, path: &'p [PathStep]) -> Option<(&'n Node, &'p [PathStep])> {
    let Some((PathStep::Key(key), rest)) = path.split_first() else { return Some((root, path)) };
    match &root.kind {
        Kind::Object(_) => descend(root.member(key.as_str())?, rest),
        Kind::Array(items) => descend(items.get(key.index()?)?, rest),
        // What an expression or a run's data holds is seen when it is read.
        Kind::Text(_) | Kind::Data(Value::Array(_) | Value::Object(_)) => Some((root, path)),
        _ => None,
    }
}

/// `MAIN_KEY-SUB_KEY`: letters, digits, `.`, `_`, `-`.
pub(crate) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}
