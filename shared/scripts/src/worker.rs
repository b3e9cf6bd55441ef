//! The worker's side: a process that confines itself, reads one script, answers, and ends.

mod confine;
mod engine;
mod thrown;

use std::{
    io::{self, Read as _, Write as _},
    process::{self, ExitCode},
    time::Duration,
};

// Has the engine calculate alike on every machine.
use maths as _;

use mapping::{ScriptError, ScriptErrorKind};

use crate::wire::{self, Reply, Request};
use engine::{Engine, OUT_OF_MEMORY};

/// What a worker may have of a processor from when it is ready. The kernel holds it to that; the engine and the pool end it
/// sooner where they can. To start and to be taken down it has the rest of 250 ms.
const PROCESSOR_TIME: Duration = Duration::from_millis(225);

/// When the engine stops a script by itself; what it does not stop the pool ends.
const TIME: Duration = Duration::from_millis(180);

/// Serves one script over standard input and output. Everything that can be given up is given up before a byte is read.
///
/// Nothing may run before it in the process that holds a key, opens a file or starts a thread.
pub fn serve() -> ExitCode {
    match ready() {
        Ok(engine) => {
            let exchanged = exchange(&engine);
            // The process ends here, and with it everything that the engine holds.
            std::mem::forget(engine);
            exchanged.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        Err(reason) => {
            let _ = send(reason.as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// The engine of a process that is confined.
fn ready() -> Result<Engine, String> {
    confine::give_up().map_err(|error| format!("it cannot be confined: {error}"))?;
    let engine =
        Engine::new(TIME, over).map_err(|error| format!("the JavaScript engine does not start: {error}"))?;
    confine::end_in(PROCESSOR_TIME).map_err(|error| format!("its time cannot be bounded: {error}"))?;
    confine::filter().map_err(|error| {
        format!("the kernel does not filter its system calls: {error}; allow seccomp, or set `scripts.workers` to 0")
    })?;
    Ok(engine)
}

fn exchange(engine: &Engine) -> io::Result<()> {
    send(wire::READY)?;
    let mut input = io::stdin().lock();
    let mut head = [0; 4];
    input.read_exact(&mut head)?;
    let length = wire::announced(head).ok_or(io::ErrorKind::InvalidData)?;
    let mut payload = vec![0; length];
    input.read_exact(&mut payload)?;
    let reply = match Request::read(&payload) {
        Some(request) => {
            drop(payload);
            engine.serve(request)
        }
        None => Err(ScriptError::new(ScriptErrorKind::Unavailable, "a script came that cannot be read")),
    };
    send(&wire::write_reply(&within_bounds(reply)))
}

/// Tells that the script takes too much memory, and ends the process: what it would do about it is never asked.
fn over() -> ! {
    let reply = Err(ScriptError::new(ScriptErrorKind::Limit, OUT_OF_MEMORY));
    let _ = send(&wire::write_reply(&reply));
    process::exit(1)
}

fn within_bounds(reply: Reply) -> Reply {
    match reply {
        Ok(json) if json.len() >= wire::LONGEST => {
            let message = format!("the script's result has more than {} MiB", wire::LONGEST >> 20);
            Err(ScriptError::new(ScriptErrorKind::Limit, message))
        }
        reply => reply,
    }
}

fn send(payload: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(&wire::frame(payload))?;
    output.flush()
}

#[cfg(test)]
mod tests;
