//! Running a script.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::coerce::{Js, Result};
use super::{Conversion, Expr, Operator, Script};
use crate::eval::Context;
use crate::path::Step;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::Value;

impl Script {
    pub(crate) fn run<'c>(&'c self, context: &'c Context<'_>) -> Result<Value> {
        eval(&self.0, context).map(Js::into_value)
    }
}

fn eval<'c>(expression: &'c Expr, context: &'c Context<'_>) -> Result<Js<'c>> {
    Ok(match expression {
        Expr::Undefined => Js::Undefined,
        Expr::Null => Js::Null,
        Expr::Bool(value) => Js::Bool(*value),
        Expr::Number(number) => Js::Number(*number),
        Expr::Text(parts) => text(parts, context)?,
        Expr::Value(plan) => match context.eval(plan)? {
            Rendered::Data(value) => Js::borrowed(value),
            made => Js::owned(context.own(made)?),
        },
        Expr::Parenthesis(inner) => eval(inner, context)?,
        Expr::Not(operand) => Js::Bool(!eval(operand, context)?.truthy()),
        Expr::Negate(operand) => Js::Number(-eval(operand, context)?.number()?),
        Expr::Plus(operand) => Js::Number(eval(operand, context)?.number()?),
        Expr::Convert(conversion, operand) => convert(*conversion, eval(operand, context)?)?,
        Expr::Binary(operator, sides) => binary(*operator, sides, context)?,
        Expr::Ternary(parts) => {
            let [condition, yes, no] = &**parts;
            eval(if eval(condition, context)?.truthy() { yes } else { no }, context)?
        }
        Expr::Member(of, name) => member(eval(of, context)?, name)?,
        Expr::Index(sides) => {
            let [of, index] = &**sides;
            let (of, index) = (eval(of, context)?, eval(index, context)?);
            let key = index.text()?.into_owned();
            member(of, &key)?
        }
    })
}

/// A quoted string with the text of its nested values in it.
fn text<'c>(parts: &'c [crate::plan::Plan], context: &'c Context<'_>) -> Result<Js<'c>> {
    let made = context.concat(parts)?;
    match context.own(made)? {
        Value::String(text) => Ok(Js::Text(Cow::Owned(text))),
        other => Ok(Js::owned(other)),
    }
}

fn convert<'c>(conversion: Conversion, operand: Js<'c>) -> Result<Js<'c>> {
    Ok(match conversion {
        Conversion::Boolean => Js::Bool(operand.truthy()),
        Conversion::Number => Js::Number(operand.number()?),
        Conversion::String => match operand {
            Js::Text(text) => Js::Text(text),
            other => Js::Text(Cow::Owned(other.text()?.into_owned())),
        },
    })
}

fn binary<'c>(operator: Operator, sides: &'c [Expr; 2], context: &'c Context<'_>) -> Result<Js<'c>> {
    let left = eval(&sides[0], context)?;
    let decided = match operator {
        Operator::Or => left.truthy(),
        Operator::And => !left.truthy(),
        Operator::Coalesce => !left.is_nullish(),
        _ => return both(operator, &left, &eval(&sides[1], context)?),
    };
    if decided { Ok(left) } else { eval(&sides[1], context) }
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
        Operator::Add if matches!(left, Js::Text(_)) || matches!(right, Js::Text(_)) => {
            Ok(Js::Text(Cow::Owned(format!("{}{}", left.text()?, right.text()?))))
        }
        Operator::Add => calculate(|a, b| a + b),
        Operator::Subtract => calculate(|a, b| a - b),
        Operator::Multiply => calculate(|a, b| a * b),
        Operator::Divide => calculate(|a, b| a / b),
        // `f64`'s remainder is C's fmod, as the standard's is.
        _ => calculate(|a, b| a % b),
    }
}

fn member<'c>(of: Js<'c>, name: &str) -> Result<Js<'c>> {
    let inherits = |what: &str| {
        Err(EvalError::new(format!("the script reads a property of {what} other than .length and [index]")))
    };
    match of {
        Js::Undefined | Js::Null => Err(EvalError::new("the script reads a property of null or undefined")),
        Js::Text(text) => match name {
            "length" => Ok(Js::Number(text.encode_utf16().count() as f64)),
            _ => match Step::new(name).index() {
                Some(index) => character(&text, index),
                None => inherits("a string"),
            },
        },
        Js::Structure(Cow::Borrowed(value)) => match value {
            Value::Array(items) => match (name, Step::new(name).index()) {
                ("length", _) => Ok(Js::Number(items.len() as f64)),
                (_, Some(index)) => Ok(items.get(index).map_or(Js::Undefined, Js::borrowed)),
                _ => inherits("an array"),
            },
            value => property(value.as_object().and_then(|object| object.get(name)).map(Js::borrowed), name),
        },
        Js::Structure(Cow::Owned(value)) => match value {
            Value::Array(items) => match (name, Step::new(name).index()) {
                ("length", _) => Ok(Js::Number(items.len() as f64)),
                (_, Some(index)) => Ok(items.into_iter().nth(index).map_or(Js::Undefined, Js::owned)),
                _ => inherits("an array"),
            },
            Value::Object(mut object) => property(object.remove(name).map(Js::owned), name),
            _ => Ok(Js::Undefined),
        },
        _ => inherits("a number or a boolean"),
    }
}

/// A property that is not there is undefined, unless JavaScript's objects have one of that name all the same.
fn property<'c>(found: Option<Js<'c>>, name: &str) -> Result<Js<'c>> {
    match found {
        None if super::parse::INHERITED.contains(&name) => {
            Err(EvalError::new("the script reads a property that every object inherits"))
        }
        found => Ok(found.unwrap_or(Js::Undefined)),
    }
}

/// A UTF-16 unit of a string; half a surrogate pair is no text that JSON could hold.
fn character<'c>(text: &str, index: usize) -> Result<Js<'c>> {
    match text.encode_utf16().nth(index) {
        None => Ok(Js::Undefined),
        Some(unit) => match char::from_u32(u32::from(unit)) {
            Some(character) => Ok(Js::Text(Cow::Owned(character.to_string()))),
            None => Err(EvalError::new("the script takes half of a character")),
        },
    }
}
