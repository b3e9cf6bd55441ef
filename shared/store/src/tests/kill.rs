//! kill -9 while four tasks write: nothing acknowledged is lost, batches are whole, and the store always opens.
//!
//! The test starts itself as the process to kill. `OUTGATE_KILL_ROUNDS` sets the number of kills. `tests/power/run` starts it as
//! the process under which the power goes (`STORE_KILL_FOLDER`), and as the one that looks what is there afterwards
//! (`STORE_CHECK_FOLDER`).

use std::io::{self, BufRead, BufReader, Write};
use std::panic;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::{Batch, Error, Op, Options, Range, SledStore, Store, StoreExt};

const NAME: &str = "tests::kill::nothing_acknowledged_is_lost_by_kill_nine";
const FOLDER: &str = "STORE_KILL_FOLDER";
const CHECKED: &str = "STORE_CHECK_FOLDER";
/// How much room the writer leaves on the disk.
const RESERVE: &str = "STORE_KILL_RESERVE";
const WRITERS: u64 = 4;
/// The keys of each writer, over which it goes in turns.
const KEYS: u64 = 20;

#[test]
fn nothing_acknowledged_is_lost_by_kill_nine() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        write_until_killed(Path::new(&folder));
        return;
    }
    if let Some(folder) = std::env::var_os(CHECKED) {
        check_told(Path::new(&folder));
        return;
    }
    let rounds = std::env::var("OUTGATE_KILL_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let mut random = Random::new();
    let mut acknowledged = [0; WRITERS as usize];
    for round in 0..rounds {
        let mut child = start(&store);
        note_acknowledged(&mut child, &mut acknowledged, &mut random);
        let context = format!("round {round}, seed {}", random.seed);
        check(&store, &mut acknowledged, &context);
    }
    assert!(acknowledged.iter().all(|count| *count > 0), "{acknowledged:?}: some writer never wrote");
    let written: u64 = acknowledged.iter().sum();
    writeln!(io::stdout().lock(), "{rounds} kills, {written} writes acknowledged, none lost").unwrap();
}

fn start(store: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", NAME, "--nocapture", "--test-threads=1"]).env(FOLDER, store);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Reads what the child acknowledges, kills it somewhere on the way, and reads what it still had said.
fn note_acknowledged(child: &mut Child, acknowledged: &mut [u64], random: &mut Random) {
    // One time in four it dies in the middle of its start.
    let lines_to_wait = if random.below(4) == 0 { 0 } else { random.below(300) };
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    while seen < lines_to_wait {
        let line = lines.next().expect("the child ended by itself").unwrap();
        seen += u64::from(note(&line, acknowledged));
    }
    for _ in 0..random.below(2_000_000) {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        note(&line, acknowledged);
    }
}

fn note(line: &str, acknowledged: &mut [u64]) -> bool {
    let Some((writer, number)) = line.strip_prefix("ack ").and_then(|line| line.split_once(' ')) else {
        return false;
    };
    // The last line may have been cut.
    let (Ok(writer), Some(number)) = (writer.parse::<usize>(), number.strip_suffix('.')) else {
        return false;
    };
    acknowledged[writer] = number.parse().unwrap();
    true
}

/// Each writer is at the number it last told, or at the one it was about to tell, and all its keys are as that number
/// says. What is there counts as told from then on.
fn check(folder: &Path, acknowledged: &mut [u64], context: &str) {
    let store = SledStore::open(folder).unwrap_or_else(|error| panic!("{context}: {error:?}"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let listing = runtime.block_on(store.list(Range::all())).unwrap();
    let value = |key: &str| {
        let found = listing.entries.binary_search_by(|entry| entry.key.as_str().cmp(key)).ok()?;
        Some(listing.entries[found].value.clone())
    };
    for (writer, acknowledged) in (0..).zip(acknowledged) {
        let number = value(&count_key(writer)).map_or(0, |value| text_number(&value));
        let told = *acknowledged..=*acknowledged + 1;
        assert!(told.contains(&number), "{context}: writer {writer} is at {number}, not in {told:?}");
        *acknowledged = number;
        for (key, last) in (0..KEYS).map(|key| (key, last_round_of(key, number))) {
            let expected = last.and_then(|last| value_of(writer, last));
            let found = value(&own_key(writer, key));
            assert!(
                found == expected,
                "{context}: key {key} of writer {writer} is not as round {last:?} left it"
            );
        }
    }
}

/// Reads what was acknowledged from standard input, checks it, and says what counts as acknowledged from then on.
fn check_told(folder: &Path) {
    let mut acknowledged = [0; WRITERS as usize];
    for line in io::stdin().lines() {
        note(&line.unwrap(), &mut acknowledged);
    }
    check(folder, &mut acknowledged, "after the cut");
    let mut told = io::stdout().lock();
    writeln!(told).unwrap();
    for (writer, number) in acknowledged.iter().enumerate() {
        writeln!(told, "ack {writer} {number}.").unwrap();
    }
}

/// As in the product: what an error of the store tells is not told as a panic, too.
pub(super) fn say_no_more_than_errors() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !crate::becomes_error(info) {
            before(info);
        }
    }));
}

