//! `${computed:timestamp}`: milliseconds since 1970, fixed for the step.

use super::{Example, Function, Group, Split};
use crate::plan::Plan;
use crate::suggest;

pub(super) static COMPUTED: Function = Function {
    name: "computed",
    signature: "${computed:timestamp}",
    group: Group::Time,
    summary: "Milliseconds since 1970, fixed for the step",
    doc: "The same number as `${now:milliseconds}`.",
    secrets: None,
    examples: &[
        Example { text: "${computed:timestamp}", given: &[], gives: "1795298644120" },
        Example { text: "v1-${computed:timestamp}", given: &[], gives: r#""v1-1795298644120""# },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, _| {
        let argument = &call.arguments[0];
        match argument.literal(text.as_str()) {
            Some("timestamp") => return Plan::Timestamp,
            Some(other) => {
                let message = format!("nothing is computed by the name `{other}`");
                let help = suggest::proposal(other, ["timestamp"]);
                compiler.error("unknown-computed", message, text, &argument.range, Some(help));
            }
            None => {
                let message = "what is computed must be written out";
                compiler.error("unknown-computed", message, text, &argument.range, None);
            }
        }
        Plan::NULL
    },
};
