//! A disk that fails at any of the calls that the store, or sled in it, makes: an error that says so and names the folder,
//! never a panic, and what was acknowledged is there when the disk is well again.
//!
//! The test starts itself as the process whose system calls fail: a filter of the kernel's answers them with EIO.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::kill::say_no_more_than_errors;
use crate::{Error, Precondition, SledStore, Store, StoreExt};

const NAME: &str = "tests::failing::a_disk_that_fails_is_told_and_nothing_panics";
const CASE: &str = "STORE_FAILING_CASE";
const FOLDER: &str = "STORE_FAILING_FOLDER";

/// When the disk begins to fail.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    /// Before the store is made, in a folder that is there.
    Making,
    /// Before a store with entries is opened.
    Opening,
    /// Before the first write of an open store.
    Writing,
    /// Before an open store that was written to is closed.
    Closing,
}

struct Case {
    when: When,
    /// Which calls fail.
    calls: &'static [i64],
    /// Whether what is done then must end in an error.
    fails: bool,
}

const FSYNC: i64 = libc::SYS_fsync;
const FDATASYNC: i64 = libc::SYS_fdatasync;
const PREAD: i64 = libc::SYS_pread64;
const PWRITE: i64 = libc::SYS_pwrite64;
const RANGE: i64 = libc::SYS_sync_file_range;
const ALLOCATE: i64 = libc::SYS_ftruncate;
/// What the store has sled's file read with before sled does.
const SENDFILE: i64 = libc::SYS_sendfile;

const CASES: &[Case] = &[
    Case { when: When::Making, calls: &[FSYNC], fails: true },
    Case { when: When::Making, calls: &[PWRITE], fails: true },
    Case { when: When::Making, calls: &[RANGE], fails: true },
    Case { when: When::Making, calls: &[ALLOCATE], fails: true },
    Case { when: When::Making, calls: &[PWRITE, FSYNC], fails: true },
    Case { when: When::Opening, calls: &[FSYNC], fails: true },
    Case { when: When::Opening, calls: &[PREAD], fails: true },
    // sled has its log open then, and closes it with an fsync that it takes for granted.
    Case { when: When::Opening, calls: &[PREAD, FSYNC], fails: true },
    Case { when: When::Opening, calls: &[PWRITE], fails: true },
    Case { when: When::Opening, calls: &[PWRITE, FSYNC, FDATASYNC, PREAD, RANGE], fails: true },
    Case { when: When::Opening, calls: &[SENDFILE], fails: true },
    Case { when: When::Writing, calls: &[FDATASYNC], fails: true },
    Case { when: When::Writing, calls: &[PWRITE], fails: true },
    Case { when: When::Writing, calls: &[PWRITE, FSYNC, FDATASYNC, PREAD, RANGE], fails: true },
    Case { when: When::Writing, calls: &[FSYNC], fails: false },
    Case { when: When::Closing, calls: &[FSYNC], fails: false },
    Case { when: When::Closing, calls: &[PWRITE, FSYNC, FDATASYNC, PREAD, RANGE], fails: false },
];

#[test]
fn a_disk_that_fails_is_told_and_nothing_panics() {
    if let (Ok(case), Some(folder)) = (std::env::var(CASE), std::env::var_os(FOLDER)) {
        let ended = suffer(&CASES[case.parse::<usize>().unwrap()], Path::new(&folder));
        // The test harness has begun a line of its own.
        writeln!(io::stdout().lock(), "\nended {ended:?}").unwrap();
        return;
    }
    for (number, case) in CASES.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let before = prepare(case.when, &store);
        let done = start(number, &store);
        let (said, complained) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        let context = format!("case {number}, {:?}: {}\n{said}\n{complained}", case.when, done.status);
        assert!(done.status.success() && !complained.contains("panicked"), "{context}");
        let ended = said.lines().find_map(|line| line.strip_prefix("ended ")).expect(&context);
        assert_eq!(ended.starts_with("Err("), case.fails, "{context}");
        assert!(
            !case.fails || ended.contains("kind: Io") && ended.contains(store.to_str().unwrap()),
            "{context}"
        );
        if case.calls == [SENDFILE] {
            assert_eq!(fs::read(store.join("sled/db")).ok(), before, "{context}: it was written over");
        }
        check(case, &store, &context);
    }
}

/// What is there before; sled's file.
fn prepare(when: When, folder: &Path) -> Option<Vec<u8>> {
    if when == When::Making {
        fs::create_dir(folder).unwrap();
    } else {
        let store = SledStore::open(folder).unwrap();
        put(&store, "before").unwrap();
        drop(store);
        // Twice, so that sled has a snapshot to begin with.
        drop(SledStore::open(folder).unwrap());
    }
    fs::read(folder.join("sled/db")).ok()
}

fn start(case: usize, folder: &Path) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", NAME, "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    command.env(CASE, case.to_string()).stdin(Stdio::null()).output().unwrap()
}

/// The disk is well again.
fn check(case: &Case, folder: &Path, context: &str) {
    let store = SledStore::open(folder).unwrap_or_else(|error| panic!("{context}: {error:?}"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let there = |key| runtime.block_on(store.get(key)).unwrap().is_some();
    assert!(case.when == When::Making || there("before"), "{context}");
    assert!(case.when != When::Closing || there("then"), "{context}");
}

/// Runs within the process whose disk fails.
fn suffer(case: &Case, folder: &Path) -> Result<(), Error> {
    say_no_more_than_errors();
    if matches!(case.when, When::Making | When::Opening) {
        fail(case.calls);
        return SledStore::open(folder).map(drop);
    }
    let store = SledStore::open(folder)?;
    if case.when == When::Writing {
        fail(case.calls);
        let done = put(&store, "then");
        drop(store);
        return done;
    }
    put(&store, "then")?;
    fail(case.calls);
    drop(store);
    Ok(())
}

fn put(store: &SledStore, key: &str) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.put(key, vec![7; 5_000].into(), Precondition::None)).map(drop)
}

/// From here on these calls fail, in all threads of this process.
fn fail(calls: &[i64]) {
    let rules: BTreeMap<_, _> = calls.iter().map(|call| (*call, Vec::new())).collect();
    let fails = SeccompAction::Errno(libc::EIO as u32);
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, fails, std::env::consts::ARCH.try_into().unwrap());
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter_all_threads(&program).unwrap();
}
