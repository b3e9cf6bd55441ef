//! What is calculated: by tests of the pool, and by `examples/calculated.rs` on processors of other kinds.

use mapping::Value;

const NODE: &str = include_str!("../../testdata/node.jsonl");

/// A case of `node.jsonl`, which `compare.mjs` beside it made with Node 20.
pub(crate) struct Case {
    pub(crate) script: String,
    pub(crate) values: Vec<Value>,
    /// JSON, or `error`.
    pub(crate) result: String,
}

pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let case = |line| {
        let case = json(line);
        let member = |key| case.as_object()?.get(key);
        let text = |key| member(key)?.as_str().map(str::to_owned);
        Some(Case {
            script: text("script")?,
            values: member("values")?.as_array()?.to_vec(),
            result: text("result")?,
        })
    };
    NODE.lines().map(move |line| case(line).expect("a case"))
}

/// The script of a case in an adapter: `a`, `b` and `c` are the values.
pub(crate) fn adapter(script: &str) -> String {
    let mut long = String::new();
    let (mut quoted, mut before) = (false, ' ');
    for (at, character) in script.char_indices() {
        quoted ^= character == '\'' && before != '\\';
        let alone = !before.is_alphanumeric()
            && !matches!(before, '.' | '_')
            && script[at + character.len_utf8()..].chars().next().is_none_or(|next| !next.is_alphanumeric());
        match character {
            'a' | 'b' | 'c' if !quoted && alone && character.is_ascii() => {
                long.push_str(&format!("${{currentObject:response.{character}}}"));
            }
            other => long.push(other),
        }
        before = character;
    }
    let script = Value::from(format!("${{evaluate:{long}}}"));
    format!("{{ \"requestMapping\": {{ \"url\": \"https://x.y/\" }}, \"responseMapping\": {script} }}")
}

/// What is calculated for each of 3000 numbers `i`, and the sum that is made of it.
pub(crate) fn calculations() -> Vec<(String, String)> {
    let cases = json(include_str!("../../testdata/maths.json"));
    let case = |case: &Value| {
        let text = |key: &str| case.as_object()?.get(key)?.as_str().map(str::to_owned);
        Some((text("calculates")?, text("sum")?))
    };
    cases.as_array().expect("an array").iter().map(case).collect::<Option<_>>().expect("cases")
}

/// Whatever a script can get at, from the globals and from a value of every kind that is written without their names.
pub(crate) const EVERYTHING: &str = "
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
        Iterator.from({ next() {} }), Iterator.concat?.([]), Iterator.zip?.([[1]]), Array.fromAsync?.([]), Promise.withResolvers(),
        (function () { return arguments })(), error, new Error().stack, import('x'), (tag => tag)`x`, String.raw, new Date(),
    ];
    for (const value of written) { walk(value); walk(Object(value)) }
";

/// What another engine would ask the machine, and what the language leaves open.
pub(crate) const LOCAL: [(&str, &str); 13] = [
    ("typeof Intl", r#""undefined""#),
    (
        "[Array.fromAsync, Iterator.zip, Iterator.zipKeyed].map(it => typeof it).join()",
        r#""undefined,undefined,undefined""#,
    ),
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

pub(crate) fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("JSON")
}
