//! The pool: workers that wait, and threads that replace each after its one evaluation.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use mapping::{Program, ScriptError, ScriptErrorKind, Scripts, Value};

use crate::{
    process::{Command, Deadline, Failure, Process},
    wire::{self, Handed, Request},
};

/// How long a worker may take to be ready.
const START: Duration = Duration::from_secs(10);
/// How long a thread waits after a worker did not start.
const PAUSE: Duration = Duration::from_millis(100);
/// The most threads that replace workers.
const KEEPERS: usize = 4;
/// How many checked scripts are remembered, and how long each may be, in bytes.
const REMEMBERED: usize = 1024;
const SHORT: usize = 16 << 10;

/// How the pool is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// How many scripts run at once, and how many processes there are, at least 1.
    pub workers: usize,
    /// From when a script is handed to its worker to its answer; what takes longer is ended, unless the machine kept it
    /// waiting: then it has four times that.
    pub time: Duration,
    /// How long a script waits for a worker before it is refused.
    pub wait: Duration,
}

impl Default for Config {
    /// As many workers as processors (2 to 16), 220 ms, so that it is over before 250, and a second.
    fn default() -> Self {
        let workers = thread::available_parallelism().map_or(2, NonZeroUsize::get).clamp(2, 16);
        Self { workers, time: Duration::from_millis(220), wait: Duration::from_secs(1) }
    }
}

/// Why there is no pool.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No worker gets ready.
    #[error("scripts have no worker: {0}")]
    Worker(String),
    /// This process gets no threads.
    #[error("scripts have no thread: {0}")]
    Thread(std::io::Error),
}

/// A pool of worker processes. They end with it, and with the process that it is in.
#[derive(Debug)]
pub struct Workers {
    shared: Arc<Shared>,
    orders: Sender<Order>,
    keepers: Vec<JoinHandle<()>>,
    checked: Mutex<HashMap<String, Result<(), ScriptError>>>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    command: Command,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Process>,
    closed: bool,
    /// Why the last worker did not start.
    failure: Option<String>,
}

/// Replace a worker, which has done its work; none at the start.
type Order = Option<Process>;

