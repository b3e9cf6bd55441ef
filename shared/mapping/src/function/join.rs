//! `${join:X,SEPARATOR}`: the elements of an array as one text.

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::Template;
use crate::value::Value;

pub(super) static JOIN: Function = Function {
    name: "join",
    signature: "${join:X[,SEPARATOR]}",
    group: Group::Text,
    summary: "The elements of the array X as one text",
    doc: "SEPARATOR stands between them; without one it is a comma. A separator with a space at its ends or a comma in it is \
          written in quotes: `', '`. Elements are written as in a longer text: numbers and booleans as JSON has them, \
          objects and arrays as compact JSON. Null elements are left out. What is no array counts as an array of one, because \
          XML does not tell one element from a list of one. Null stays null, and an empty array gives empty text.",
    secrets: Some("The elements may be secrets or hold some; the separator may not."),
    examples: &[
        Example {
            text: "${join:${currentObject:input.ids}}",
            given: &[("input", r#"{"ids": [7, "8", null, 9]}"#)],
            gives: r#""7,8,9""#,
        },
        Example {
            text: "${join:${currentObject:input.names}, ' and '}",
            given: &[("input", r#"{"names": ["Ada", "Grace"]}"#)],
            gives: r#""Ada and Grace""#,
        },
        Example {
            text: "${join:${currentObject:input.names},;}",
            given: &[("input", r#"{"names": "Ada"}"#)],
            gives: r#""Ada""#,
        },
        Example {
            text: "${join:${currentObject:constants.parts},.}",
            given: &[("constants", r#"{"parts": ["v1", "{{secret:key}}"]}"#)],
            gives: r#""v1.{{secret:key}}""#,
        },
    ],
    split: Split::Most(2),
    arguments: 1..=2,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let mut plans = vec![site.carrying(0)];
        if site.given() > 1 {
            plans.push(site.plain(1));
        }
        site.apply(Join, plans)
    },
};

#[derive(Debug)]
struct Join;

impl Operation for Join {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let separator = match arguments.given() {
            1 => ",".to_owned(),
            _ => arguments.text(1)?.unwrap_or_default(),
        };
        let mut joined = Joined { arguments, separator, out: Template::default(), empty: true };
        match &arguments.get(0)? {
            Rendered::Array(items) => items.iter().try_for_each(|item| joined.push(item))?,
            value => match value.value() {
                Some(Value::Null) => return Ok(Rendered::NULL),
                Some(Value::Array(items)) => {
                    items.iter().try_for_each(|item| joined.push(&Rendered::Data(item)))?;
                }
                _ => joined.push(value)?,
            },
        }
        Ok(joined.out.into())
    }
}

struct Joined<'a, 'c> {
    arguments: &'a Arguments<'c>,
    separator: String,
    out: Template,
    empty: bool,
}

impl Joined<'_, '_> {
    fn push(&mut self, item: &Rendered<'_>) -> Result<(), EvalError> {
        if item.is_null() {
            return Ok(());
        }
        if !std::mem::take(&mut self.empty) {
            self.arguments.spend(self.separator.len())?;
            self.out.push_text(&self.separator);
        }
        self.arguments.write(item, &mut self.out)
    }
}
