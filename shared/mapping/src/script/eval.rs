//! Running a script.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::call::Arguments;
use super::coerce::{Js, Result, Stop};
use super::cost::Cost;
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
        let value = self.eval(expression)?;
        self.cost().own(&value)?;
        Ok(canonical::value(value.into_value()))
    }

    fn cost(self) -> Cost<'c> {
        Cost::of(self.context)
    }

    fn eval(self, expression: &'c Expr) -> Result<Js<'c>> {
        let cost = self.cost();
        cost.look(1)?;
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
            Expr::Negate(operand) => Js::Number(-self.eval(operand)?.number(cost)?),
            Expr::Plus(operand) => Js::Number(self.eval(operand)?.number(cost)?),
            Expr::TypeOf(operand) => Js::Text(Cow::Borrowed(self.eval(operand)?.type_name())),
            Expr::Convert(conversion, operand) => convert(*conversion, self.eval(operand)?, cost)?,
            Expr::Binary(operator, sides) => self.binary(*operator, sides)?,
            Expr::Ternary(parts) => {
                let [condition, yes, no] = &**parts;
                self.eval(if self.eval(condition)?.truthy() { yes } else { no })?
            }
            Expr::Array(items) => {
                cost.make(items.len() * size_of::<Value>())?;
                let item = |item| self.element(item);
                Js::owned(Value::Array(items.iter().map(item).collect::<Result<_>>()?))
            }
            Expr::Object(members) => {
                let member = |(key, value): &'c (String, Expr)| {
                    cost.make(size_of::<(String, Value)>() + key.len())?;
                    Ok((key.clone(), self.element(value)?))
                };
                Js::owned(Value::Object(members.iter().map(member).collect::<Result<Object>>()?))
            }
            Expr::Member(of, name) => member(self.eval(of)?, name, cost)?,
            Expr::Index(sides) => {
                let [of, index] = &**sides;
                let (of, index) = (self.eval(of)?, self.eval(index)?);
                let key = index.text(cost)?;
                cost.read(key.len())?;
                member(of, &key, cost)?
            }
            Expr::Call(of, method, arguments) => {
                let of = self.eval(of)?;
                method.call(of, &self.arguments(arguments)?)?
            }
            Expr::Function(function, arguments) => function.call(&self.arguments(arguments)?)?,
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

    /// A value that becomes a part of another.
    fn element(self, expression: &'c Expr) -> Result<Value> {
        let value = self.eval(expression)?;
        self.cost().own(&value)?;
        value.into_element()
    }

    fn value(self, index: usize) -> Result<Js<'c>> {
        let Some(plan) = self.script.values.get(index) else { return Ok(Js::Undefined) };
        Ok(match self.context.eval(plan)? {
            Rendered::Data(value) => self.cost().take(value)?,
            made => Js::owned(self.context.own(made)?),
        })
    }

    fn template(self, pieces: &'c [Piece]) -> Result<Js<'c>> {
        let mut out = String::new();
        let mut push = |text: &str| {
            self.cost().make(text.len())?;
            out.push_str(text);
            Ok::<_, Stop>(())
        };
        for piece in pieces {
            match piece {
                Piece::Text(text) => push(text)?,
                Piece::Value(index) => push(&self.value(*index)?.text(self.cost())?)?,
            }
        }
        Ok(Js::text_of(out))
    }

    fn arguments(self, arguments: &'c [Expr]) -> Result<Arguments<'c>> {
        let values = arguments.iter().map(|argument| self.eval(argument)).collect::<Result<_>>()?;
        Ok(Arguments(values, self.cost()))
    }

    fn binary(self, operator: Operator, sides: &'c [Expr; 2]) -> Result<Js<'c>> {
        let left = self.eval(&sides[0])?;
        let decided = match operator {
            Operator::Or => left.truthy(),
            Operator::And => !left.truthy(),
            Operator::Coalesce => !left.is_nullish(),
            _ => return both(operator, &left, &self.eval(&sides[1])?, self.cost()),
        };
        if decided { Ok(left) } else { self.eval(&sides[1]) }
    }
}

fn convert<'c>(conversion: Conversion, operand: Js<'c>, cost: Cost<'_>) -> Result<Js<'c>> {
    Ok(match conversion {
        Conversion::Boolean => Js::Bool(operand.truthy()),
        Conversion::Number => Js::Number(operand.number(cost)?),
        Conversion::String => match operand {
            Js::Text(text) => Js::Text(text),
            other => {
                let text = other.text(cost)?;
                cost.make(text.len())?;
                Js::text_of(text)
            }
        },
    })
}

fn both<'c>(operator: Operator, left: &Js<'_>, right: &Js<'_>, cost: Cost<'_>) -> Result<Js<'c>> {
    let compare = |wanted: fn(Ordering) -> bool| Ok(Js::Bool(left.order(right, cost)?.is_some_and(wanted)));
    let calculate = |by: fn(f64, f64) -> f64| Ok(Js::Number(by(left.number(cost)?, right.number(cost)?)));
    match operator {
        Operator::Same => Ok(Js::Bool(left.same(right, cost)?)),
        Operator::NotSame => Ok(Js::Bool(!left.same(right, cost)?)),
        Operator::Equal => Ok(Js::Bool(left.equal(right, cost)?)),
        Operator::NotEqual => Ok(Js::Bool(!left.equal(right, cost)?)),
        Operator::Less => compare(Ordering::is_lt),
        Operator::LessOrEqual => compare(Ordering::is_le),
        Operator::Greater => compare(Ordering::is_gt),
        Operator::GreaterOrEqual => compare(Ordering::is_ge),
        Operator::Add if left.is_textual() || right.is_textual() => {
            let (left, right) = (left.text(cost)?, right.text(cost)?);
            cost.make(left.len() + right.len())?;
            Ok(Js::text_of([left, right].concat()))
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

fn member<'c>(of: Js<'c>, name: &str, cost: Cost<'_>) -> Result<Js<'c>> {
    match of {
        Js::Undefined | Js::Null => {
            Err(EvalError::new("the script reads a property of null or undefined").into())
        }
        Js::Text(text) => {
            cost.read(text.len())?;
            match (name, Step::new(name).index()) {
                ("length", _) => Ok(Js::Number(text::length(&text) as f64)),
                (_, Some(index)) if index < text::length(&text) => {
                    Ok(Js::text_of(text::cut(&text, index, index + 1, cost)?))
                }
                (_, Some(_)) => Ok(Js::Undefined),
                (_, None) => Err(INHERITS),
            }
        }
        Js::Structure(Cow::Borrowed(value)) => match value {
            Value::Array(items) => match (name, Step::new(name).index()) {
                ("length", _) => Ok(Js::Number(items.len() as f64)),
                (_, Some(index)) => items.get(index).map_or(Ok(Js::Undefined), |item| cost.take(item)),
                _ => Err(INHERITS),
            },
            value => {
                let found = value.as_object().and_then(|object| object.get(name));
                property(found.map(|value| cost.take(value)).transpose()?, name)
            }
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
