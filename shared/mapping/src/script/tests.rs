//! What scripts give. The results were compared with those of Node 20, but where a comment says otherwise.

mod cost;
mod engine;

use crate::{Adapter, Answer, Environment, Run, Value};

const DATA: &str = r#"{
    "n": 3, "f": 0.10, "big": 12345678901234567890, "s": "ab\"c", "t": true, "e": "", "none": null, "z": 0,
    "list": [1, "two", null], "o": { "k": { "odd key": 5 }, "length": "own" }, "emoji": "a\ud83d\ude00", "num": " 12 "
}"#;

/// `$x` stands for `${currentObject:response.x}`.
fn adapter(script: &str) -> String {
    let names = ["none", "num", "n", "big", "f", "list", "emoji", "e", "s", "t", "z", "o"];
    let long = names.iter().fold(script.to_owned(), |script, name| {
        script.replace(&format!("${name}"), &format!("${{currentObject:response.{name}}}"))
    });
    let mut text = "{ \"requestMapping\": { \"url\": \"https://x.y/\" }, \"responseMapping\": ".to_owned();
    Value::from(format!("${{evaluate:{long}}}")).write_json(&mut text);
    text.push('}');
    text
}

fn compile_with(script: &str, environment: &dyn Environment) -> Result<Adapter, Vec<crate::Diagnostic>> {
    Adapter::compile("A", &adapter(script), None, environment)
}

fn compile(script: &str) -> Result<Adapter, String> {
    compile_with(script, &()).map_err(|found| found[0].code.to_owned())
}

fn compile_among(script: &str, environment: &dyn Environment) -> Result<Adapter, String> {
    compile_with(script, environment).map_err(|found| found[0].render("A", &adapter(script)))
}

fn answer() -> Answer {
    Answer { meta: Value::Null, response: Value::from_json(DATA.as_bytes()).unwrap() }
}

fn eval(script: &str) -> String {
    match compile(script).map(|adapter| adapter.respond(&Run::default(), &answer())) {
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
        (
            "JSON.parse('{\"b\":1.0,\"10\":-0,\"a\":{\"9\":1e2,\"1\":1}}')",
            "{\"10\":0,\"b\":1,\"a\":{\"1\":1,\"9\":100}}",
        ),
        ("1 / JSON.parse('-0') < 0", "true"),
        ("$list", "[1,\"two\",null]"),
        ("'it\\'s \\x41\\u{1F600}\\n'", "\"it's A😀\\n\""),
        ("true ? 'a:b' : 'c'", "\"a:b\""),
        ("$t?.5:1", "0.5"),
        ("-$n + +'4' - -1", "2"),
        ("$none === null", "true"),
        // A whole number that JavaScript alone would round keeps its digits; in quotes it is its text.
        ("$t ? $big : 0", "12345678901234567890"),
        ("$t && $f", "0.1"),
        ("'id-$big'", "\"id-12345678901234567890\""),
        ("$big ? 1 : 2", "1"),
        ("JSON.stringify($big)", "\"12345678901234567890\""),
    ];
    for (script, result) in cases {
        assert_eq!(eval(script), result, "{script}");
    }
}

#[test]
fn the_text_of_values_is_as_in_javascript() {
    let cases = [
        ("$o + 1", "\"[object Object]1\""),
        ("$list == '1,two,'", "true"),
        ("$o === $o", "false"),
        ("String($list)", "\"1,two,\""),
        ("Number($list)", "null"),
        ("Number($list.slice(0, 1)) + 1", "2"),
        ("$o < 1", "false"),
        ("$list > '0'", "true"),
        // A whole number beyond what a double holds is a BigInt.
        ("String($big)", "\"12345678901234567890\""),
        ("$big + ''", "\"12345678901234567890\""),
        ("$big === 1", "false"),
        ("$big === $big", "true"),
        ("typeof $big", "\"bigint\""),
    ];
    for (script, result) in cases {
        assert_eq!(eval(script), result, "{script}");
    }
}

