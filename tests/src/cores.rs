//! What is in the memory of a suite stays there, however it ends.

use std::{fs, os::unix::process::ExitStatusExt};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::harness::{Authority, Canary, Suite};

/// A suite that has a secret in its memory.
async fn suite() -> Suite {
    let suite = Suite::start(&Authority::new()).await;
    suite.put_secret("crm", "https://api.example.com/".to_owned(), Canary::new().text()).await;
    suite
}

#[tokio::test]
async fn a_running_suite_may_leave_no_core() {
    let suite = suite().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", suite.id())).expect("the suite runs");
    let line =
        limits.lines().find(|line| line.starts_with("Max core file size")).expect("there is such a limit");
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{line}");
}

#[tokio::test]
async fn a_suite_that_aborts_leaves_no_core() {
    // What the suite would inherit.
    let maximum = getrlimit(Resource::Core).maximum;
    setrlimit(Resource::Core, Rlimit { current: maximum, maximum }).expect("a process may raise it that far");
    let mut suite = suite().await;
    suite.signal(Signal::ABORT);
    let ended = suite.ended().await;
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(Signal::ABORT.as_raw()), false));
}
