//! Running a script.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::call::Arguments;
use super::coerce::{Js, Result, Stop};
use super::lex::Piece;
use super::{Conversion, Expr, Operator, Script, canonical, text};
use crate::eval::Context;
use crate::path::Step;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::scripts::ScriptError;
use crate::value::{Object, Value};

/// What a script that is run whole costs in steps: about the time it takes to have it run, so that the limit of a run bounds
/// how many there are.
const STEPS: usize = 100_000;

impl Script {
    /// Runs the script itself as far as it is of a simple shape, else has it run whole.
    pub(crate) fn run(&self, context: &Context<'_>) -> std::result::Result<Value, EvalError> {
        let reason = match &self.simple {
            None => "the script is more than a simple shape",
            Some(expression) => match (Run { script: self, context }).result(expression) {
                Ok(value) => return Ok(value),
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Beyond(reason)) => reason,
                Err(Stop::Short) => "the script chains in a way that is not compiled",
            },
        };
        context.burn(STEPS)?;
        let Some(scripts) = &context.given().scripts else {
            return Err(EvalError::new(format!("{reason}, and this run has no JavaScript engine")));
        };
        // All of them are made, in order, before the script starts.
        let values = self.values.iter().map(|plan| context.own(context.eval(plan)?));
        let values = values.collect::<std::result::Result<Vec<_>, _>>()?;
        let value = scripts
            .evaluate(&self.program, &values, context.given().timestamp_ms)
            .map_err(|error| self.failed(error))?;
        context.spend_on(&value)?;
        Ok(value)
    }

    fn failed(&self, error: ScriptError) -> EvalError {
        match error.at.map(|at| self.program.position(at)) {
            Some((line, column)) => {
                EvalError::new(format!("{} (line {line}, column {column} of the script)", error.message))
            }
            None => EvalError::new(error.message),
        }
    }
}

/// One run of a script.
#[derive(Clone, Copy)]
struct Run<'c, 'a> {
    script: &'c Script,
    context: &'c Context<'a>,
}

impl<'c> Run<'c, '_> {
    fn result(self, expression: &'c Expr) -> Result<Value> {
        canonical::value(self.eval(expression)?.into_value())
    }

    fn eval(self, expression: &'c Expr) -> Result<Js<'c>> {
        Ok(match expression {
            Expr::Undefined => Js::Undefined,
            Expr::Null => Js::Null,
            Expr::Bool(value) => Js::Bool(*value),
            Expr::Number(number) => Js::Number(*number),
            Expr::Text(text) => Js::Text(Cow::Borrowed(text)),
            Expr::Template(pieces) => self.template(pieces)?,
            Expr::Value(index) => self.value(*index)?,
            Expr::Parenthesis(inner) => self.eval(inner)?,
            Expr::Not(operand) => Js::Bool(!self.eval(operand)?.truthy()),
            Expr::Negate(operand) => Js::Number(-self.eval(operand)?.number()?),
            Expr::Plus(operand) => Js::Number(self.eval(operand)?.number()?),
            Expr::TypeOf(operand) => Js::Text(Cow::Borrowed(self.eval(operand)?.type_name())),
            Expr::Convert(conversion, operand) => convert(*conversion, self.eval(operand)?)?,
            Expr::Binary(operator, sides) => self.binary(*operator, sides)?,
            Expr::Ternary(parts) => {
                let [condition, yes, no] = &**parts;
                self.eval(if self.eval(condition)?.truthy() { yes } else { no })?
            }
            Expr::Array(items) => {
                let item = |item| self.eval(item)?.into_element();
                Js::owned(Value::Array(items.iter().map(item).collect::<Result<_>>()?))
            }
            Expr::Object(members) => {
                let member =
                    |(key, value): &'c (String, Expr)| Ok((key.clone(), self.eval(value)?.into_element()?));
                Js::owned(Value::Object(members.iter().map(member).collect::<Result<Object>>()?))
            }
            Expr::Member(of, name) => member(self.eval(of)?, name)?,
            Expr::Index(sides) => {
                let [of, index] = &**sides;
                let (of, index) = (self.eval(of)?, self.eval(index)?);
                let key = index.text()?.into_owned();
                member(of, &key)?
            }
            Expr::Call(of, method, arguments) => {
                let of = self.eval(of)?;
                let made = method.call(of, &self.arguments(arguments)?)?;
                self.spent(made)?
            }
            Expr::Function(function, arguments) => {
                let made = function.call(&self.arguments(arguments)?)?;
                self.spent(made)?
            }
            Expr::Optional(of) => match self.eval(of)? {
                of if of.is_nullish() => return Err(Stop::Short),
                of => of,
            },
            Expr::Chain(chain) => match self.eval(chain) {
                Err(Stop::Short) => Js::Undefined,
                other => other?,
            },
        })
    }

    fn value(self, index: usize) -> Result<Js<'c>> {
        let Some(plan) = self.script.values.get(index) else { return Ok(Js::Undefined) };
        Ok(match self.context.eval(plan)? {
            Rendered::Data(value) => Js::borrowed(value),
            made => Js::owned(self.context.own(made)?),
        })
    }

    fn template(self, pieces: &'c [Piece]) -> Result<Js<'c>> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(index) => out.push_str(&self.value(*index)?.text()?),
            }
        }
        Ok(Js::text_of(out))
    }

    fn arguments(self, arguments: &'c [Expr]) -> Result<Arguments<'c>> {
        arguments.iter().map(|argument| self.eval(argument)).collect::<Result<_>>().map(Arguments)
    }

    fn binary(self, operator: Operator, sides: &'c [Expr; 2]) -> Result<Js<'c>> {
        let left = self.eval(&sides[0])?;
        let decided = match operator {
            Operator::Or => left.truthy(),
            Operator::And => !left.truthy(),
            Operator::Coalesce => !left.is_nullish(),
            _ => {
                let made = both(operator, &left, &self.eval(&sides[1])?)?;
                return self.spent(made);
            }
        };
        if decided { Ok(left) } else { self.eval(&sides[1]) }
    }

    /// Counts what was made against what the run may make.
    fn spent(self, made: Js<'c>) -> Result<Js<'c>> {
        match &made {
            Js::Text(text) => self.context.spend(text.len())?,
            Js::Structure(value) => self.context.spend_on(value)?,
            _ => {}
        }
        Ok(made)
    }
}

fn convert<'c>(conversion: Conversion, operand: Js<'c>) -> Result<Js<'c>> {
    Ok(match conversion {
        Conversion::Boolean => Js::Bool(operand.truthy()),
        Conversion::Number => Js::Number(operand.number()?),
        Conversion::String => match operand {
            Js::Text(text) => Js::Text(text),
            other => Js::text_of(other.text()?),
        },
    })
}

