//! What is too much ends, and hurts nobody.

use std::{fs, thread};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::{TimeVal, TimeValLike},
};
use rustix::process::Signal;

use super::*;

/// Every script of the vectors.
fn hostile() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/vectors/hostile_scripts.json");
    let vectors = Value::from_json(&fs::read(path).expect("the vectors are there")).expect("JSON");
    let text = |vector: &Value, key: &str| vector.as_object()?.get(key)?.as_str().map(str::to_owned);
    let vectors = vectors.as_array().expect("an array").iter();
    vectors
        .map(|vector| Some((text(vector, "name")?, text(vector, "script")?)))
        .collect::<Option<_>>()
        .expect("scripts")
}

#[test]
fn hostile_scripts_end_and_the_next_one_runs() {
    let pool = pool(1);
    let scripts = hostile();
    assert_eq!(scripts.len(), 23);
    for (name, script) in scripts {
        if let Err(error) = run(&pool, &script) {
            let ended = matches!(error.kind, ScriptErrorKind::Limit | ScriptErrorKind::Thrown);
            assert!(ended, "{name}: {error:?}");
        }
        assert_eq!(run(&pool, "6 * 7").as_deref(), Ok("42"), "after {name}");
    }
    assert!(children().len() <= 1, "no worker outlives its script: {:?}", children());
}

#[test]
fn a_script_that_never_ends_is_ended() {
    let pool = pool(1);
    for script in [
        "while (true) {}",
        "for (;;) { try { while (true) {} } finally { continue } }",
        "/(x+x+)+y/.test('x'.repeat(99))",
    ] {
        let error = run(&pool, script).expect_err("it ends");
        assert_eq!(error.kind, ScriptErrorKind::Limit, "{script}");
        assert!(error.message.contains("longer than"), "{script}: {error}");
    }
}

/// What this process's children have had of processors, as far as they were waited for.
fn processor_time_of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    let time = |time: TimeVal| Duration::from_micros(time.num_microseconds().try_into().expect("no debt"));
    time(usage.user_time()) + time(usage.system_time())
}

/// The bound of time holds in the kernel, whatever the pool does and however busy the machine is.
#[test]
fn no_hostile_script_has_more_of_a_processor_than_it_may() {
    // A pool that ends no script for a minute.
    let minute = Duration::from_secs(60);
    let config = Config { workers: 1, time: minute, wait: minute };
    let taken = |script: &str| {
        let before = processor_time_of_children();
        let pool = Workers::start(config, command()).expect("the pool starts");
        let ended = run(&pool, script);
        drop(pool);
        (processor_time_of_children() - before, ended)
    };
    // Two workers start, and one of them runs the script.
    let (start, _) = taken("1");
    for (name, script) in hostile() {
        let (time, ended) = taken(&script);
        assert!(
            time <= Duration::from_millis(250) + start,
            "{name}: {time:?}, {start:?} of it to start; {ended:?}"
        );
    }
}

/// What the engine does not stop by itself is the pool's to end: a program that says it is ready, and then nothing.
#[test]
fn a_worker_that_never_answers_is_ended() {
    for (then, kind, told) in [
        ("while :; do :; done", ScriptErrorKind::Limit, "the script took longer than 20 ms and was ended"),
        ("exec sleep 1000", ScriptErrorKind::Unavailable, "the machine is too busy"),
    ] {
        let ready = format!(r"printf '\005\000\000\000ready'; {then}");
        let command = Command { program: "/bin/sh".into(), arguments: vec!["-c".into(), ready.into()] };
        let config = Config { workers: 1, time: Duration::from_millis(20), wait: Duration::from_secs(60) };
        let pool = Workers::start(config, command).expect("it looks ready");
        let worker = pool.idle()[0];
        // The shell is busy from its start on; what it had before the script was handed over does not count.
        let error = run(&pool, "1").expect_err("no answer comes");
        assert_eq!(error.kind, kind, "{then}: {error}");
        assert!(error.message.starts_with(told), "{then}: {error}");
        drop(pool);
        assert!(!is_there(worker), "it was ended and buried");
    }
}

