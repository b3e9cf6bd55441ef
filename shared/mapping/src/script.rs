//! `evaluate`: scripts in ECMAScript, strict, whose value is their completion value.
//!
//! Scripts of simple shapes are compiled and run here: literals, also of arrays and objects, and template literals; nested
//! `${…}`; `===` `!==` `==` `!=` `<` `>` `<=` `>=` `&&` `||` `??` `!` `+` `-` `*` `/` `%` `typeof`; `a ? b : c`;
//! parentheses; `.name`, `["name"]`, `[0]`, `?.`; and the functions and methods of [`call`], none of which takes a function.
//! Everything else is for [`Scripts`](crate::Scripts), who runs it elsewhere. What is compiled means what ECMAScript says it
//! means; where only the data decides that it is more (half a character, a calculation with a `BigInt`), the whole script
//! is run elsewhere after all, with its nested expressions made first, in order.
//!
//! # Decisions
//!
//! * **Nested expressions** are values, by names that nothing in the script can have. In a quoted string they are text in it,
//!   also where the string is a key. In a template literal `${` is JavaScript's unless a name and a colon follow, which no
//!   expression starts with: then it is the adapter's. In a comment nothing is an expression; in a regular expression
//!   one is an error (`new RegExp(${…})`), and so is one after a `.` (`[${…}]`).
//! * **Numbers** are doubles, also where one is handed through untouched: `0.10` comes out as `0.1`. One that is beyond their range
//!   is an infinity, as in all JavaScript: `1e400` is true, is more than any other, and is null in a result, whether a literal of
//!   the script or of data. A whole number that is written as one, beyond what a double holds, is a `BigInt`: its text has all its digits, and a calculation with other numbers is an error, since
//!   JavaScript would silently make it another one.
//! * **Results.** What JSON has no form for (`undefined`, `NaN`, an infinity, a function) is null; a `BigInt` is a number. Keys
//!   are in JavaScript's order, array indices first. A result is the same whether it was made here or elsewhere.
//! * **An object** at the start is one, as in every console, where it reads as one; `{ let a = 1; a }` is a block.
//! * **The check** asks who runs scripts whether one is a script. Where nobody can be asked it says so in a warning, and what
//!   can be told without is an error all the same.

mod call;
mod canonical;
mod coerce;
mod cost;
mod eval;
mod lex;
mod list;
mod maths;
mod parse;
mod parts;
mod scan;
mod text;

pub(crate) use scan::{Place, Scanner};

use std::ops::Range;

use crate::compile::{Compiler, Scope};
use crate::expression::Argument;
use crate::plan::Plan;
use crate::relaxed::Text;
use crate::scripts::{Program, ScriptErrorKind};
use call::{Function, Method};
use lex::Piece;

/// A compiled script.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The script itself, if it is of a simple shape.
    simple: Option<Expr>,
    /// What stands in it by index.
    values: Vec<Plan>,
    /// The whole of it, for who runs all scripts.
    program: Program,
}

#[derive(Clone, Debug)]
enum Expr {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Template(Vec<Piece>),
    /// A value that is handed over, by its index.
    Value(usize),
    /// Logical operators that stood in parentheses.
    Parenthesis(Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Plus(Box<Expr>),
    TypeOf(Box<Expr>),
    Convert(Conversion, Box<Expr>),
    Binary(Operator, Box<[Expr; 2]>),
    Ternary(Box<[Expr; 3]>),
    Array(Vec<Expr>),
    Object(Vec<(String, Expr)>),
    Member(Box<Expr>, String),
    Index(Box<[Expr; 2]>),
    Call(Box<Expr>, Method, Vec<Expr>),
    Function(Function, Vec<Expr>),
    /// What stands before `?.`.
    Optional(Box<Expr>),
    /// A chain with `?.` in it, which ends where that finds null or undefined.
    Chain(Box<Expr>),
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

/// Compiles a script; `None`, and told, if it is none.
pub(crate) fn compile(
    compiler: &mut Compiler<'_>,
    argument: &Argument,
    text: &Text,
    scope: Scope,
) -> Option<Script> {
    let parts = match parts::parts(compiler, argument, text, scope) {
        Ok(parts) => parts,
        Err(refusal) => return refusal.tell(compiler, text),
    };
    let tokens = lex::tokens(&parts, text.as_str());
    let simple = tokens.and_then(|tokens| parse::expression(tokens, argument.range.end));
    let program = parts.program(argument, text);
    let simple = match simple {
        Ok(expression) => Some(expression),
        Err(refusal) => {
            check(compiler, argument, text, &program, refusal)?;
            None
        }
    };
    Some(Script { simple, values: parts.values, program })
}

/// Looks whether what is not of a simple shape is a script at all; `None`, and told, if it is not.
fn check(
    compiler: &mut Compiler<'_>,
    argument: &Argument,
    text: &Text,
    program: &Program,
    refusal: Refusal,
) -> Option<()> {
    if argument.pieces.is_empty() {
        return refusal.tell(compiler, text);
    }
    let Some(scripts) = compiler.environment.scripts() else {
        if refusal.kind == Refused::Wrong {
            return refusal.tell(compiler, text);
        }
        let message = format!("{}: it was not checked, and runs only where there is one", refusal.message);
        compiler.warn("script-unchecked", message, text, &refusal.range, None);
        return Some(());
    };
    let error = match scripts.check(program.source()) {
        Ok(()) => return Some(()),
        Err(error) => error,
    };
    if error.kind != ScriptErrorKind::Syntax {
        let message = format!("the script was not checked: {error}");
        compiler.warn("script-unchecked", message, text, &argument.range, None);
        return Some(());
    }
    if refusal.kind == Refused::Wrong {
        return refusal.tell(compiler, text);
    }
    let at = error.at.map_or(argument.range.end, |at| argument.range.start + program.written_at(at));
    let end = text.as_str()[at..argument.range.end].chars().next().map_or(at, |c| at + c.len_utf8());
    Refusal::syntax(error.message, at..end).tell(compiler, text)
}

/// How much text or how many bytes of values one step of a compiled script may make, in bytes.
const MOST: usize = 16 << 20;
const TOO_MUCH: coerce::Stop = coerce::Stop::Beyond("the script makes very much text or very many values");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// It is not JavaScript.
    Wrong,
    /// It is more than a simple shape.
    Beyond,
}

/// Why a script is refused, or not compiled, and where.
#[derive(Debug)]
struct Refusal {
    kind: Refused,
    message: String,
    range: Range<usize>,
    help: Option<String>,
}

impl Refusal {
    /// The script is not JavaScript.
    fn syntax(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { kind: Refused::Wrong, message: message.into(), range, help: None }
    }

    /// The script is more than a simple shape.
    fn needs(what: impl std::fmt::Display, range: Range<usize>) -> Self {
        let message = format!("with {what} this script needs a JavaScript engine");
        Self { kind: Refused::Beyond, message, range, help: None }
    }

    fn help(self, help: &str) -> Self {
        Self { help: Some(help.to_owned()), ..self }
    }

    fn tell<T>(self, compiler: &mut Compiler<'_>, text: &Text) -> Option<T> {
        compiler.error("script-syntax", self.message, text, &self.range, self.help);
        None
    }
}

#[cfg(test)]
mod tests;
