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

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

pub(crate) use constants::Constants;
pub(crate) use members::Shape;
pub(crate) use register::is_key;
use secrets::Mention;
pub(crate) use taint::Holes;

use crate::diagnostic::{self, Diagnostic, Origin, Span};
use crate::environment::Environment;
use crate::expression::{self, Argument, Call, Piece, Problem};
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
    /// The secrets that the adapter itself saves: each may be there by the time it is used.
    pub(crate) saved: Vec<String>,
    /// Where secrets are named, in the order of compiling.
    mentions: Vec<Mention>,
    source: Source,
    /// The registers that were read; none where a text does not parse, which is told once.
    documents: HashMap<String, Option<Loaded>>,
    /// The places of registers that are being compiled, outermost first.
    open: Vec<(String, Span)>,
    depth: usize,
    nodes: usize,
    /// How many names were compared for hints.
    compared: Cell<usize>,
    found: Vec<Diagnostic>,
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
            saved: Vec::new(),
            mentions: Vec::new(),
            source: Source { register: None, text: text.into() },
            documents: HashMap::new(),
            open: Vec::new(),
            depth: 0,
            nodes: 0,
            compared: Cell::new(0),
            found: Vec::new(),
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
        let Limits { depth, nodes, .. } = self.limits;
        let message = if self.depth == depth {
            format!("values, expressions and registers are nested deeper than {depth} (limit `depth`)")
        } else if self.nodes > nodes {
            format!(
                "more than {nodes} values and expressions, with those of the registers that are read (limit `nodes`)"
            )
        } else {
            self.depth += 1;
            let result = compile(self);
            self.depth -= 1;
            return Some(result);
        };
        if self.nodes <= nodes + 1 || self.depth == depth {
            self.tell(Diagnostic::error("too-large", message, &self.source.text, span.clone()));
        }
        None
    }

    /// An error in a string.
    #[cfg_attr(test, track_caller)]
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
    #[cfg_attr(test, track_caller)]
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

    #[cfg_attr(test, track_caller)]
    pub(crate) fn problem(&mut self, text: &Text, problem: Problem) {
        let Problem { code, range, message, help, warning } = problem;
        let span = text.span(range);
        self.at(if warning { Diagnostic::warning } else { Diagnostic::error }, code, message, span, help);
    }

    /// An error at a place of the tree.
    #[cfg_attr(test, track_caller)]
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
    #[cfg_attr(test, track_caller)]
    pub(crate) fn warn_at(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Span,
        help: Option<String>,
    ) {
        self.at(Diagnostic::warning, code, message.into(), span.clone(), help);
    }

    #[cfg_attr(test, track_caller)]
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

    /// How many errors were found so far: what else is wrong with a place may be a consequence.
    pub(crate) fn errors(&self) -> usize {
        self.found.iter().filter(|found| found.is_error()).count()
    }

    /// Everything that was found, in the order of places.
    pub(crate) fn findings(&mut self) -> Vec<Diagnostic> {
        let hidden = std::mem::take(&mut self.hidden).into_iter();
        let hidden: HashMap<Option<String>, Arc<[Span]>> =
            hidden.map(|(register, spans)| (register, spans.into())).collect();
        let mut found = diagnostic::tidy(std::mem::take(&mut self.found));
        for finding in &mut found {
            let register = finding.origin.as_ref().map(|origin| origin.register.clone());
            if let Some(spans) = hidden.get(&register) {
                finding.hidden = Arc::clone(spans);
            }
        }
        found
    }

    #[cfg_attr(test, track_caller)]
    fn tell(&mut self, mut diagnostic: Diagnostic) {
        #[cfg(test)]
        if crate::tests::rules::is_removed(diagnostic.code) {
            return;
        }
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
