//! One worker process, from the side of the pool.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    os::fd::AsFd,
    path::PathBuf,
    process::{self, Child, ChildStdin, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
};

use crate::{
    fair::{self, Fair},
    wire,
};

/// The program that a worker is, and what it is called with.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl Command {
    /// This very program, with other arguments; also after its file was replaced, so that both sides always fit.
    ///
    /// # Errors
    /// When the system does not say which program this is.
    pub fn this_program(arguments: impl IntoIterator<Item = &'static str>) -> io::Result<Self> {
        let linked = PathBuf::from("/proc/self/exe");
        let program = if linked.exists() { linked } else { std::env::current_exe()? };
        Ok(Self { program, arguments: arguments.into_iter().map(OsString::from).collect() })
    }
}

/// Why a worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It took too long, and was ended.
    #[error("it took longer than it may")]
    Time,
    /// The machine gave it too little of a processor for longer than anybody waits.
    #[error("it got no processor")]
    Starved,
    /// It ended before it answered.
    #[error("it ended without an answer")]
    Ended,
    /// It said what no worker says.
    #[error("it gave an answer that cannot be read")]
    Garbage,
    /// It could not be spoken to.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Until when a worker is waited for.
///
/// What the clock says holds for a worker that had its share of a processor. On a machine that keeps it waiting (other
/// work, pages that come from a disk) a script that needs a millisecond must not fail for that: it is waited for until
/// `last`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    due: Instant,
    last: Instant,
    fair: Fair,
}

impl Deadline {
    /// One that holds whatever the worker got.
    pub(crate) fn strict(time: Duration) -> Self {
        let due = Instant::now() + time;
        Self { due, last: due, fair: Fair::ANY }
    }

    /// How long to wait for the worker before asking again.
    fn left(&mut self, worker: u32) -> Result<Duration, Failure> {
        let now = Instant::now();
        if now < self.due {
            return Ok(self.due - now);
        }
        if self.fair.had(fair::time_of(worker)) {
            return Err(Failure::Time);
        }
        if now >= self.last {
            return Err(Failure::Starved);
        }
        self.due = now + PAUSE;
        Ok(PAUSE)
    }
}

/// How long a worker that is kept waiting is left alone before it is looked at again.
const PAUSE: Duration = Duration::from_millis(5);
/// How many times its time a worker that is kept waiting is waited for.
const PATIENCE: u32 = 4;

/// A worker process. It ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Process {
    /// Starts a worker: without an environment, in `/`, with two pipes and nothing else.
    pub(crate) fn start(command: &Command) -> io::Result<Self> {
        let mut child = process::Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::other("a worker has no pipes"));
        };
        let process = Self { child, input, output };
        never_wait(&process.input)?;
        never_wait(&process.output)?;
        Ok(process)
    }

    /// The worker's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The deadline for work of `time` that the worker starts now.
    pub(crate) fn deadline(&self, time: Duration) -> Deadline {
        let now = Instant::now();
        let fair = Fair::of(time, fair::time_of(self.id()));
        Deadline { due: now + time, last: now + time * PATIENCE, fair }
    }

    /// The next frame that the worker writes, until `deadline`.
    pub(crate) fn receive(&mut self, deadline: &mut Deadline) -> Result<Vec<u8>, Failure> {
        let mut head = [0; 4];
        self.fill(&mut head, deadline)?;
        let mut payload = vec![0; wire::announced(head).ok_or(Failure::Garbage)?];
        self.fill(&mut payload, deadline)?;
        Ok(payload)
    }

    fn fill(&mut self, mut rest: &mut [u8], deadline: &mut Deadline) -> Result<(), Failure> {
        while !rest.is_empty() {
            match self.output.read(rest) {
                Ok(0) => return Err(Failure::Ended),
                Ok(count) => rest = &mut rest[count..],
                Err(error) => pause(error, &self.output, PollFlags::IN, deadline, self.id())?,
            }
        }
        Ok(())
    }

    /// Writes a frame, until `deadline`.
    pub(crate) fn send(&mut self, payload: &[u8], deadline: &mut Deadline) -> Result<(), Failure> {
        let frame = wire::frame(payload);
        let mut rest = &frame[..];
        while !rest.is_empty() {
            match self.input.write(rest) {
                Ok(0) => return Err(Failure::Ended),
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(Failure::Ended),
                Err(error) => pause(error, &self.input, PollFlags::OUT, deadline, self.id())?,
            }
        }
        Ok(())
    }
}

impl Drop for Process {
    /// Ends the process and takes its remains, so that there is never a zombie.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn never_wait(pipe: impl AsFd) -> io::Result<()> {
    let flags = fcntl_getfl(&pipe)?;
    Ok(fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)?)
}

/// Waits until a pipe is ready, if that is all that was wrong.
fn pause(
    error: io::Error,
    pipe: impl AsFd,
    flags: PollFlags,
    deadline: &mut Deadline,
    worker: u32,
) -> Result<(), Failure> {
    match error.kind() {
        io::ErrorKind::Interrupted => return Ok(()),
        io::ErrorKind::WouldBlock => {}
        _ => return Err(error.into()),
    }
    let left = deadline.left(worker)?;
    match poll(&mut [PollFd::new(&pipe, flags)], Some(&timespec(left))) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
