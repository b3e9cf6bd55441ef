//! A leak of what runs within a test ends the test's process, whoever finds it. Each case is a process of its own: this
//! test's binary once more, for the one test that leaks.

use std::{
    env,
    process::{Command, Output},
    sync::LazyLock,
};

use super::*;

/// Which leak the test of another process is to make; this process makes none.
const CASE: &str = "ORACLE_LEAK";

static WANTED: LazyLock<Option<String>> = LazyLock::new(|| env::var(CASE).ok());

/// What becomes of a test with such a leak.
fn with_leak(case: &str) -> Output {
    let test = env::current_exe().expect("a test has a path");
    Command::new(test)
        .args(["--exact", "tests::hearing::leaks_as_it_is_told", "--nocapture"])
        .env(CASE, case)
        .output()
        .expect("it starts")
}

#[test]
fn leaks_as_it_is_told() {
    let Some(case) = WANTED.as_deref() else { return };
    let hearing = Hearing::start();
    let canary = Canary::new();
    let text = canary.text();
    match case {
        "event" => tracing::trace!(key = text, "an event"),
        "span" => drop(tracing::trace_span!("a span", key = text)),
        "recorded" => {
            let span = tracing::trace_span!("a span", key = tracing::field::Empty);
            span.record("key", text);
        }
        "listener" => {
            use tracing_subscriber::layer::SubscriberExt;
            let own = tracing_subscriber::registry().with(layer());
            tracing::subscriber::with_default(own, || tracing::debug!("{text}"));
        }
        "panic" => drop(catch_unwind(|| panic!("{text}"))),
        "answer" => came_out("an answer", text.as_bytes()),
        "nothing" => {}
        other => panic!("{other} is no case"),
    }
    // As the last to hold it may be: where a panic tells nobody.
    drop(std::thread::spawn(|| drop(hearing)).join());
}

#[test]
fn whatever_a_process_says_is_searched_and_a_leak_ends_it() {
    for (case, sink) in [
        ("event", "the log"),
        ("span", "the log"),
        ("recorded", "the log"),
        ("listener", "the log"),
        ("panic", "the text of a panic"),
        ("answer", "an answer"),
    ] {
        let ended = with_leak(case);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(101), "{case}: {said}");
        assert!(said.contains(&format!("a secret of the test is in {sink} (")), "{case}: {said}");
    }
    assert!(with_leak("nothing").status.success());
}
