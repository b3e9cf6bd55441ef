//! The same bytes on every machine: elementary functions, and whatever else JavaScript leaves open.

use std::fs;

use super::*;

/// What has glibc take its oldest versions of the functions, as on an old processor; another C library does not know it.
const OLD: &str = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F";

/// The worker on a processor of another kind.
fn elsewhere() -> Workers {
    let worker = env!("CARGO_BIN_EXE_script-worker").into();
    let command = Command { program: "/usr/bin/env".into(), arguments: vec![OLD.into(), worker] };
    let config = Config { workers: 1, wait: Duration::from_secs(60), ..Config::default() };
    Workers::start(config, command).expect("the pool starts")
}

/// What is calculated for each of 3000 numbers `i`, and the sum that is made of it.
fn calculations() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/maths.json");
    let cases = json(&fs::read_to_string(path).expect("the cases are there"));
    let case = |case: &Value| {
        let text = |key: &str| case.as_object()?.get(key)?.as_str().map(str::to_owned);
        Some((text("calculates")?, text("sum")?))
    };
    cases.as_array().expect("an array").iter().map(case).collect::<Option<_>>().expect("cases")
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

/// Whatever a script can get at, from the globals and from a value of every kind that is written without their names.
const EVERYTHING: &str = "
    const within = new Set(), names = new Set();
    const walk = value => {
        if (value === null || !['object', 'function'].includes(typeof value) || within.has(value)) return;
        within.add(value);
        if (typeof value === 'function') names.add(value.name);
        walk(Object.getPrototypeOf(value));
        for (const key of Reflect.ownKeys(value)) {
            const { value: is, get, set } = Object.getOwnPropertyDescriptor(value, key);
            names.add(String(key));
            [is, get, set].forEach(walk);
        }
    };
    let error; try { null.x } catch (thrown) { error = thrown }
    Error.prepareStackTrace = (_, sites) => sites;
    const written = [
        globalThis, [], {}, /x/d.exec('x'), 1, '', 1n, true, Symbol(), () => 1, async () => 1, class { #x; static {} },
        function* () {}, async function* () {}, (function* () {})(), (async function* () {})(), (async () => 1)(),
        [].values(), ''[Symbol.iterator](), new Map().keys(), new Set().keys(), 'x'.matchAll(/x/g), [].values().map(x => x),
        Iterator.from({ next() {} }), Iterator.concat?.([]), Iterator.zip?.([[1]]), Array.fromAsync([]), Promise.withResolvers(),
        (function () { return arguments })(), error, new Error().stack, import('x'), (tag => tag)`x`, String.raw, new Date(),
    ];
    for (const value of written) { walk(value); walk(Object(value)) }
";

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
    let cases = [
        ("typeof Intl", r#""undefined""#),
        (
            "(1234567.891).toLocaleString() + 12345678901234567890n.toLocaleString()",
            r#""1234567.89112345678901234567890""#,
        ),
        ("new Date(0).toLocaleString()", r#""01/01/1970, 12:00:00 AM""#),
        ("new Date(1795298644120).toString()", r#""Sat Nov 21 2026 22:04:04 GMT+0000""#),
        ("Date.parse('2026-07-01T12:00')", "1782907200000"),
        (
            "['ä', 'z', 'a', 'Z', 'A\\u0308', 'é'].sort((p, q) => p.localeCompare(q)).join()",
            "\"Z,a,z,A\u{308},ä,é\"",
        ),
        ("'I'.toLocaleLowerCase('tr') + 'i'.toLocaleUpperCase('tr')", r#""iI""#),
        ("'\\u1e9b\\u0323'.normalize('NFKD').length", "3"),
        (
            "Array.from({ length: 600 }, (_, i) => [i % 7, i]).sort(([p], [q]) => p - q).map(([, i]) => i)\
             .every((i, at, all) => at === 0 || i % 7 > all[at - 1] % 7 || i > all[at - 1])",
            "true",
        ),
        (
            "[1e21, 5e-324, 0.1 + 0.2].map(x => x.toString() + ' ' + x.toPrecision(17)).join()",
            r#""1e+21 1.0000000000000000e+21,5e-324 4.9406564584124654e-324,0.30000000000000004 0.30000000000000004""#,
        ),
        (
            "try { (function f(n) { if (n) f(n - 1); else null.x })(1) } catch (e) { e.stack }",
            r#""    at f (authored:1:45)\n    at f (authored:1:36)\n    at <eval> (authored:1:52)\n""#,
        ),
        (
            "const seen = new Set(); for (const k in { b: 1, 10: 1, a: 1, 9: 1 }) seen.add(k); [...seen].join()",
            r#""9,10,b,a""#,
        ),
    ];
    for (script, result) in cases {
        assert_eq!(run(&pool, script).as_deref(), Ok(result), "{script}");
    }
}
