//! What a language test says of the bounds around it.

use crate::{Limits, Program, ScriptError, ScriptErrorKind, Scripts, Value};

/// What would run scripts, and never has the time.
#[derive(Debug)]
pub(crate) struct Busy;

impl Scripts for Busy {
    fn check(&self, _: &str) -> Result<(), ScriptError> {
        Err(ScriptError::new(ScriptErrorKind::Unavailable, "all are busy"))
    }

    fn evaluate(&self, _: &Program, _: &[Value], _: i64) -> Result<Value, ScriptError> {
        Err(ScriptError::new(ScriptErrorKind::Unavailable, "all are busy"))
    }
}

/// Lines `NAME NUMBER`.
pub(crate) fn limits(text: &str) -> Limits {
    let mut limits = Limits::AUTHORED;
    for (name, number) in text.lines().filter_map(|line| line.split_once(' ')) {
        let limit = match name {
            "bytes" => &mut limits.bytes,
            "depth" => &mut limits.depth,
            "nodes" => &mut limits.nodes,
            "compiled_bytes" => &mut limits.compiled_bytes,
            "expressions" => &mut limits.expressions,
            other => panic!("compiling has no limit `{other}`"),
        };
        *limit = number.parse().unwrap();
    }
    limits
}
