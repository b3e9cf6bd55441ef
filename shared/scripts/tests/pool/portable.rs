//! The same bytes on every machine: elementary functions, and whatever else JavaScript leaves open.

use super::{
    cases::{EVERYTHING, LOCAL, calculations},
    *,
};

/// What has glibc take its oldest versions of the functions, as on an old processor; another C library does not know it.
const OLD: &str = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F";

/// The worker on a processor of another kind.
fn elsewhere() -> Workers {
    let worker = env!("CARGO_BIN_EXE_script-worker").into();
    let command = Command { program: "/usr/bin/env".into(), arguments: vec![OLD.into(), worker] };
    let config = Config { workers: 1, wait: Duration::from_secs(60), ..Config::default() };
    Workers::start(config, command).expect("the pool starts")
}

/// The sum over what is calculated, a few numbers for each script: one alone has little time. The digits of a number stand
/// for every bit of it.
fn sum(pool: &Workers, calculates: &str) -> String {
    let add = |sum: String, from: u32| {
        let script = format!(
            "let sum = {sum};
             for (let i = {from}; i < {from} + 500; i++) {{
                 const number = {calculates}, digits = Object.is(number, -0) ? '-0' : String(number);
                 for (let at = 0; at < digits.length; at++) sum = Math.imul(sum ^ digits.charCodeAt(at), 0x01000193);
             }}
             sum"
        );
        run(pool, &script).unwrap_or_else(|error| error.message)
    };
    let sum = (0..6).map(|part| 1 + part * 500).fold("0".to_owned(), add);
    sum.parse().map_or(sum, |sum: i32| format!("{sum:08x}"))
}

#[test]
fn elementary_functions_have_the_same_digits_on_every_processor() {
    let calculations = calculations();
    assert_eq!(calculations.len(), 23);
    for pool in [pool(1), elsewhere()] {
        for (calculates, expected) in &calculations {
            assert_eq!(&sum(&pool, calculates), expected, "{calculates}");
        }
    }
}

#[test]
fn no_number_is_seen_as_bytes_and_nothing_else_tells_machines_or_moments_apart() {
    let pool = pool(2);
    let script = format!("{EVERYTHING}; [within.size, ...names]");
    let found = run(&pool, &script).expect("it runs");
    let found = json(&found);
    let (within, names) = found.as_array().and_then(|found| found.split_first()).expect("an array");
    assert!(within.to_string().parse().is_ok_and(|within: usize| within > 500), "{within}");
    let names: BTreeSet<&str> = names.iter().filter_map(Value::as_str).collect();
    assert!(
        ["prepareStackTrace", "withResolvers", "codePointAt", "next"].iter().all(|name| names.contains(name))
    );
    let telling = [
        "Int8",
        "Int16",
        "Int32",
        "Int64",
        "Uint8",
        "Uint16",
        "Uint32",
        "Uint64",
        "Float16",
        "Float32",
        "Float64",
        "ArrayBuffer",
        "DataView",
        "TypedArray",
        "BYTES",
        "byteLength",
        "Atomics",
        "WeakRef",
        "Registry",
        "performance",
        "navigator",
        "Intl",
    ];
    let told: Vec<_> = names.iter().filter(|name| telling.iter().any(|part| name.contains(part))).collect();
    assert!(told.is_empty(), "{told:?}");
    for name in ["Float64Array", "Uint8Array", "ArrayBuffer", "DataView"] {
        let error = run(&pool, &format!("new {name}(8)")).expect_err("it is not there");
        assert_eq!(error.message, format!("the script threw a ReferenceError: {name} is not defined"));
    }
}

#[test]
fn nothing_is_local() {
    let pool = pool(2);
    for (script, result) in LOCAL {
        assert_eq!(run(&pool, script).as_deref(), Ok(result), "{script}");
    }
}