fn write_until_killed(folder: &Path) {
    say_no_more_than_errors();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // The test harness has begun a line of its own.
    writeln!(io::stdout().lock()).unwrap();
    let reserve = std::env::var(RESERVE).map(|bytes| bytes.parse().unwrap());
    let mut options = Options::default();
    options.reserve_bytes = reserve.unwrap_or(options.reserve_bytes);
    let store = SledStore::open_with(folder, &options).map(Arc::new);
    let ended = store.and_then(|store| {
        let writers = (0..WRITERS).map(|writer| runtime.spawn(write(Arc::clone(&store), writer)));
        let ended = runtime.block_on(futures::future::join_all(writers));
        ended.into_iter().try_for_each(Result::unwrap)
    });
    // Only where the disk fails.
    writeln!(io::stdout().lock(), "ended {ended:?}").unwrap();
}

async fn write(store: Arc<SledStore>, writer: u64) -> Result<(), Error> {
    let count = store.get(&count_key(writer)).await?;
    let mut number = count.map_or(0, |entry| text_number(&entry.value));
    loop {
        number += 1;
        let key = own_key(writer, number % KEYS);
        let op = match value_of(writer, number) {
            Some(value) if number % 5 == 1 => {
                Op::put(key, value).until(SystemTime::now() + Duration::from_secs(86_400))
            }
            Some(value) if number % 5 < 4 && !value.is_empty() => Op::put(key, value).shreddable(),
            Some(value) => Op::put(key, value),
            None => Op::delete(key),
        };
        let batch = Batch::new(vec![op, Op::put(count_key(writer), number.to_string())]).unwrap();
        store.commit(batch).await?;
        writeln!(io::stdout().lock(), "ack {writer} {number}.").unwrap();
    }
}

/// The last round up to `number` that wrote this key.
fn last_round_of(key: u64, number: u64) -> Option<u64> {
    (1..=number).rev().take(KEYS as usize).find(|round| round % KEYS == key)
}

/// What a writer puts in a round; none: it deletes. Most values are short, some fill many pages of the database, but with
/// every other writer, whose many short ones make the database move pages about.
fn value_of(writer: u64, round: u64) -> Option<Bytes> {
    let length = match round % 37 {
        3 | 17 | 30 => return None,
        11 if writer.is_multiple_of(2) => 200_000,
        5 | 23 if writer.is_multiple_of(2) => 9_000,
        other => 30 * other as usize,
    };
    let seed = writer * 1_000_003 + round;
    Some((seed..).flat_map(u64::to_be_bytes).take(length).collect())
}

fn own_key(writer: u64, key: u64) -> String {
    format!("key/{writer}/{key:02}")
}

fn count_key(writer: u64) -> String {
    format!("count/{writer}")
}

fn text_number(value: &Bytes) -> u64 {
    std::str::from_utf8(value).unwrap().parse().unwrap()
}

/// Moments to kill at: any will do, and the seed tells which they were.
pub(super) struct Random {
    pub(super) seed: u64,
    state: u64,
}

impl Random {
    pub(super) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let seed = now.as_nanos() as u64 | 1;
        Self { seed, state: seed }
    }

    /// xorshift64.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % limit
    }
}
