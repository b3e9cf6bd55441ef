//! `${default:X,Y}`: X, or Y where there is nothing.

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::Value;

pub(super) static DEFAULT: Function = Function {
    name: "default",
    signature: "${default:X,Y}",
    group: Group::Deciding,
    summary: "X; or Y where X is null, missing or empty text",
    doc: "`false`, `0`, and empty arrays and objects are values like any other and stay. Both keep their type, but text that \
          is written out is text: `${default:${currentObject:input.n},0}` gives the number, or the text `\"0\"`; \
          write `${evaluate:0}` for the number. Y is evaluated only where it is needed; commas in it are its own. To keep \
          empty text, use `??` in [`evaluate`](#evaluate).",
    secrets: Some("X and Y may be secrets or hold some. A secret always counts as there."),
    examples: &[
        Example {
            text: "${default:${currentObject:input.country},NO}",
            given: &[("input", r#"{"country": ""}"#)],
            gives: r#""NO""#,
        },
        Example {
            text: "${default:${currentObject:input.count},none}",
            given: &[("input", r#"{"count": 0}"#)],
            gives: "0",
        },
        Example {
            text: "${default:${currentObject:input.mobile},${default:${currentObject:input.phone},unknown}}",
            given: &[("input", r#"{"phone": "+47 22 00 00 00"}"#)],
            gives: r#""+47 22 00 00 00""#,
        },
        Example {
            text: "${default:${currentObject:input.token},{{secret:fallback-token}}}",
            given: &[("input", "{}")],
            gives: r#""{{secret:fallback-token}}""#,
        },
    ],
    split: Split::Most(2),
    arguments: 2..=2,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let plans = vec![site.carrying(0), site.carrying(1)];
        site.apply(Default, plans)
    },
};

#[derive(Debug)]
struct Default;

impl Operation for Default {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let value = arguments.get(0)?;
        match value.value() {
            Some(Value::Null) => arguments.get(1),
            Some(Value::String(text)) if text.is_empty() => arguments.get(1),
            _ => Ok(value),
        }
    }
}
