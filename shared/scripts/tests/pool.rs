//! The pool against the real worker program.

#![expect(clippy::expect_used, reason = "helpers of tests say what they expect, as tests do")]

use std::{collections::BTreeSet, fs, time::Duration};

use cases::json;
use mapping::{
    Action, Adapter, Answer, Due, Environment, Knowledge, Limits, Policy, Program, Register, Request,
    ScriptError, ScriptErrorKind, Scripts, Secret, Value,
};
use scripts::{Command, Config, Workers};

#[path = "pool/bounds.rs"]
mod bounds;
#[path = "pool/cases.rs"]
mod cases;
#[path = "pool/compared.rs"]
mod compared;
#[path = "pool/confined.rs"]
mod confined;
#[path = "pool/guide.rs"]
mod guide;
#[path = "pool/language.rs"]
mod language;
#[path = "pool/paths.rs"]
mod paths;
#[path = "pool/portable.rs"]
mod portable;
#[path = "pool/values.rs"]
mod values;

fn command() -> Command {
    Command { program: env!("CARGO_BIN_EXE_script-worker").into(), arguments: Vec::new() }
}

/// A pool that is patient with a machine that has other things to do.
fn pool(workers: usize) -> Workers {
    let wait = Duration::from_secs(60);
    Workers::start(Config { workers, wait, ..Config::default() }, command()).expect("the pool starts")
}

fn run(pool: &Workers, source: &str) -> Result<String, ScriptError> {
    pool.evaluate(&Program::new(source, []), &[], 0).map(|value| value.to_string())
}

/// Runs a script with values named `a`, `b`, …
fn with(pool: &Workers, source: &str, values: &[Value]) -> Result<String, ScriptError> {
    let names = ('a'..='z').map(String::from).take(values.len());
    pool.evaluate(&Program::new(source, names), values, 1_795_298_644_120).map(|value| value.to_string())
}

/// The processes that this test's process has started and not yet buried.
fn children() -> BTreeSet<u32> {
    let tasks = fs::read_dir("/proc/self/task").expect("tasks");
    let lists = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn is_there(id: u32) -> bool {
    fs::exists(format!("/proc/{id}")).expect("/proc can be read")
}
