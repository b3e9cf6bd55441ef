//! Trees as plans, checked on the way.
//!
//! The check is part of compiling: a plan exists only for what was found sound, and everything else is a diagnostic with its
//! place. Nothing is looked up later but data.

mod constants;
mod keys;
mod members;
mod missing;
mod property;
mod reading;
mod register;
mod secrets;
mod taint;
mod telling;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

pub(crate) use constants::Constants;
pub(crate) use members::{Laid, Shape};
use register::Place;
pub(crate) use register::is_key;
use secrets::Mention;
use taint::Holes;

use crate::diagnostic::{Diagnostic, Span};
use crate::environment::Environment;
use crate::expression::{self, Argument, Call, Piece};
use crate::function;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::relaxed::{Kind, Member, Node, Text};
use crate::section::Stage;
use crate::value::Value;

/// Where an expression stands: what it may read, and whether a secret may end there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) stage: Stage,
    holes: Holes,
}

/// A register that was read: its text and its tree.
type Loaded = (Arc<str>, Arc<Node>);

/// The text that is being compiled: the adapter's, or that of a register it reads.
#[derive(Clone, Debug)]
struct Source {
    register: Option<String>,
    text: Arc<str>,
}

pub(crate) struct Compiler<'a> {
    /// The key of the adapter.
    pub(crate) name: String,
    pub(crate) environment: &'a dyn Environment,
    limits: Limits,
    pub(crate) constants: Constants,
    /// `preResponseMapping` and `responseMapping`, once they are compiled: what reads them is looked at against them.
    pub(crate) pre_response: Option<Plan>,
    pub(crate) response: Option<Plan>,
    /// The integration that the adapter sends through.
    pub(crate) integration: Option<String>,
    /// The origin that the request goes to, where the author's text alone decides it.
    pub(crate) sent: Option<String>,
    /// The secrets that the adapter itself saves: each may be there by the time it is used.
    pub(crate) saved: HashSet<String>,
    /// Where each secret that is there is named first.
    mentions: HashMap<String, Mention>,
    source: Source,
    /// The registers that were read; none where a text does not parse, which is told once.
    documents: HashMap<String, Option<Loaded>>,
    /// The places of registers that were compiled, and those that were looked through for keys. A place is told by where its
    /// node lies: what a run added has the place in the text of what it was added to.
    places: HashMap<(*const Node, Stage), Place>,
    linted: HashSet<*const Node>,
    /// The places of registers that are being compiled, outermost first.
    open: Vec<(String, Span)>,
    depth: usize,
    /// The deepest it was.
    deepest: usize,
    nodes: usize,
    /// How many bytes of text were compiled.
    bytes: usize,
    /// Whether it was told that there is too much.
    is_too_much: bool,
    /// How often constants were looked at while they were being compiled.
    constants_read: usize,
    /// How many names were compared for hints.
    compared: Cell<usize>,
    found: Vec<Diagnostic>,
    /// How many errors and how many warnings were told, those beyond [`MOST`](Self::MOST) included.
    errors: usize,
    warnings: usize,
    /// The places that look like keys, by the register they stand in; none is the adapter.
    hidden: HashMap<Option<String>, Vec<Span>>,
    pub(crate) read: BTreeSet<String>,
    pub(crate) secrets: BTreeSet<String>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(name: &str, text: &str, environment: &'a dyn Environment) -> Self {
        Self {
            name: name.to_owned(),
            environment,
            limits: environment.limits(),
            constants: Constants::default(),
            pre_response: None,
            response: None,
            integration: None,
            sent: None,
            saved: HashSet::new(),
            mentions: HashMap::new(),
            source: Source { register: None, text: text.into() },
            documents: HashMap::new(),
            places: HashMap::new(),
            linted: HashSet::new(),
            open: Vec::new(),
            depth: 0,
            deepest: 0,
            nodes: 0,
            bytes: 0,
            is_too_much: false,
            constants_read: 0,
            compared: Cell::new(0),
            found: Vec::new(),
            errors: 0,
            warnings: 0,
            hidden: HashMap::new(),
            read: BTreeSet::new(),
            secrets: BTreeSet::new(),
        }
    }

    /// A value of the tree.
    pub(crate) fn node(&mut self, node: &Node, scope: Scope) -> Plan {
        let Some(plan) = self.deeper(&node.span, |compiler| match &node.kind {
            Kind::Null => Plan::NULL,
            Kind::Bool(value) => Plan::Literal(Value::Bool(*value)),
            Kind::Number(number) => Plan::Literal(Value::Number(number.clone())),
            Kind::Data(value) => {
                compiler.bytes += register::size(value);
                Plan::Literal(value.clone())
            }
            Kind::Text(text) => compiler.text(text, scope),
            Kind::Array(items) => {
                Plan::Array(items.iter().map(|item| compiler.node(item, scope)).collect()).fold()
            }
            Kind::Object(members) => {
                if let Some(property) = compiler.property(members, scope) {
                    return property;
                }
                let compile = |member: &Member| {
                    compiler.bytes += member.key.len();
                    (member.key.clone(), compiler.node(&member.value, scope))
                };
                Plan::Object(members.iter().map(compile).collect()).fold()
            }
        }) else {
            return Plan::NULL;
        };
        plan
    }

    /// A string of the tree.
    pub(crate) fn text(&mut self, text: &Text, scope: Scope) -> Plan {
        self.bytes += text.as_str().len();
        #[cfg(test)]
        crate::tests::work::done(text.as_str().len());
        if !text.as_str().contains(['$', '{']) {
            return Plan::text(text.as_str());
        }
        let pieces = self.pieces(text);
        self.join(&pieces, text, scope)
    }

    /// The pieces of a string; what is wrong with it is told.
    pub(crate) fn pieces(&mut self, text: &Text) -> Vec<Piece> {
        let (pieces, problems) = expression::parse(text.as_str(), self.limits.expressions);
        for problem in problems {
            self.problem(text, problem);
        }
        pieces
    }

    /// Pieces as one value: a piece alone keeps its type, several become text.
    pub(crate) fn join(&mut self, pieces: &[Piece], text: &Text, scope: Scope) -> Plan {
        let mut plans: Vec<Plan> = pieces.iter().map(|piece| self.piece(piece, text, scope)).collect();
        match plans.len() {
            0 => Plan::text(""),
            1 => plans.remove(0),
            _ => Plan::Concat(plans),
        }
    }

    pub(crate) fn argument(&mut self, argument: &Argument, text: &Text, scope: Scope) -> Plan {
        self.join(&argument.pieces, text, scope)
    }

    pub(crate) fn piece(&mut self, piece: &Piece, text: &Text, scope: Scope) -> Plan {
        match piece {
            Piece::Text(range) => Plan::text(&text.as_str()[range.clone()]),
            Piece::Secret { name, range } => {
                self.secrets.insert(name.clone());
                self.constants.named(name);
                match scope.holes {
                    Holes::Allowed => self.mention(name, text, range),
                    Holes::Forbidden(_) | Holes::Through(_) => self.taint(name, text, range, scope),
                }
                Plan::Secret(name.clone())
            }
            Piece::Call(call) => {
                let span = text.span(call.range.clone());
                self.deeper(&span, |compiler| compiler.call(call, text, scope)).unwrap_or(Plan::NULL)
            }
        }
    }

    /// Where in the authored texts a place is: the register, and the offset in its text. The same text, the same place.
    pub(crate) fn place(&self, text: &Text, range: &Range<usize>) -> String {
        format!("{}:{}", self.source.register.as_deref().unwrap_or_default(), text.span(range.clone()).start)
    }

    fn call(&mut self, call: &Call, text: &Text, scope: Scope) -> Plan {
        // What is wrong with the notation was told; a name or an argument that seems to be missing may be a consequence.
        if call.broken {
            return self.arguments_alone(call, text, scope);
        }
        let Some(function) = function::find(&call.name) else {
            let message = match call.name.as_str() {
                "" => "expected the name of a function after `${`".to_owned(),
                name => format!("there is no function `{name}`"),
            };
            let help = crate::suggest::proposal(&call.name, function::names());
            self.error("unknown-function", message, text, &call.name_range, Some(help));
            return self.arguments_alone(call, text, scope);
        };
        let given = call.arguments.len();
        if !function.arguments.contains(&given) {
            let message = format!("`{}` takes {}, not {given}", call.name, function.arity());
            let help = Some(format!("write it as `{}`", function.signature));
            self.error("arity", message, text, &call.range, help);
            return self.arguments_alone(call, text, scope);
        }
        (function.compile)(self, call, text, scope)
    }

    /// The arguments of a call that is none, for what is wrong in them.
    fn arguments_alone(&mut self, call: &Call, text: &Text, scope: Scope) -> Plan {
        for argument in &call.arguments {
            self.argument(argument, text, scope);
        }
        Plan::NULL
    }

    /// Runs `compile` one level further in; `None`, and told, when that is too deep or too much.
    fn deeper<T>(&mut self, span: &Span, compile: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.nodes += 1;
        #[cfg(test)]
        crate::tests::work::done(1);
        let Limits { depth, nodes, compiled_bytes, .. } = self.limits;
        if self.depth == depth {
            let message =
                format!("values, expressions and registers are nested deeper than {depth} (limit `depth`)");
            self.error_at("too-large", message, span, None);
            return None;
        }
        let is_too_much = self.nodes > nodes || self.bytes > compiled_bytes;
        if is_too_much && std::mem::replace(&mut self.is_too_much, true) {
            return None;
        }
        if self.nodes > nodes {
            let message = format!(
                "more than {nodes} values and expressions, with those of the registers that are read (limit `nodes`)"
            );
            self.error_at("too-large", message, span, None);
            return None;
        }
        if self.bytes > compiled_bytes {
            let message = format!(
                "more than {compiled_bytes} bytes of text, with that of the registers that are read (limit `compiled_bytes`)"
            );
            self.error_at("too-large", message, span, None);
            return None;
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let result = compile(self);
        self.depth -= 1;
        Some(result)
    }

    /// Seeing how alike two names are takes so much longer than whether they are the same.
    const ALIKE: usize = 256;

    /// Whether there is time left to look among names for a hint, or for a step that is missing.
    fn may_look(&self) -> bool {
        const MOST: usize = 50_000_000;
        self.compared.get() < MOST
    }

    /// Takes the time of finding one of so many names.
    fn looked_among(&self, names: usize) {
        self.compared.set(self.compared.get().saturating_add(names));
    }

    /// What `word` may have meant of so many names, while there is time to look.
    fn hint<'n>(&self, word: &str, names: impl IntoIterator<Item = &'n str>, count: usize) -> Option<String> {
        if !self.may_look() {
            return None;
        }
        self.looked_among(count.saturating_mul(Self::ALIKE));
        crate::suggest::did_you_mean(word, names)
    }

    /// How many bytes of text were compiled so far.
    pub(crate) fn compiled_bytes(&self) -> usize {
        self.bytes
    }
}