/// A machine that has no processor for a worker makes its script late, and not wrong.
#[test]
#[expect(clippy::disallowed_methods, reason = "nothing else happens here than that time passes")]
fn a_script_that_the_machine_keeps_waiting_is_waited_for() {
    let pool = pool(1);
    let worker = i32::try_from(pool.idle()[0]).expect("a process id");
    let worker = rustix::process::Pid::from_raw(worker).expect("a process id");
    rustix::process::kill_process(worker, Signal::STOP).expect("it stops");
    thread::scope(|scope| {
        let run = scope.spawn(|| run(&pool, "6 * 7"));
        // Well past the time that a script has.
        thread::sleep(Config::default().time * 2);
        rustix::process::kill_process(worker, Signal::CONT).expect("it goes on");
        assert_eq!(run.join().expect("no panic").as_deref(), Ok("42"));
    });
}

#[test]
fn memory_is_bounded() {
    let pool = pool(1);
    let hogs = [
        "const a = []; for (;;) a.push(new Array(1000).fill(1.5))",
        "'x'.repeat(2 ** 28)",
        "new Array(2 ** 26).fill(1.5)",
        "let s = 'x'; for (;;) s += s",
    ];
    for script in hogs {
        let error = run(&pool, script).expect_err("it ends");
        assert!(
            matches!(error.kind, ScriptErrorKind::Limit | ScriptErrorKind::Thrown),
            "{script}: {error:?}"
        );
        assert_eq!(run(&pool, "1 + 1").as_deref(), Ok("2"), "after {script}");
    }
}

/// No script sees how much it had: what a value takes is the engine's affair, and the machine's.
#[test]
fn a_script_that_fills_its_memory_has_nothing_to_catch() {
    let pool = pool(1);
    let catches = [
        "try { 'x'.repeat(2 ** 28) } catch { } 'went on'",
        "let n = 0; const a = [], s = 'x'.repeat(4096); try { for (;; n++) a.push(s.repeat(1024)) } catch { } n",
        "(() => { try { [].concat('x'.repeat(2 ** 27)) } finally { return 'went on' } })()",
        "let n = 0; (async () => { try { await 'x'.repeat(2 ** 27) } catch { n = 1 } })(); n",
        "function* f() { try { yield 'x'.repeat(2 ** 28) } finally { yield 'went on' } } [...f()].join()",
        "[1, 2].map(() => { try { return 'x'.repeat(2 ** 28) } catch { return 'went on' } })",
        "const a = new Map(), s = 'x'.repeat(4096); try { for (let i = 0; ; i++) a.set(i, s.repeat(1024)) } catch { a.clear() } a.size",
    ];
    for script in catches {
        let error = run(&pool, script).expect_err(script);
        assert_eq!(error.kind, ScriptErrorKind::Limit, "{script}: {error}");
        assert_eq!(error.message, "the script takes more memory than it may", "{script}");
    }
    let fits =
        "const s = 'x'.repeat(4096), a = []; for (let n = 0; n < 15; n++) a.push(s.repeat(1024)); a.length";
    assert_eq!(run(&pool, fits).as_deref(), Ok("15"));
}

/// What is joined is one block, which grows to its length.
#[test]
fn what_grows_is_counted_and_what_is_freed_is_given_back() {
    let pool = pool(1);
    let row = "const row = new Array(1024).fill('x'.repeat(1024)).join(''); const join = (n) => new Array(n).fill(row).join('').length;";
    let error = run(&pool, &format!("{row} join(72)")).expect_err("it is more than 64 MiB");
    assert_eq!(error.message, "the script takes more memory than it may");
    let again = run(&pool, &format!("{row} join(24) + join(24) + join(24)"));
    assert_eq!(again.as_deref(), Ok("75497472"), "one after the other");
}

