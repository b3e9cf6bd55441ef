//! How tests wait for processes, and speak to them.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

/// How long a process may take to serve, to tell, and to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a signal to a process that this test started.
pub(super) fn signal(process: &Child, signal: Signal) {
    let id = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    kill_process(id.expect("the process runs"), signal).expect("it takes signals");
}
