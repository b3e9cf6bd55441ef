//! The language that scripts find: the current ECMAScript, and the same every time.

use super::*;

#[test]
fn modern_ecmascript_runs() {
    let pool = pool(2);
    let cases = [
        ("[1, 2, 3].map(x => x * 2).filter(x => x > 2).reduce((a, b) => a + b, 0)", "10"),
        ("const { a, ...rest } = { a: 1, b: 2, c: 3 }; [a, rest, ...[4, 5]]", "[1,{\"b\":2,\"c\":3},4,5]"),
        ("class P { #x = 1; static of() { return new P() } get x() { return this.#x } } P.of().x", "1"),
        ("'2026-11-22'.match(/(?<y>\\d+)-(?<m>\\d+)/).groups.m", "\"11\""),
        ("[...'a1b2'.matchAll(/\\d/g)].map(m => m[0]).join()", "\"1,2\""),
        ("'aXb'.replace(/x/i, m => `<${m}>`)", "\"a<X>b\""),
        ("(2n ** 64n).toString()", "\"18446744073709551616\""),
        ("[1, 2, 3].at(-1) + 'abc'.at(-1)", "\"3c\""),
        ("[[1], [2, [3]]].flat(Infinity).concat([1].flatMap(x => [x, x]))", "[1,2,3,1,1]"),
        ("null ?? undefined?.x?.() ?? 'd'", "\"d\""),
        ("let a = null; a ??= 5; a ||= 6; a &&= 7; a", "7"),
        ("Object.fromEntries(Object.entries({ a: 1 }).map(([k, v]) => [k + k, v + 1]))", "{\"aa\":2}"),
        ("[3, 1, 2].toSorted().concat([1, 2].toReversed(), [9].with(0, 8))", "[1,2,3,2,1,8]"),
        ("[1, 2, 3, 4].findLast(x => x % 2) + [1].findLastIndex(x => x > 1)", "2"),
        ("Object.groupBy([1, 2, 3], x => x % 2 ? 'odd' : 'even')", "{\"odd\":[1,3],\"even\":[2]}"),
        ("Object.hasOwn({ a: 1 }, 'a') && [1, 2].includes(2) && 'abc'.startsWith('b', 1)", "true"),
        ("[...(function* () { yield 1; yield* [2, 3] })()]", "[1,2,3]"),
        ("new Set([1, 1, 2]).size + new Map([[1, 2]]).get(1) + [...new Set('aab')].length", "6"),
        ("try { null.x } catch { 'caught' } finally { }", "\"caught\""),
        ("label: for (const x of [1, 2]) { for (;;) continue label } 'out'", "\"out\""),
        ("((a, b = 2, ...c) => [a, b, c])(1, undefined, 3)", "[1,2,[3]]"),
        ("`a${1 + 1}${`b${3}`}` + String.raw`\\n`", "\"a2b3\\\\n\""),
        ("'x'.padStart(3, 'ab') + 'aaa'.replaceAll('a', 'b') + 1_000", "\"abxbbb1000\""),
        ("Reflect.ownKeys({ a: 1, [Symbol('s')]: 2 }).length + new Proxy({}, { get: () => 5 }).x", "7"),
        ("new Error('x', { cause: 1 }).cause", "1"),
        ("[1, 10, 9].sort() + '|' + [1, 10, 9].sort((a, b) => a - b)", "\"1,10,9|1,9,10\""),
        ("'ÄÖ'.normalize('NFD').length + 'ß'.toUpperCase() + 'İ'.toLowerCase().length", "\"4SS2\""),
        (
            "'a,b'.split(/,/).join('') + encodeURIComponent('ä&') + decodeURIComponent('%20')",
            "\"ab%C3%A4%26 \"",
        ),
        ("/\\p{L}+/u.exec('äöx1')[0] + /(?<=a)b/.test('ab')", "\"äöxtrue\""),
        ("typeof structuredClone", "\"undefined\""),
        ("(function () { return this })() === undefined", "true"),
        (
            "Number.parseFloat('1.5') + Math.hypot(3, 4) + Math.trunc(-1.5) + Number.MAX_SAFE_INTEGER",
            "9007199254740996.0",
        ),
    ];
    for (script, result) in cases {
        let result = result.strip_suffix(".0").unwrap_or(result);
        assert_eq!(run(&pool, script).as_deref(), Ok(result), "{script}");
    }
}

#[test]
fn the_runs_timestamp_is_the_only_clock() {
    let pool = pool(2);
    let cases = [
        ("Date.now()", "1795298644120"),
        ("new Date().toISOString()", "\"2026-11-21T22:04:04.120Z\""),
        ("new Date().getTime() === Date.now() && new Date(Date.now() + 1) > new Date()", "true"),
        ("Date().slice(0, 24)", "\"Sat Nov 21 2026 22:04:04\""),
        ("new Date(2026, 0, 31, 12).toISOString()", "\"2026-01-31T12:00:00.000Z\""),
        ("new Date('2026-01-31T12:00').getTimezoneOffset() + new Date('2026-07-31T12:00').getHours()", "12"),
        (
            "Date.UTC(2026, 0) === Date.parse('2026-01-01') && Date.length === 7 && Date.name === 'Date'",
            "true",
        ),
        ("new Date() instanceof Date && new (class extends Date {})() instanceof Date", "true"),
        (
            "new Date(0).constructor === Date && new (new Date(0).constructor)().getTime() === Date.now()",
            "true",
        ),
        ("Reflect.construct(Date, []).getTime() === Date.now()", "true"),
    ];
    for (script, result) in cases {
        assert_eq!(with(&pool, script, &[]).as_deref(), Ok(result), "{script}");
    }
}

#[test]
fn the_same_script_gives_the_same_bytes() {
    let pool = pool(2);
    let script = "const seen = new Map(); for (const x of a) seen.set(x.k, (seen.get(x.k) ?? 0) + x.v / 3); \
                  ({ out: [...seen].sort(([p], [q]) => p < q ? -1 : 1), now: new Date(), all: Object.entries(a[0]), \
                  error: (() => { try { null.x } catch (e) { return e.stack } })(), hash: a.reduce((h, x) => (h * 31 + x.v) | 0, 7) })";
    let values = [json(r#"[{"k":"b","v":0.1},{"k":"a","v":2},{"k":"b","v":1e-7}]"#)];
    let first = with(&pool, script, &values).expect("it runs");
    for _ in 0..100 {
        assert_eq!(with(&pool, script, &values).as_deref(), Ok(&*first));
    }
    let error = run(&pool, "Math.random()").expect_err("no randomness");
    assert!(error.message.contains("the same result each time"), "{error}");
}
