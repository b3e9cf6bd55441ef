//! What scripts give. The results were compared with those of Node 20, but where a comment says otherwise.

use crate::{Adapter, Answer, Run, Value};

const DATA: &str = r#"{
    "n": 3, "f": 0.10, "big": 12345678901234567890, "s": "ab\"c", "t": true, "e": "", "none": null, "z": 0,
    "list": [1, "two", null], "o": { "k": { "odd key": 5 }, "length": "own" }, "emoji": "a\ud83d\ude00", "num": " 12 "
}"#;

/// `$x` stands for `${currentObject:response.x}`.
fn compile(script: &str) -> Result<Adapter, String> {
    let names = ["none", "num", "n", "big", "f", "list", "emoji", "e", "s", "t", "z", "o"];
    let long = names.iter().fold(script.to_owned(), |script, name| {
        script.replace(&format!("${name}"), &format!("${{currentObject:response.{name}}}"))
    });
    let mut text = "{ \"requestMapping\": { \"url\": \"https://x.y/\" }, \"responseMapping\": ".to_owned();
    Value::from(format!("${{evaluate:{long}}}")).write_json(&mut text);
    text.push('}');
    Adapter::compile("A", &text, None, &()).map_err(|found| found[0].code.to_owned())
}

fn eval(script: &str) -> String {
    let answer = Answer { meta: Value::Null, response: Value::from_json(DATA.as_bytes()).unwrap() };
    match compile(script).map(|adapter| adapter.respond(&Run::default(), &answer)) {
        Ok(Ok(value)) => value.to_string(),
        Ok(Err(error)) => format!("error: {}", error.message),
        Err(code) => code,
    }
}

