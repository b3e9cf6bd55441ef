//! A write that the system refuses: the test starts itself as a process whose files may not grow.

use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::*;

const NAME: &str = "ledger::tests::full::a_write_that_fails_leaves_nothing_and_the_next_one_may_succeed";
const CHILD: &str = "LEDGER_FULL_CHILD";

#[test]
fn a_write_that_fails_leaves_nothing_and_the_next_one_may_succeed() {
    if std::env::var_os(CHILD).is_some() {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(write_until_full());
        return;
    }
    // Without the trap, the signal for a file that is too long would end the process before the write fails.
    let script = "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" --exact \"$1\" --test-threads=1 >&2";
    let mut child = Command::new("sh");
    child.args(["-c", script]).arg(std::env::current_exe().unwrap()).arg(NAME).env(CHILD, "1");
    assert!(child.status().unwrap().success());
}

async fn write_until_full() {
    let scene = Scene { options: Options { reserve_bytes: 0, ..Options::default() }, ..Scene::new() };
    let ledger = scene.open().unwrap();
    // Several entries at a time, so that some of a group fits and some does not.
    let refused = loop {
        if let Err(error) = ledger.record((0..5).map(entry).collect()).await {
            break error;
        }
    };
    let written = ledger.head().sequence;
    assert!(written > 0);
    assert_eq!(scene.verify().unwrap().unfinished, 0, "nothing is left of the group");
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("too large"), "{cause}");
    // What is shorter still fits, and the ledger goes on with it; until nothing does.
    while ledger.check().await.is_ok() {
        let _ = ledger.record(vec![entry(0)]).await;
    }
    let written = ledger.head().sequence;
    let verified = scene.verify().unwrap();
    assert_eq!((verified.entries, verified.unfinished), (written, 0));

    setrlimit(Resource::Fsize, Rlimit { current: None, ..getrlimit(Resource::Fsize) }).unwrap();
    ledger.check().await.unwrap();
    assert_eq!(ledger.record(vec![entry(0)]).await.unwrap(), written + 2);
    let (_, line) = ledger.lines(written + 1).unwrap().next().unwrap().unwrap();
    assert!(line.contains("\"kind\":\"resumed\""), "{line}");
    drop(ledger);
    assert_eq!(scene.verify().unwrap().entries, written + 2);
    scene.open().unwrap();
}
