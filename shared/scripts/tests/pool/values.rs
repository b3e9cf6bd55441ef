//! What is handed over and comes back.

use super::*;

#[test]
fn values_arrive_as_they_are() {
    let pool = pool(2);
    let value = r#"{"__proto__":{"x":1},"s":"${a} `b` 'c' \"d\" \u2028 \u0000 😀","n":[0.1,-5,1e21],"t":true,"f":null,"":{}}"#;
    let same = r#"{"__proto__":{"x":1},"s":"${a} `b` 'c' \"d\" \u2028 \u0000 😀","n":[0.1,-5,1e+21],"t":true,"f":null,"":{}}"#;
    assert_eq!(with(&pool, "a", &[json(value)]), Ok(json(same).to_string()));
    assert_eq!(
        with(&pool, "a.x === undefined && Object.keys(a)[0] === '__proto__'", &[json(value)]).as_deref(),
        Ok("true")
    );
    // With a large number in it, the value takes another way in.
    let big = format!(r#"[{value},12345678901234567890]"#);
    assert_eq!(with(&pool, "a[0]", &[json(&big)]), Ok(json(same).to_string()));
    assert_eq!(
        with(&pool, "a[0].x === undefined && Object.keys(a[0])[0] === '__proto__'", &[json(&big)]).as_deref(),
        Ok("true")
    );
}

#[test]
fn large_whole_numbers_keep_their_digits() {
    let pool = pool(2);
    let ids = json("[12345678901234567890, -9007199254740993, 9007199254740992, 7]");
    let cases = [
        ("a", "[12345678901234567890,-9007199254740993,9007199254740992,7]"),
        ("a.map(x => typeof x).join()", "\"bigint,bigint,number,number\""),
        ("a[0] + 1n", "12345678901234567891"),
        ("`${a[0]}`", "\"12345678901234567890\""),
        ("JSON.stringify({ id: a[0] })", r#""{\"id\":12345678901234567890}""#),
        ("JSON.stringify(a, (k, v) => v, 1).length", "68"),
        ("({ a: 2n ** 64n, toJSON() { return this.a } })", "18446744073709551616"),
    ];
    for (script, result) in cases {
        assert_eq!(with(&pool, script, std::slice::from_ref(&ids)).as_deref(), Ok(result), "{script}");
    }
    assert_eq!(
        with(&pool, "a[0] + 1", std::slice::from_ref(&ids)).expect_err("mixed").kind,
        ScriptErrorKind::Thrown
    );
    let beyond = json("[1e400, -1e400, 12345678901234567890]");
    assert_eq!(with(&pool, "a", &[beyond]).as_deref(), Ok("[null,null,12345678901234567890]"));
}

/// Many members have an index, whose hashes have keys of the process: it must have them before it is confined.
#[test]
fn an_object_of_many_members_is_handed_over_whatever_is_in_it() {
    let pool = pool(2);
    let members = (0..31).map(|member| format!("\"k{member}\":{member}"));
    let object = format!("{{{},\"big\":12345678901234567890}}", members.collect::<Vec<_>>().join(","));
    assert_eq!(with(&pool, "a", &[json(&object)]), Ok(object));
}

#[test]
fn results_are_json_as_javascript_writes_it() {
    let pool = pool(2);
    let cases = [
        ("undefined", "null"),
        ("0 / 0", "null"),
        ("() => 1", "null"),
        ("-0", "0"),
        ("({ a: undefined, b: () => 1, c: [undefined, NaN, Symbol()] })", "{\"c\":[null,null,null]}"),
        ("new Map([[1, 2]])", "{}"),
        ("new Date(5)", "\"1970-01-01T00:00:00.005Z\""),
        ("[new Number(1), new String('a'), new Boolean(false)]", "[1,\"a\",false]"),
        ("({ b: 1, 2: 1, 1: 1 })", "{\"1\":1,\"2\":1,\"b\":1}"),
        ("{ a: 1 }", "{\"a\":1}"),
        ("{ let a = 2; a * 3 }", "6"),
        ("", "null"),
        ("var x = 5", "null"),
        ("if (true) { 'yes' } else { 'no' }", "\"yes\""),
    ];
    for (script, result) in cases {
        assert_eq!(run(&pool, script).as_deref(), Ok(result), "{script}");
    }
    for script in [
        "'\\ud800'",
        "['a\\udc00']",
        "({ '\\ud800': 1 })",
        "const a = []; a.push(a); a",
        "Promise.resolve(1)",
        "async () => 1; (async () => 1)()",
    ] {
        assert!(run(&pool, script).is_err(), "{script}");
    }
}

#[test]
fn names_cannot_be_set_or_listed() {
    let pool = pool(2);
    for script in [
        "a = 2; a",
        "var a = 2; a",
        "let a = 2; a",
        "function a() {} a",
        "delete globalThis.a; a",
        "globalThis.a = 2; a",
    ] {
        let given = with(&pool, script, &[Value::from(1_i64)]);
        assert!(given.as_deref().is_ok_and(|given| given == "1") || given.is_err(), "{script}: {given:?}");
    }
    assert_eq!(with(&pool, "Object.keys(globalThis).length", &[Value::Null]).as_deref(), Ok("0"));
}

#[test]
fn errors_name_the_place_and_repeat_no_data() {
    let pool = pool(2);
    let secret = json("{\"key\": \"canary-5f3a\", \"canary5f3a\": {}}");
    let scripts = [
        "throw new Error(a.key)",
        "throw a.key",
        "throw new Error('no id in ' + a.key)",
        "a[a.key].x",
        "a.canary5f3a()",
        "null[a.key]",
        "JSON.parse(a.key)",
        "new RegExp('[' + a.key)",
        "BigInt(a.key)",
        "eval(a.key + '(')",
        "throw { name: a.key, message: a.key, stack: 'authored:1:1' + a.key }",
        "throw Object.assign(new Error('x'), { name: a.key })",
        "class E extends Error { get message() { return a.key } } throw new E()",
    ];
    for script in scripts {
        let error = with(&pool, script, std::slice::from_ref(&secret)).expect_err(script);
        assert_eq!(error.kind, ScriptErrorKind::Thrown, "{script}: {error:?}");
        let said = error.message.replace("canary5f3a is not", "");
        assert!(!said.contains("canary") && !said.contains("5f3a"), "{script}: {error}");
    }
    let cases = [
        ("1;\n  null.name", "the script threw a TypeError: cannot read property 'name' of null", "null.name"),
        (
            "const x = 1;\nthrow new RangeError('no such id')",
            "the script threw a RangeError: no such id",
            "RangeError",
        ),
        ("missing + 1", "the script threw a ReferenceError: missing is not defined", "missing"),
    ];
    for (script, message, near) in cases {
        let error = run(&pool, script).expect_err(script);
        assert_eq!(error.message, message);
        let line = |at: usize| script[..at].matches('\n').count();
        assert_eq!(error.at.map(line), script.find(near).map(line), "{script}: {error:?}");
    }
}

#[test]
fn what_is_no_script_is_told_with_its_place() {
    let pool = pool(2);
    for good in [
        "1",
        "let a = 1; a",
        "x.y",
        "{ a: 1 }",
        "{ a }",
        "for (;;) {}",
        "function f() { return 1 } f()",
        "`${1}`",
    ] {
        assert_eq!(pool.check(good), Ok(()), "{good}");
    }
    for (bad, at) in [
        ("1 +", 3),
        ("let a = ;", 8),
        ("{ a: }", 5),
        ("a b", 2),
        ("1;\n)", 3),
        ("return 1", 0),
        ("await 1", 6),
        ("with (a) {}", 0),
        ("010", 0),
    ] {
        let error = pool.check(bad).expect_err(bad);
        assert_eq!((error.kind, error.at), (ScriptErrorKind::Syntax, Some(at)), "{bad}: {error}");
        assert_eq!(pool.check(bad), Err(error), "remembered");
    }
    assert_eq!(run(&pool, "throw 0;").expect_err("it is run").kind, ScriptErrorKind::Thrown);
}
