//! `evaluate`: JavaScript expressions of simple shapes, compiled.
//!
//! Accepted are: numbers, quoted strings, `true`, `false`, `null`, `undefined`, `NaN`, `Infinity`; nested `${…}`, as values;
//! `String(x)`, `Number(x)`, `Boolean(x)`; `===` `!==` `==` `!=` `<` `>` `<=` `>=` `&&` `||` `??` `!` `+` `-` `*` `/` `%`;
//! `a ? b : c`; parentheses; `.length`, `.name`, `["name"]`, `[0]`.
//!
//! What is accepted means what ECMAScript says it means. Everything else is an error of the check that names the place, and
//! the few things that only the data can decide (an object in a sum, a property of null) are errors of the run: a script is
//! refused rather than answered wrongly. Two decisions of our own:
//!
//! * A number that is handed over and comes out untouched keeps its digits. A whole number beyond what a double holds is
//!   refused where its value is needed, since JavaScript would silently make it another one; in quotes (`'${…}'`) it is text.
//! * A result that JSON has no form for (`undefined`, `NaN`, an infinity) is null.

mod coerce;
mod eval;
mod lex;
mod parse;

use crate::compile::{Compiler, Scope};
use crate::expression::Argument;
use crate::plan::Plan;
use crate::relaxed::Text;

/// A compiled script.
#[derive(Clone, Debug)]
pub(crate) struct Script(Expr);

#[derive(Clone, Debug)]
enum Expr {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// A quoted string; its nested expressions are text in it.
    Text(Vec<Plan>),
    /// A nested expression, as a value.
    Value(Plan),
    /// Logical operators that stood in parentheses.
    Parenthesis(Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Plus(Box<Expr>),
    Convert(Conversion, Box<Expr>),
    Binary(Operator, Box<[Expr; 2]>),
    Ternary(Box<[Expr; 3]>),
    Member(Box<Expr>, String),
    Index(Box<[Expr; 2]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversion {
    String,
    Number,
    Boolean,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Coalesce,
    Same,
    NotSame,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Compiles a script; `None`, and told, if it is not of an accepted shape.
pub(crate) fn compile(
    compiler: &mut Compiler<'_>,
    argument: &Argument,
    text: &Text,
    scope: Scope,
) -> Option<Script> {
    let tokens = lex::tokens(compiler, argument, text, scope);
    let parsed = tokens.and_then(|tokens| parse::expression(tokens, argument.range.end));
    match parsed {
        Ok(expression) => Some(Script(expression)),
        Err(refusal) => {
            compiler.error(refusal.code, refusal.message, text, &refusal.range, refusal.help);
            None
        }
    }
}

/// Why a script is refused, and where.
#[derive(Debug)]
struct Refusal {
    code: &'static str,
    message: String,
    range: std::ops::Range<usize>,
    help: Option<String>,
}

impl Refusal {
    /// The script is not JavaScript.
    fn syntax(message: impl Into<String>, range: std::ops::Range<usize>) -> Self {
        Self { code: "script-syntax", message: message.into(), range, help: None }
    }

    /// The script is JavaScript, but not of an accepted shape.
    fn needs(what: impl std::fmt::Display, range: std::ops::Range<usize>) -> Self {
        let help = "accepted are literals, `${…}`, String(x), Number(x), Boolean(x), comparisons, && || ! ??, + - * / %, \
                    a ? b : c, parentheses, .length and properties"
            .to_owned();
        Self {
            code: "script-shape",
            message: format!("this script needs {what}, which `evaluate` does not have"),
            range,
            help: Some(help),
        }
    }
}

#[cfg(test)]
mod tests;