#[test]
fn the_stack_is_bounded() {
    let pool = pool(1);
    let deep = [
        "(function f() { return f() })()".to_owned(),
        // There is nothing to catch, so no script sees how deep its calls went.
        "let n = 0; try { (function f() { n++; f() })() } catch { } n".to_owned(),
        "let n = 0; const f = () => { n++; try { f() } finally { return n } }; f()".to_owned(),
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
    ];
    for script in deep {
        let error = run(&pool, &script).expect_err("it goes too deep");
        assert_eq!(error.kind, ScriptErrorKind::Limit, "{error}");
        assert!(pool.check(&format!("{}1", "(".repeat(100_000))).is_err());
        assert_eq!(run(&pool, "1 + 1").as_deref(), Ok("2"));
    }
}

#[test]
fn what_goes_in_and_comes_out_is_bounded() {
    let pool = pool(1);
    let much = Value::from("x".repeat(16 << 20));
    let error = with(&pool, "a.length", &[much]).expect_err("too much");
    assert_eq!((error.kind, error.message.contains("16 MiB at most")), (ScriptErrorKind::Limit, true));
    let error = run(&pool, "'x'.repeat(17 << 20)").expect_err("too much");
    assert_eq!(error.kind, ScriptErrorKind::Limit, "{error}");
    let error = run(&pool, "let a = 1; for (let i = 0; i < 300; i++) a = [a]; a").expect_err("too deep");
    assert_eq!(
        (error.kind, error.message.contains("deeper than 256")),
        (ScriptErrorKind::Limit, true),
        "{error}"
    );
    assert_eq!(with(&pool, "a.length", &[Value::from("x".repeat(4 << 20))]).as_deref(), Ok("4194304"));
}

#[test]
fn who_waits_too_long_for_a_worker_is_told_so() {
    let config = Config { workers: 1, wait: Duration::ZERO, ..Config::default() };
    let pool = Workers::start(config, command()).expect("the pool starts");
    thread::scope(|scope| {
        let busy = scope.spawn(|| run(&pool, "while (true) {}"));
        while !pool.idle().is_empty() {
            thread::yield_now();
        }
        let error = run(&pool, "1").expect_err("its only worker is busy");
        assert_eq!((error.kind, error.message.contains("busy")), (ScriptErrorKind::Unavailable, true));
        assert!(busy.join().expect("no panic").is_err());
    });
}

#[test]
fn many_threads_share_few_workers() {
    let pool = pool(3);
    thread::scope(|scope| {
        for thread in 0..12 {
            let pool = &pool;
            scope.spawn(move || {
                for turn in 0..8 {
                    let sum = run(pool, &format!("[{thread}, {turn}].reduce((a, b) => a + b)"));
                    assert_eq!(sum, Ok((thread + turn).to_string()));
                }
            });
        }
    });
}

#[test]
fn a_crowd_of_hostile_scripts_ends_and_a_good_one_is_served_after() {
    let pool = pool(2);
    let scripts = hostile();
    thread::scope(|scope| {
        for index in 0..256 {
            let (pool, (name, script)) = (&pool, &scripts[index % scripts.len()]);
            scope.spawn(move || {
                let kept = run(pool, script).err().is_none_or(|error| error.kind != ScriptErrorKind::Syntax);
                assert!(kept, "{name}");
                assert!(pool.idle().len() <= 2);
            });
        }
    });
    assert_eq!(run(&pool, "6 * 7").as_deref(), Ok("42"));
    assert!(children().len() <= 2, "no more processes than workers: {:?}", children());
}

#[test]
fn a_pool_without_workers_does_not_start() {
    for program in ["/bin/false", "/bin/ls", "/nowhere"] {
        let command = Command { program: program.into(), arguments: Vec::new() };
        let error =
            Workers::start(Config { workers: 1, ..Config::default() }, command).expect_err("no worker");
        assert!(error.to_string().starts_with("scripts have no worker: "), "{error}");
    }
    assert!(children().is_empty());
}
