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

/// Scripts that calculate something 3000 times, and the sum that they make of every bit of it.
fn calculations() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/maths.json");
    let cases = json(&fs::read_to_string(path).expect("the cases are there"));
    let case = |case: &Value| {
        let text = |key: &str| case.as_object()?.get(key)?.as_str().map(str::to_owned);
        let script = format!(
            "const double = new Float64Array(1), words = new Uint32Array(double.buffer);
             let sum = 0;
             for (let i = 1; i <= 3000; i++) {{
                 double[0] = {};
                 for (const word of words) sum = Math.imul(sum ^ word, 0x01000193);
             }}
             (sum >>> 0).toString(16).padStart(8, '0')",
            text("calculates")?
        );
        Some((script, format!("{:?}", text("bits")?)))
    };
    cases.as_array().expect("an array").iter().map(case).collect::<Option<_>>().expect("cases")
}

#[test]
fn elementary_functions_have_the_same_bits_on_every_processor() {
    let calculations = calculations();
    assert_eq!(calculations.len(), 23);
    for pool in [pool(1), elsewhere()] {
        for (script, bits) in &calculations {
            assert_eq!(run(&pool, script).as_ref(), Ok(bits), "{script}");
        }
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
