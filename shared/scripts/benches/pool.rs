//! What a script costs in the pool, and how soon the hostile ones end: a report, nothing fails for being slow.
//!
//! `cargo bench -p scripts`

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a report, for the one who runs it")]

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use mapping::{Program, ScriptError, Scripts, Value};
use scripts::{Command, Config, Workers};

const VECTORS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/vectors/hostile_scripts.json");
const ROUNDS: usize = 5;
const SAMPLES: usize = 500;

fn pool(workers: usize) -> Workers {
    let command = Command { program: env!("CARGO_BIN_EXE_script-worker").into(), arguments: Vec::new() };
    let wait = Duration::from_secs(60);
    Workers::start(Config { workers, wait, ..Config::default() }, command).expect("the pool starts")
}

fn timed(pool: &Workers, script: &str) -> (Result<Value, ScriptError>, Duration) {
    let program = Program::new(script, []);
    let started = Instant::now();
    (pool.evaluate(&program, &[], 0), started.elapsed())
}

fn main() {
    latency();
    throughput();
    hostile();
}

fn latency() {
    let pool = pool(4);
    let mut times: Vec<_> = (0..SAMPLES)
        .map(|_| {
            // A worker waits, as it does when not every moment brings a script.
            while pool.idle().is_empty() {
                thread::yield_now();
            }
            timed(&pool, "[1, 2, 3].map(x => x * 2)").1
        })
        .collect();
    times.sort_unstable();
    println!("one script, a worker waiting: median {:?} of {SAMPLES}", times[SAMPLES / 2]);
}

fn throughput() {
    for workers in [1, 2, 4] {
        let (pool, left) = (pool(workers), AtomicUsize::new(SAMPLES));
        let take = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        let started = Instant::now();
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while take().is_ok() {
                        timed(&pool, "1 + 1").0.expect("it runs");
                    }
                });
            }
        });
        println!(
            "{workers} workers: {:.0} scripts a second",
            SAMPLES as f64 / started.elapsed().as_secs_f64()
        );
    }
}

/// The longest of some rounds for each script, from the call to its answer.
fn hostile() {
    let vectors = Value::from_json(&fs::read(VECTORS).expect("the vectors")).expect("JSON");
    let pool = pool(2);
    println!("\n{:<20} {:>10}  outcome", "hostile script", "longest");
    for vector in vectors.as_array().expect("an array") {
        let member = |name| vector.as_object().and_then(|vector| vector.get(name)?.as_str()).expect(name);
        let rounds: Vec<_> = (0..ROUNDS)
            .map(|_| {
                while pool.idle().is_empty() {
                    thread::yield_now();
                }
                timed(&pool, member("script"))
            })
            .collect();
        let longest = rounds.iter().map(|(_, time)| *time).max().unwrap_or_default();
        let outcome = match rounds.into_iter().next_back().map(|(outcome, _)| outcome) {
            Some(Ok(value)) => format!("gives {value}"),
            Some(Err(error)) => error.message,
            None => String::new(),
        };
        println!("{:<20} {:>7.1} ms  {outcome}", member("name"), longest.as_secs_f64() * 1e3);
    }
}
