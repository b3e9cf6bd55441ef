//! `${computed:timestamp}`: milliseconds since 1970, fixed for the step.

use super::{Function, Split};
use crate::plan::Plan;
use crate::suggest;

pub(super) static COMPUTED: Function = Function {
    name: "computed",
    signature: "${computed:timestamp}",
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
