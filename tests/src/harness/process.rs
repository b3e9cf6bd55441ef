//! How tests wait for processes, and speak to them.

use std::{
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

/// How long a process may take to serve, to tell, and to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a process that nobody needs any more may take to say what it has left to say.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often it is looked at meanwhile.
pub(super) const LOOK: Duration = Duration::from_millis(2);

/// Sends a signal to a process that this test started.
pub(super) fn signal(process: &Child, signal: Signal) {
    kill_process(id(process).expect("the process runs"), signal).expect("it takes signals");
}

/// Ends a process whose test is over: it is asked to, so that it writes and exports what it has, and killed when it does not.
pub(super) fn end(process: &mut Child) {
    if let Some(id) = id(process) {
        let _ = kill_process(id, Signal::TERM);
    }
    if !has_ended(process) {
        let _ = process.start_kill();
        has_ended(process);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test that is dropped has no runtime to wait in")]
fn has_ended(process: &mut Child) -> bool {
    let late = Instant::now() + FAREWELL;
    while matches!(process.try_wait(), Ok(None)) {
        if Instant::now() > late {
            return false;
        }
        thread::sleep(LOOK);
    }
    true
}

fn id(process: &Child) -> Option<Pid> {
    process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
}
