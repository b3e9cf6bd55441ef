//! The end that an operator asks for.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// The exit code of a process that a second signal ended (128 + SIGINT, as shells have it).
const INTERRUPTED: i32 = 130;

/// SIGTERM and Ctrl-C, listened for from the moment this is made.
#[derive(Debug)]
pub(crate) struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
}

impl Shutdown {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system does not let the process handle its signals.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let wrong =
            |error: io::Error| Failure::refused("INTERNAL", format!("signals cannot be handled: {error}"));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(wrong)?,
            interrupt: signal(SignalKind::interrupt()).map_err(wrong)?,
        })
    }

    /// Waits for the first signal. A second one, while calls are still drained, ends the process at once.
    pub(crate) async fn asked(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            process::exit(INTERRUPTED);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
