//! What was found, and how it is told.

use std::{io::Write, thread};

/// A canary where it must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Which canary.
    pub what: String,
    /// Where.
    pub sink: String,
    /// In which encoding.
    pub how: String,
    /// What stands before it there.
    pub before: String,
}

impl Leak {
    /// A core file: it holds everything.
    pub(super) fn core(file: &str) -> Self {
        Self {
            what: "the memory of a process".to_owned(),
            sink: file.to_owned(),
            how: "core file".to_owned(),
            before: String::new(),
        }
    }
}

/// Fails the test when there is something to tell. A second panic would abort the process and with it the report of the
/// first, so while the thread panics already it is written to standard error.
#[track_caller]
pub(super) fn tell(leaks: Vec<Leak>) {
    if leaks.is_empty() {
        return;
    }
    if thread::panicking() {
        write(&leaks);
    } else {
        panic!("{}", report(&leaks));
    }
}

/// Writes to standard error what there is to tell.
pub(super) fn write(leaks: &[Leak]) {
    let _ = writeln!(std::io::stderr(), "{}", report(leaks));
}

fn report(leaks: &[Leak]) -> String {
    let lines: Vec<_> = leaks
        .iter()
        .map(|Leak { what, sink, how, before }| format!("  {what} is in {sink} ({how}), after: {before}"))
        .collect();
    format!("secrets came out of the suite:\n{}", lines.join("\n"))
}
