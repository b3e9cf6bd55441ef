//! Simple shapes compiled, run by a worker, and run by Node: the same bytes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use mapping::{Adapter, Answer, Environment, Register, Run};

use super::{
    cases::{Case, adapter, cases},
    *,
};

/// Counts what is left to it.
pub(super) struct Counting<'p>(pub(super) &'p Workers, pub(super) AtomicUsize);

impl fmt::Debug for Counting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counting")
    }
}

impl Scripts for Counting<'_> {
    fn check(&self, source: &str) -> Result<(), ScriptError> {
        self.0.check(source)
    }

    fn evaluate(&self, program: &Program, values: &[Value], timestamp_ms: i64) -> Result<Value, ScriptError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.evaluate(program, values, timestamp_ms)
    }
}

pub(super) struct Among<'p>(pub(super) &'p Workers);

impl Environment for Among<'_> {
    fn register(&self, _: &str) -> Option<Register> {
        None
    }

    fn scripts(&self) -> Option<&dyn Scripts> {
        Some(self.0)
    }
}

#[test]
fn compiled_scripts_mean_what_they_mean_in_node() {
    let pool = Box::leak(Box::new(pool(2)));
    let counting: Arc<Counting<'static>> = Arc::new(Counting(pool, AtomicUsize::new(0)));
    let (mut count, mut wrong) = (0, Vec::new());
    for Case { script, values, result } in cases() {
        count += 1;
        let text = adapter(&script);
        let found = match Adapter::compile("A", &text, None, &Among(pool)) {
            Err(found) => found.iter().map(|found| found.message.clone()).collect(),
            Ok(adapter) => {
                let response =
                    Value::Object(["a", "b", "c"].map(str::to_owned).into_iter().zip(values).collect());
                let run = Run { scripts: Some(counting.clone()), ..Run::default() };
                let answer = Answer { meta: Value::Null, response };
                adapter.respond(&run, &answer).map_or("error".to_owned(), |value| value.to_string())
            }
        };
        if found != result {
            wrong.push(format!("{script}\n  Node: {result}\n  here: {found}"));
        }
    }
    assert_eq!(count, 4000);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let left = counting.1.load(Ordering::Relaxed);
    assert!(left < count / 2, "{left} of {count} were not compiled");
    for worker in pool.idle() {
        assert!(is_there(worker));
    }
}

#[test]
fn workers_give_what_node_gives() {
    let pool = pool(2);
    // Every fifth: each takes a process.
    for Case { script, values, result } in cases().step_by(5) {
        let found = with(&pool, &format!("({script})"), &values).unwrap_or("error".to_owned());
        assert_eq!(found, result, "{script}");
    }
}
