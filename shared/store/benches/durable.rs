//! What durable writes and a start cost, one role each; `tests/bench/store/compare` runs them in turns.
//!
//! ```text
//! durable puts WRITERS SECONDS    commits per second: fresh keys, each writer waiting for its own
//! durable secrets WRITERS SECONDS the same, of values that are shreddable
//! durable ends WRITERS SECONDS    the same, of which each other one deletes what the one before it put
//! durable fill FOLDER RECORDS     a store with that many records
//! durable start FOLDER            milliseconds until the store is open, and the memory that took
//! ```
//!
//! Values are as long as a sealed secret of 256 bytes, and look as random.

#![expect(clippy::print_stdout, reason = "what it prints is read by the script that runs it")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use store::{Batch, MAX_OPS, Op, SledStore, Store};
use tikv_jemallocator::Jemalloc;
use tokio::task::JoinSet;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// What `seal` makes of 256 bytes: padded to 512, with 69 bytes around them.
const SEALED: usize = 581;

#[tokio::main(worker_threads = 2)]
async fn main() -> Outcome {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [role @ ("puts" | "secrets" | "ends"), writers, seconds] => {
            commits(role, writers.parse()?, Duration::from_secs(seconds.parse()?)).await
        }
        ["fill", folder, records] => fill(Path::new(folder), records.parse()?).await,
        ["start", folder] => start(Path::new(folder)),
        // Run without a role, as `cargo test --benches` does, it has nothing to measure.
        _ => Ok(()),
    }
}

async fn commits(role: &str, writers: usize, time: Duration) -> Outcome {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SledStore::open(folder.path())?);
    let stop = Arc::new(AtomicBool::new(false));
    let (shreddable, ends) = (role != "puts", role == "ends");
    let mut running = JoinSet::new();
    let began = Instant::now();
    for writer in 0..writers {
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        running.spawn(async move {
            for number in 0_u64.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let key = |number| format!("secrets/records/acme/{writer}-{number}");
                let op = match number {
                    odd if ends && odd % 2 == 1 => Op::delete(key(odd - 1)),
                    _ => Op::put(key(number), value(number ^ (writer as u64) << 40)),
                };
                let op = if shreddable { op.shreddable() } else { op };
                store.commit(Batch::try_from(op)?).await?;
            }
            Ok::<_, store::Error>(())
        });
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    let stats = store.stats();
    let seconds = began.elapsed().as_secs_f64();
    println!("{:.0} {:.1}", stats.commits as f64 / seconds, stats.commits as f64 / stats.barriers as f64);
    Ok(())
}

/// Keys come as names do, in no order.
async fn fill(folder: &Path, records: u64) -> Outcome {
    let store = SledStore::open(folder)?;
    let mut numbers = (0..records).map(scattered).peekable();
    while numbers.peek().is_some() {
        let ops = numbers.by_ref().take(MAX_OPS);
        let ops = ops.map(|number| Op::put(format!("secrets/records/acme/{number:016x}"), value(number)));
        store.commit(Batch::new(ops.collect())?).await?;
    }
    Ok(())
}

fn start(folder: &Path) -> Outcome {
    let began = Instant::now();
    let store = SledStore::open(folder)?;
    let taken = began.elapsed();
    drop(store);
    println!("{} {}", taken.as_millis(), peak_mebibytes()?);
    Ok(())
}

/// The most memory that this process ever held.
fn peak_mebibytes() -> Result<u64, Box<dyn Error + Send + Sync>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}

/// A number like no other, in no order (splitmix64).
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn value(seed: u64) -> Vec<u8> {
    (0..).flat_map(|place| scattered(seed.wrapping_mul(131) + place).to_be_bytes()).take(SEALED).collect()
}
