//! Trees as plans, checked on the way.
//!
//! The check is part of compiling: a plan exists only for what was found sound, and everything else is a diagnostic with its
//! place. Nothing is looked up later but data.

mod constants;
mod property;
mod reading;
mod register;
mod taint;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

pub(crate) use constants::Constants;
pub(crate) use register::is_key;
pub(crate) use taint::Holes;

use crate::diagnostic::{Diagnostic, Origin, Span};
use crate::expression::{self, Argument, Call, Piece, Problem};
use crate::function;
use crate::plan::Plan;
use crate::registers::Registers;
use crate::relaxed::{Kind, Member, Node, Text};
use crate::section::Stage;
use crate::value::Value;

/// How deep values, expressions and registers may be nested in one another.
const DEPTH: usize = 128;
/// How many values and expressions one adapter may have, the registers it reads included.
const NODES: usize = 200_000;

/// Where an expression stands: what it may read, and whether a secret may end there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) stage: Stage,
    pub(crate) holes: Holes,
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
    registers: &'a dyn Registers,
    pub(crate) constants: Constants,
    source: Source,
    /// The registers that were read; none where a text does not parse, which is told once.
    documents: HashMap<String, Option<Loaded>>,
    /// The places of registers that are being compiled, outermost first.
    open: Vec<(String, Span)>,
    depth: usize,
    nodes: usize,
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) read: BTreeSet<String>,
    pub(crate) secrets: BTreeSet<String>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(text: &str, registers: &'a dyn Registers) -> Self {
        Self {
            registers,
            constants: Constants::default(),
            source: Source { register: None, text: text.into() },
            documents: HashMap::new(),
            open: Vec::new(),
            depth: 0,
            nodes: 0,
            found: Vec::new(),
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
            Kind::Data(value) => Plan::Literal(value.clone()),
            Kind::Text(text) => compiler.text(text, scope),
            Kind::Array(items) => {
                Plan::Array(items.iter().map(|item| compiler.node(item, scope)).collect()).fold()
            }
            Kind::Object(members) => {
                if let Some(property) = compiler.property(members, scope) {
                    return property;
                }
                let compile = |member: &Member| (member.key.clone(), compiler.node(&member.value, scope));
                Plan::Object(members.iter().map(compile).collect()).fold()
            }
        }) else {
            return Plan::NULL;
        };
        plan
    }

    /// A string of the tree.
    pub(crate) fn text(&mut self, text: &Text, scope: Scope) -> Plan {
        if !text.as_str().contains(['$', '{']) {
            return Plan::text(text.as_str());
        }
        let pieces = self.pieces(text);
        self.join(&pieces, text, scope)
    }

    /// The pieces of a string; what is wrong with it is told.
    pub(crate) fn pieces(&mut self, text: &Text) -> Vec<Piece> {
        let (pieces, problems) = expression::parse(text.as_str());
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
                self.taint(name, text, range, scope);
                Plan::Secret(name.clone())
            }
            Piece::Call(call) => {
                let span = text.span(call.range.clone());
                self.deeper(&span, |compiler| compiler.call(call, text, scope)).unwrap_or(Plan::NULL)
            }
        }
    }

    fn call(&mut self, call: &Call, text: &Text, scope: Scope) -> Plan {
        let Some(function) = function::find(&call.name) else {
            let message = match call.name.as_str() {
                "" => "expected the name of a function after `${`".to_owned(),
                name => format!("there is no function `{name}`"),
            };
            let help = crate::suggest::proposal(&call.name, function::names());
            self.error("unknown-function", message, text, &call.name_range, Some(help));
            return Plan::NULL;
        };
        let given = call.arguments.len();
        if !function.arguments.contains(&given) {
            let message = format!("`{}` takes {}, not {given}", call.name, function.arity());
            self.error(
                "arity",
                message,
                text,
                &call.range,
                Some(format!("write it as `{}`", function.signature)),
            );
            return Plan::NULL;
        }
        (function.compile)(self, call, text, scope)
    }

    /// Runs `compile` one level further in; `None`, and told, when that is too deep or too much.
    fn deeper<T>(&mut self, span: &Span, compile: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.nodes += 1;
        let message = if self.depth == DEPTH {
            format!("values, expressions and registers are nested deeper than {DEPTH}")
        } else if self.nodes > NODES {
            format!("more than {NODES} values and expressions, with those of the registers that are read")
        } else {
            self.depth += 1;
            let result = compile(self);
            self.depth -= 1;
            return Some(result);
        };
        if self.nodes <= NODES + 1 || self.depth == DEPTH {
            self.tell(Diagnostic::error("too-large", message, &self.source.text, span.clone()));
        }
        None
    }

    /// An error in a string.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        text: &Text,
        range: &Range<usize>,
        help: Option<String>,
    ) {
        let (range, message) = (range.clone(), message.into());
        self.problem(text, Problem { code, range, message, help, warning: false });
    }

    /// A warning about a string.
    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        text: &Text,
        range: &Range<usize>,
        help: Option<String>,
    ) {
        let (range, message) = (range.clone(), message.into());
        self.problem(text, Problem { code, range, message, help, warning: true });
    }

    pub(crate) fn problem(&mut self, text: &Text, problem: Problem) {
        let Problem { code, range, message, help, warning } = problem;
        let span = text.span(range);
        self.at(if warning { Diagnostic::warning } else { Diagnostic::error }, code, message, span, help);
    }

    /// An error at a place of the tree.
    pub(crate) fn error_at(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Span,
        help: Option<String>,
    ) {
        self.at(Diagnostic::error, code, message.into(), span.clone(), help);
    }

    /// A warning about a place of the tree.
    pub(crate) fn warn_at(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Span,
        help: Option<String>,
    ) {
        self.at(Diagnostic::warning, code, message.into(), span.clone(), help);
    }

    fn at(
        &mut self,
        make: fn(&'static str, String, &str, Span) -> Diagnostic,
        code: &'static str,
        message: String,
        span: Span,
        help: Option<String>,
    ) {
        let mut diagnostic = make(code, message, &self.source.text, span);
        diagnostic.help = help;
        self.tell(diagnostic);
    }

    fn tell(&mut self, mut diagnostic: Diagnostic) {
        /// Beyond this nobody reads on, and counting lines for each takes time.
        const MOST: usize = 200;
        let alike = self.found.iter().filter(|found| found.is_error() == diagnostic.is_error()).count();
        if alike >= MOST {
            return;
        }
        if let Some(register) = &self.source.register {
            diagnostic.origin =
                Some(Origin { register: register.clone(), text: Arc::clone(&self.source.text) });
        }
        self.found.push(diagnostic);
    }
}