#[test]
fn results() {
    let cases = [
        ("1 + 2 * 3 - 4 / 2 % 2", "7"),
        ("(1 + 2) * 3", "9"),
        ("-5 % 3", "-2"),
        ("1 / 0", "null"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("1e21 + 1", "1e+21"),
        (".5 + 5.", "5.5"),
        ("$n + 1", "4"),
        ("$n + '1'", "\"31\""),
        ("'a' + 1 + 2", "\"a12\""),
        ("1 + 2 + 'a'", "\"3a\""),
        ("'a' + null + undefined + true", "\"anullundefinedtrue\""),
        ("true + true", "2"),
        ("$none + 1", "1"),
        ("undefined + 1", "null"),
        ("$s + '!'", "\"ab\\\"c!\""),
        ("'<$s>'", "\"<ab\\\"c>\""),
        ("'<$none>'", "\"<>\""),
        ("\"$o\"", "\"{\\\"k\\\":{\\\"odd key\\\":5},\\\"length\\\":\\\"own\\\"}\""),
        ("String($f)", "\"0.1\""),
        ("String($t) === 'true' ? 'EXT.ERROR' : 'EXT.OK'", "\"EXT.ERROR\""),
        ("String($none)", "\"null\""),
        ("Number('0x1F') + Number(' 12 ') + Number('')", "43"),
        ("Number('1_0')", "null"),
        ("Number('12px')", "null"),
        ("Number('Infinity') > 1e308", "true"),
        ("Number('infinity')", "null"),
        ("Number(true)", "1"),
        ("Boolean('false')", "true"),
        ("Boolean($e)", "false"),
        ("Boolean($list)", "true"),
        ("!$z && !!$n", "true"),
        ("1 === 1.0", "true"),
        ("'1' === 1", "false"),
        ("'1' == 1", "true"),
        ("null == undefined", "true"),
        ("null === undefined", "false"),
        ("null == 0", "false"),
        ("'' == 0", "true"),
        ("NaN === NaN", "false"),
        ("NaN !== NaN", "true"),
        ("$num == 12", "true"),
        ("$t != 'true'", "true"),
        ("'b' > 'a' && 'B' < 'a'", "true"),
        ("'10' < '9'", "true"),
        ("'10' < 9", "false"),
        ("null >= 0", "true"),
        ("undefined >= 0", "false"),
        ("'\\ud83d\\ude00' < '\\uffff'", "true"),
        ("$z || 'default'", "\"default\""),
        ("$z ?? 'default'", "0"),
        ("$none ?? 'default'", "\"default\""),
        ("($none ?? $z) || 7", "7"),
        ("$t && $n", "3"),
        ("$n > 2 ? $n > 5 ? 'a' : 'b' : 'c'", "\"b\""),
        ("$list.length + $s.length + $emoji.length", "10"),
        ("$list[1]", "\"two\""),
        ("$list[7]", "null"),
        ("$list['1']", "\"two\""),
        ("$s[0]", "\"a\""),
        ("$o.k['odd key']", "5"),
        ("$o.length", "\"own\""),
        ("$o.nothing", "null"),
        ("$o.k", "{\"odd key\":5}"),
        ("$list", "[1,\"two\",null]"),
        ("'it\\'s \\x41\\u{1F600}\\n'", "\"it's A😀\\n\""),
        ("true ? 'a:b' : 'c'", "\"a:b\""),
        ("$t?.5:1", "0.5"),
        ("-$n + +'4' - -1", "2"),
        ("$none === null", "true"),
        // Handed over and untouched, a number keeps its digits; in quotes it is its text. JavaScript alone would round.
        ("$t ? $big : 0", "12345678901234567890"),
        ("$t && $f", "0.10"),
        ("'id-$big'", "\"id-12345678901234567890\""),
        ("$big ? 1 : 2", "1"),
    ];
    for (script, result) in cases {
        assert_eq!(eval(script), result, "{script}");
    }
}

#[test]
fn what_only_the_data_can_decide_is_an_error_of_the_run() {
    let scripts = [
        "$none.x",
        "undefined.x",
        "$n.x",
        "$s.foo",
        "$list.foo",
        "$o + 1",
        "$list == 1",
        "$o === $o",
        "String($o)",
        "Number($list)",
        "$o < 1",
        "String($big)",
        "$big === 1",
        "$big + ''",
        "$emoji[1]",
        "$o['toString']",
    ];
    for script in scripts {
        assert!(eval(script).starts_with("error: the script "), "{script}: {}", eval(script));
    }
    // Not evaluated, not an error.
    assert_eq!(eval("$t ? 1 : $none.x"), "1");
    assert_eq!(eval("$t || $none.x"), "true");
}

#[test]
fn other_shapes_are_refused_by_the_check() {
    let shapes = [
        "Math.max(1)",
        "$list.map(x)",
        "$s.includes('a')",
        "x",
        "`a`",
        "[1]",
        "{}",
        "a => 1",
        "1, 2",
        "1; 2",
        "2 ** 3",
        "1 & 2",
        "1 | 2",
        "~1",
        "1 << 2",
        "typeof 1",
        "new Date()",
        "/a/",
        "1n",
        "010",
        "1_000",
        "0x10",
        "$o?.k",
        "$o.constructor",
        "this",
        "eval('1')",
        "++$n",
        "x = 1",
        "String",
        "// a",
        "1 instanceof 2",
        "'a' in $o",
        "$o.__proto__",
        "a.b",
        "$n++",
        "...$list",
    ];
    for script in shapes {
        assert_eq!(eval(script), "script-shape", "{script}");
    }
    let broken = [
        "",
        "1 +",
        "(1",
        "1)",
        "'a",
        "1 2",
        "'a' 'b'",
        "? 1 : 2",
        "1 ? 2",
        "1 ?? 2 || 3",
        "1 && 2 ?? 3",
        "'\\x4'",
        "'\\u12'",
        "'a\nb'",
        "$o.",
        "$o[1",
        ")",
        "String(1",
        "String()",
        "'\\ud800'",
        "1e",
        "$n $n",
    ];
    for script in broken {
        let code = eval(script);
        assert!(matches!(code.as_str(), "script-syntax" | "unclosed-expression"), "{script}: {code}");
    }
}

#[test]
fn hostile_scripts_end_in_an_error() {
    for script in ["(", "!", "-", "1+", "1?", "$o[", "String(", "'"] {
        assert!(compile(&script.repeat(10_000)).is_err(), "{script}");
    }
    let long = format!("1{}", "+1".repeat(10_000));
    assert_eq!(eval(&long), "script-syntax");
}