#[test]
fn methods_and_functions() {
    let cases = [
        ("$s.toUpperCase() + ' Äß'.toUpperCase()", "\"AB\\\"C ÄSS\""),
        ("'  a '.trim() + '|' + '  a '.trimStart() + '|' + '  a '.trimEnd()", "\"a|a |  a\""),
        ("'abcabc'.indexOf('c', 3) + 'abc'.lastIndexOf('b')", "6"),
        ("'abc'.includes('') && 'abc'.startsWith('ab') && !'abc'.endsWith('b')", "true"),
        ("'abcdef'.slice(-3, -1) + 'abcdef'.substring(4, 1)", "\"debcd\""),
        ("'a,b,,c'.split(',')", "[\"a\",\"b\",\"\",\"c\"]"),
        ("'abc'.split('')", "[\"a\",\"b\",\"c\"]"),
        ("$list.join('-') + $list.concat([4], 'x').length", "\"1-two-5\""),
        ("$list.at(-2)", "\"two\""),
        ("$list.at(3)", "null"),
        ("$list.includes('two') && $list.indexOf(1) === 0 && $list.indexOf('1') === -1", "true"),
        ("'7'.padStart(3, '0') + 'a'.padEnd(4, 'xy')", "\"007axyx\""),
        ("'ab'.repeat(2) + 'aXbX'.replace('X', '-') + 'aXbX'.replaceAll('X', '')", "\"ababa-bXab\""),
        (
            "(2.5).toFixed(0) + ' ' + (1.005).toFixed(2) + ' ' + (-1.5).toFixed(0) + ' ' + $f.toFixed(3)",
            "\"3 1.00 -2 0.100\"",
        ),
        ("(9.995).toFixed(2) + ' ' + (0.5).toFixed(0) + ' ' + (99.5).toFixed(0)", "\"9.99 1 100\""),
        ("Math.max(1, $n, '2') + Math.min() + Math.round(-0.5)", "null"),
        (
            "[Math.round(2.5), Math.floor(-1.5), Math.ceil(1.2), Math.abs(-3), Math.trunc(-1.7) + 0]",
            "[3,-2,2,3,-1]",
        ),
        ("parseInt('12px') + parseFloat('1.5e1x')", "27"),
        ("Array.isArray($list) && !Array.isArray($o)", "true"),
        ("Object.keys($o)", "[\"k\",\"length\"]"),
        ("JSON.stringify($list) + JSON.stringify($f)", "\"[1,\\\"two\\\",null]0.1\""),
        ("JSON.parse('{\"a\":[1,{}]}').a[1]", "{}"),
        ("({ id: $n, 'b-c': [$t, $none], \"x\": '$e' })", "{\"id\":3,\"b-c\":[true,null],\"x\":\"\"}"),
        ("typeof $none + typeof undefined + typeof $s + typeof $t", "\"objectundefinedstringboolean\""),
        ("$none?.a.b.c ?? 'x'", "\"x\""),
        ("$o?.k?.['odd key']", "5"),
        ("`${currentObject:response.s}: $${currentObject:response.n}`", "\"ab\\\"c: $3\""),
        ("$emoji.slice(1) + $emoji.indexOf('😀')", "\"😀1\""),
    ];
    for (script, result) in cases {
        assert_eq!(eval(script), result, "{script}");
    }
}

#[test]
fn other_shapes_need_an_engine() {
    let shapes = [
        "Math.random()",
        "$list.map(x)",
        "$s.match('a')",
        "x",
        "`a${1}`",
        "[1,,2]",
        "{}",
        "{a:1}",
        "a => 1",
        "1, 2",
        "1; 2",
        "1\n2",
        "2 ** 3",
        "1 & 2",
        "1 | 2",
        "~1",
        "1 << 2",
        "new Date()",
        "/a/",
        "1n",
        "010",
        "1_000",
        "0x10",
        "$o.constructor",
        "this",
        "eval('1')",
        "++$n",
        "x = 1",
        "String",
        "String()",
        "String(1, 2)",
        "1 /* a */",
        "1 instanceof 2",
        "'a' in $o",
        "$o.__proto__",
        "a.b",
        "$n++",
        "...$list",
        "({__proto__: 1})",
        "({a: 1, a: 2})",
        "({1: 2})",
        "({a})",
        "$n`a`",
        "f?.()",
        "void 0",
        "'\\ud800'",
        "while(true){}",
        "(a)=>a",
    ];
    for script in shapes {
        let adapter = compile(script).unwrap_or_else(|code| panic!("{script}: {code}"));
        assert_eq!(adapter.warnings().len(), 1, "{script}");
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
        "'a\nb'",
        "$o.",
        "$o[1",
        ")",
        "String(1",
        "1e",
        "$n $n",
        "`a",
        "[1",
        "({a: 1",
    ];
    for script in broken {
        let code = compile(script).map(|_| "accepted".to_owned()).unwrap_or_else(|code| code);
        assert!(matches!(code.as_str(), "script-syntax" | "unclosed-expression"), "{script}: {code}");
    }
}

#[test]
fn hostile_scripts_end() {
    for script in
        ["(", "!", "-", "1+", "1?", "$o[", "String(", "'", "`${", "{", "[", "/*", "typeof ", "a?.", "({a:"]
    {
        let _ = compile(&script.repeat(10_000));
    }
    let long = format!("1{}", "+1".repeat(10_000));
    assert!(eval(&long).ends_with("no JavaScript engine"));
    let most = "$s.repeat(9e6)";
    assert!(eval(most).ends_with("no JavaScript engine"));
    let doubled = format!("$s.repeat(4000000){}", "+$s.repeat(4000000)".repeat(20));
    assert!(eval(&doubled).contains("the run makes more than"), "{}", eval(&doubled).len());
}