impl Workers {
    /// Starts the pool. Returns when the first worker is ready.
    ///
    /// # Errors
    /// When no worker can be started or confined, with the reason.
    pub fn start(config: Config, command: Command) -> Result<Self, StartError> {
        let config = Config { workers: config.workers.max(1), ..config };
        let (state, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { config, command, state, changed });
        let (orders, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let mut pool = Self { shared, orders, keepers: Vec::new(), checked: Mutex::default() };
        for _ in 0..config.workers.min(KEEPERS) {
            let (shared, queue, orders) = (pool.shared.clone(), queue.clone(), pool.orders.clone());
            let keeper = thread::Builder::new().name("scripts".to_owned());
            let keeper = keeper.spawn(move || keep(&shared, &queue, &orders)).map_err(StartError::Thread)?;
            pool.keepers.push(keeper);
        }
        for _ in 0..config.workers {
            pool.order(None);
        }
        let state = pool.shared.state();
        let none = |state: &mut State| state.idle.is_empty() && state.failure.is_none();
        let (state, _) = pool
            .shared
            .changed
            .wait_timeout_while(state, START, none)
            .unwrap_or_else(PoisonError::into_inner);
        if state.idle.is_empty() {
            let reason = state.failure.clone().unwrap_or_else(|| "none is ready in time".to_owned());
            drop(state);
            return Err(StartError::Worker(reason));
        }
        drop(state);
        Ok(pool)
    }

    /// The process ids of the workers that wait.
    pub fn idle(&self) -> Vec<u32> {
        self.shared.state().idle.iter().map(Process::id).collect()
    }

    fn order(&self, order: Order) {
        // A keeper lives as long as the pool.
        let _ = self.orders.send(order);
    }

    /// Hands a script to a worker of its own.
    fn run(&self, request: &Request) -> Result<String, ScriptError> {
        let mut worker = self.free()?;
        let mut deadline = worker.deadline(self.shared.config.time);
        let answer =
            worker.send(&request.write(), &mut deadline).and_then(|()| worker.receive(&mut deadline));
        self.order(Some(worker));
        let answer = answer.and_then(|bytes| wire::read_reply(&bytes).ok_or(Failure::Garbage));
        answer.map_err(|failure| self.failed(&failure)).flatten()
    }

    fn free(&self) -> Result<Process, ScriptError> {
        let Shared { config, changed, .. } = &*self.shared;
        let state = self.shared.state();
        let (mut state, _) = changed
            .wait_timeout_while(state, config.wait, |state| state.idle.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        state.idle.pop().ok_or_else(|| {
            let reason = state.failure.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
            let message = format!(
                "all {} workers for scripts are busy: try again, or raise `scripts.workers`{reason}",
                config.workers
            );
            ScriptError::new(ScriptErrorKind::Unavailable, message)
        })
    }

    fn failed(&self, failure: &Failure) -> ScriptError {
        let time = self.shared.config.time.as_millis();
        let (kind, message) = match failure {
            Failure::Time => {
                (ScriptErrorKind::Limit, format!("the script took longer than {time} ms and was ended"))
            }
            Failure::Starved => (
                ScriptErrorKind::Unavailable,
                "the machine is too busy: the script had no processor for long, and was ended".to_owned(),
            ),
            Failure::Ended => (
                ScriptErrorKind::Limit,
                "the script was ended: it took more time or memory than it may, called itself too deep, or did what no \
                 script may"
                    .to_owned(),
            ),
            Failure::Garbage => {
                (ScriptErrorKind::Unavailable, format!("the script's worker failed: {failure}"))
            }
            Failure::Io(error) => {
                (ScriptErrorKind::Unavailable, format!("the script's worker failed: {error}"))
            }
        };
        ScriptError::new(kind, message)
    }
}

impl Scripts for Workers {
    fn check(&self, source: &str) -> Result<(), ScriptError> {
        let remembered = || self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered().get(source) {
            return known.clone();
        }
        let request = Request { check: true, timestamp_ms: 0, source: source.to_owned(), values: Vec::new() };
        fits(source.len())?;
        let found = self.run(&request).map(|_| ());
        let lasting = !matches!(&found, Err(error) if error.kind != ScriptErrorKind::Syntax);
        if lasting && source.len() <= SHORT {
            let mut remembered = remembered();
            if remembered.len() >= REMEMBERED {
                remembered.clear();
            }
            remembered.insert(source.to_owned(), found.clone());
        }
        found
    }

    fn evaluate(&self, program: &Program, values: &[Value], timestamp_ms: i64) -> Result<Value, ScriptError> {
        let mut length = program.source().len();
        let mut handed = Vec::with_capacity(values.len());
        for (name, value) in program.names().iter().zip(values) {
            let (json, big) = (value.to_string(), has_big(value));
            length += name.len() + json.len() + 16;
            fits(length)?;
            handed.push(Handed { name: name.clone(), json, big });
        }
        let request =
            Request { check: false, timestamp_ms, source: program.source().to_owned(), values: handed };
        let json = self.run(&request)?;
        Value::from_json(json.as_bytes()).map_err(|error| {
            ScriptError::new(
                ScriptErrorKind::Limit,
                format!("the script's result cannot be used: {}", error.message),
            )
        })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let idle = {
            let mut state = self.shared.state();
            state.closed = true;
            std::mem::take(&mut state.idle)
        };
        drop(idle);
        for _ in &self.keepers {
            self.order(None);
        }
        for keeper in self.keepers.drain(..) {
            let _ = keeper.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker that is ready.
    fn ready(&self) -> Result<Process, String> {
        let mut worker = Process::start(&self.command).map_err(|error| error.to_string())?;
        let hello = worker.receive(&mut Deadline::strict(START)).map_err(|failure| failure.to_string())?;
        if hello == wire::READY { Ok(worker) } else { Err(String::from_utf8_lossy(&hello).into_owned()) }
    }
}

/// Replaces workers until the pool is closed. The kernel ends a worker with the thread that started it, so it is this
/// thread that starts them, and it lives as long as the pool.
fn keep(shared: &Shared, queue: &Mutex<Receiver<Order>>, orders: &Sender<Order>) {
    loop {
        let order = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(used) = order else { return };
        drop(used);
        if shared.state().closed {
            return;
        }
        let made = shared.ready();
        let mut state = shared.state();
        match made {
            _ if state.closed => return,
            Ok(worker) => {
                state.idle.push(worker);
                state.failure = None;
            }
            Err(reason) => {
                tracing::warn!(reason, "a worker for scripts did not start");
                state.failure = Some(reason);
                drop(state);
                shared.changed.notify_all();
                thread::park_timeout(PAUSE);
                let _ = orders.send(None);
                continue;
            }
        }
        drop(state);
        shared.changed.notify_one();
    }
}

fn fits(length: usize) -> Result<(), ScriptError> {
    if length < wire::LONGEST - 1024 {
        return Ok(());
    }
    let most = wire::LONGEST >> 20;
    let message = format!("a script and its values may have {most} MiB at most: hand over less");
    Err(ScriptError::new(ScriptErrorKind::Limit, message))
}

/// Whether there are numbers in a value that are `BigInt`s to a script.
fn has_big(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_big(),
        Value::Array(items) => items.iter().any(has_big),
        Value::Object(object) => object.iter().any(|(_, value)| has_big(value)),
        _ => false,
    }
}
