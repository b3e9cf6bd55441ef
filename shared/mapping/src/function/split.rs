//! `${split:X,SEPARATOR}`: a text as an array.

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::Value;

pub(super) static SPLIT: Function = Function {
    name: "split",
    signature: "${split:X[,SEPARATOR]}",
    group: Group::Text,
    summary: "The parts of the text X as an array",
    doc: "The text is cut at every SEPARATOR; without one, at every comma. Parts are taken as they are, space included; \
          a separator with a space at its ends or a comma in it is written in quotes: `', '`. Null stays null, and empty text \
          gives an empty array. One part alone is read with a path in a script, \
          `${evaluate:${split:${currentObject:input.name},.}[0]}`.",
    secrets: None,
    examples: &[
        Example {
            text: "${split:${currentObject:input.tags}}",
            given: &[("input", r#"{"tags": "new,vip,"}"#)],
            gives: r#"["new","vip",""]"#,
        },
        Example {
            text: "${split:${currentObject:input.tags},', '}",
            given: &[("input", r#"{"tags": "new, vip"}"#)],
            gives: r#"["new","vip"]"#,
        },
        Example {
            text: "${split:${currentObject:input.tags},;}",
            given: &[("input", r#"{"tags": ""}"#)],
            gives: "[]",
        },
        Example { text: "${split:a b,''}", given: &[], gives: "error: `split`: the separator is empty" },
    ],
    split: Split::Most(2),
    arguments: 1..=2,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let plans = (0..site.given()).map(|index| site.plain(index)).collect();
        site.apply(Parts, plans)
    },
};

#[derive(Debug)]
struct Parts;

impl Operation for Parts {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let Some(text) = arguments.text(0)? else { return Ok(Rendered::NULL) };
        let separator = match arguments.given() {
            1 => ",".to_owned(),
            _ => arguments.text(1)?.unwrap_or_default(),
        };
        if separator.is_empty() {
            return Err(EvalError::new("the separator is empty"));
        }
        if text.is_empty() {
            return Ok(Rendered::Own(Value::Array(Vec::new())));
        }
        let parts = text.matches(&separator).count() + 1;
        arguments.spend(text.len() + parts * size_of::<Value>())?;
        Ok(Rendered::Own(Value::Array(text.split(&separator).map(Value::from).collect())))
    }
}
