//! What a worker has, and what it leaves behind: nothing.

use std::fs::{self, File};

use rustix::io::{FdFlags, fcntl_setfd};

use super::*;

fn of(id: u32, file: &str) -> String {
    fs::read_to_string(format!("/proc/{id}/{file}")).expect("the worker is there")
}

#[test]
fn a_worker_has_three_files_and_nothing_else() {
    // A file that whoever started this process might have left open for its children.
    let inherited = File::open("/dev/null").expect("it is there");
    fcntl_setfd(&inherited, FdFlags::empty()).expect("it is open");
    let pool = pool(1);
    let worker = pool.idle()[0];
    let open = fs::read_dir(format!("/proc/{worker}/fd")).expect("files");
    let open: BTreeSet<_> = open.map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(open, ["0", "1", "2"].map(Into::into).into());
    assert_eq!(
        fs::read_link(format!("/proc/{worker}/fd/2")).expect("a file"),
        std::path::Path::new("/dev/null")
    );
    assert_eq!(of(worker, "environ"), "");
    assert_eq!(fs::read_link(format!("/proc/{worker}/cwd")).expect("a folder"), std::path::Path::new("/"));
    let status = of(worker, "status");
    for line in ["Seccomp:\t2", "NoNewPrivs:\t1", "Threads:\t1"] {
        assert!(status.lines().any(|found| found == line), "{line} is not in\n{status}");
    }
    let limits = of(worker, "limits");
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).expect("a limit").to_owned();
        let numbers: Vec<_> = line[26..].split_whitespace().take(2).map(str::to_owned).collect();
        numbers.join(" ")
    };
    assert_eq!(limit("Max file size"), "0 0");
    assert_eq!(limit("Max data size"), "117440512 117440512");
    assert_eq!(limit("Max core file size"), "0 0");
    assert_eq!(limit("Max processes"), "0 0");
    assert_eq!(limit("Max open files"), "0 0");
}

#[test]
fn a_worker_runs_one_script() {
    let pool = pool(1);
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        assert_eq!(
            run(&pool, "typeof left + typeof ({}).left + [1].map(String)").as_deref(),
            Ok("\"undefinedundefined1\"")
        );
        let leaving = "globalThis.left = 1; Object.prototype.left = 1; Array.prototype.map = null; JSON.stringify = null; 1";
        assert_eq!(run(&pool, leaving).as_deref(), Ok("1"));
        seen.extend(pool.idle());
    }
    assert!(seen.len() > 1 || pool.idle().is_empty(), "workers come and go: {seen:?}");
}

#[test]
fn workers_end_with_the_pool() {
    let pool = pool(3);
    assert_eq!(run(&pool, "1").as_deref(), Ok("1"));
    assert!(!children().is_empty());
    drop(pool);
    assert!(children().is_empty(), "{:?}", children());
}

#[test]
fn a_script_finds_no_way_out() {
    let pool = pool(2);
    let nothing = "[typeof require, typeof process, typeof std, typeof os, typeof fetch, typeof XMLHttpRequest, typeof WebSocket, \
                   typeof setTimeout, typeof Deno, typeof print, typeof performance, typeof Atomics, typeof WeakRef, \
                   typeof SharedArrayBuffer, typeof FinalizationRegistry].every(type => type === 'undefined')";
    assert_eq!(run(&pool, nothing).as_deref(), Ok("true"));
    for import in ["import('std').then(x => x)", "import 'fs'; 1", "import.meta"] {
        assert!(run(&pool, import).is_err(), "{import}");
    }
}
