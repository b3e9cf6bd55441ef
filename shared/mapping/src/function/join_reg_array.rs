//! `${joinRegArray:A-B,C-D}`: the arrays of several registers, joined.

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::Value;

pub(super) static JOIN_REG_ARRAY: Function = Function {
    name: "joinRegArray",
    signature: "${joinRegArray:KEY,KEY,…}",
    group: Group::Reading,
    summary: "The arrays that several registers hold, joined into one",
    doc: "The elements stand in the order of the registers, and none is left out for being there twice. Each register is read \
          as [`configRegister`](#configregister) reads it: the unit's private copy before the shared one, with what runs wrote \
          into it laid over, its strings evaluated. A register that is not there, or holds no array, is an error.",
    secrets: Some("The elements may hold secrets, if the place they end in may."),
    examples: &[
        Example {
            text: "${joinRegArray:TAGS-COMMON,TAGS-CRM}",
            given: &[
                ("register TAGS-COMMON", r#"["new", "${currentObject:input.source}"]"#),
                ("register TAGS-CRM", r#"["vip"]"#),
                ("input", r#"{"source": "shop"}"#),
            ],
            gives: r#"["new","shop","vip"]"#,
        },
        Example {
            text: "${joinRegArray:TAGS-COMMON,LIMITS-CRM}",
            given: &[("register TAGS-COMMON", "[]"), ("register LIMITS-CRM", r#"{"most": 5}"#)],
            gives: "error: the register `LIMITS-CRM` holds an object, not an array",
        },
    ],
    split: Split::Most(usize::MAX),
    arguments: 1..=usize::MAX,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let arrays: Vec<Option<Plan>> = (0..site.given()).map(|index| site.register_array(index)).collect();
        let Some(arrays) = arrays.into_iter().collect::<Option<Vec<Plan>>>() else { return Plan::NULL };
        let keys = call.arguments.iter().filter_map(|key| key.literal(text.as_str()).map(str::to_owned));
        let keys = keys.collect();
        match written_out(&arrays) {
            true => Plan::Array(arrays.into_iter().flat_map(elements).collect()).fold(),
            false => site.apply(JoinArrays { keys }, arrays),
        }
    },
};

fn written_out(arrays: &[Plan]) -> bool {
    arrays.iter().all(|plan| matches!(plan, Plan::Array(_) | Plan::Literal(Value::Array(_))))
}

fn elements(array: Plan) -> Vec<Plan> {
    match array {
        Plan::Array(items) => items,
        Plan::Literal(Value::Array(items)) => items.into_iter().map(Plan::Literal).collect(),
        _ => Vec::new(),
    }
}

/// Where a register is an expression, only the data tells what it gives.
#[derive(Debug)]
struct JoinArrays {
    keys: Vec<String>,
}

impl Operation for JoinArrays {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let mut joined = Vec::new();
        for (index, key) in self.keys.iter().enumerate() {
            let array = arguments.get(index)?;
            let items = match &array {
                Rendered::Array(items) => items.len(),
                other => other.value().and_then(Value::as_array).map_or(0, <[Value]>::len),
            };
            arguments.spend(items * size_of::<Rendered<'_>>())?;
            match array {
                Rendered::Array(items) => joined.extend(items),
                Rendered::Data(Value::Array(items)) => joined.extend(items.iter().map(Rendered::Data)),
                Rendered::Own(Value::Array(items)) => joined.extend(items.into_iter().map(Rendered::Own)),
                _ => return Err(EvalError::new(format!("the register `{key}` does not give an array"))),
            }
        }
        Ok(Rendered::Array(joined))
    }
}