fn both<'c>(operator: Operator, left: &Js<'c>, right: &Js<'c>) -> Result<Js<'c>> {
    let compare = |wanted: fn(Ordering) -> bool| Ok(Js::Bool(left.order(right)?.is_some_and(wanted)));
    let calculate = |by: fn(f64, f64) -> f64| Ok(Js::Number(by(left.number()?, right.number()?)));
    match operator {
        Operator::Same => Ok(Js::Bool(left.same(right)?)),
        Operator::NotSame => Ok(Js::Bool(!left.same(right)?)),
        Operator::Equal => Ok(Js::Bool(left.equal(right)?)),
        Operator::NotEqual => Ok(Js::Bool(!left.equal(right)?)),
        Operator::Less => compare(Ordering::is_lt),
        Operator::LessOrEqual => compare(Ordering::is_le),
        Operator::Greater => compare(Ordering::is_gt),
        Operator::GreaterOrEqual => compare(Ordering::is_ge),
        Operator::Add if left.is_textual() || right.is_textual() => {
            Ok(Js::text_of(format!("{}{}", left.text()?, right.text()?)))
        }
        Operator::Add => calculate(|a, b| a + b),
        Operator::Subtract => calculate(|a, b| a - b),
        Operator::Multiply => calculate(|a, b| a * b),
        Operator::Divide => calculate(|a, b| a / b),
        // `f64`'s remainder is C's fmod, as the standard's is.
        _ => calculate(|a, b| a % b),
    }
}

const INHERITS: Stop = Stop::Beyond("the script reads a property that JavaScript's own values have");

fn member<'c>(of: Js<'c>, name: &str) -> Result<Js<'c>> {
    match of {
        Js::Undefined | Js::Null => {
            Err(EvalError::new("the script reads a property of null or undefined").into())
        }
        Js::Text(text) => match name {
            "length" => Ok(Js::Number(text::length(&text) as f64)),
            _ => match Step::new(name).index() {
                Some(index) if index < text::length(&text) => {
                    Ok(Js::text_of(text::cut(&text, index, index + 1)?))
                }
                Some(_) => Ok(Js::Undefined),
                None => Err(INHERITS),
            },
        },
        Js::Structure(Cow::Borrowed(value)) => match value {
            Value::Array(items) => match (name, Step::new(name).index()) {
                ("length", _) => Ok(Js::Number(items.len() as f64)),
                (_, Some(index)) => Ok(items.get(index).map_or(Js::Undefined, Js::borrowed)),
                _ => Err(INHERITS),
            },
            value => property(value.as_object().and_then(|object| object.get(name)).map(Js::borrowed), name),
        },
        Js::Structure(Cow::Owned(value)) => match value {
            Value::Array(items) => match (name, Step::new(name).index()) {
                ("length", _) => Ok(Js::Number(items.len() as f64)),
                (_, Some(index)) => Ok(items.into_iter().nth(index).map_or(Js::Undefined, Js::owned)),
                _ => Err(INHERITS),
            },
            Value::Object(mut object) => property(object.remove(name).map(Js::owned), name),
            _ => Ok(Js::Undefined),
        },
        _ => Err(INHERITS),
    }
}

/// A property that is not there is undefined, unless JavaScript's objects have one of that name all the same.
fn property<'c>(found: Option<Js<'c>>, name: &str) -> Result<Js<'c>> {
    match found {
        None if super::parse::INHERITED.contains(&name) => Err(INHERITS),
        found => Ok(found.unwrap_or(Js::Undefined)),
    }
}
