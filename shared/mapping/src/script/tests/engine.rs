//! What is more than a simple shape: how it is handed to an engine, and what comes back. The engine of these tests tells what
//! it was given; `shared/scripts` runs the real one.

use std::sync::Arc;

use super::{answer, compile, compile_among, compile_with, eval};
use crate::{Environment, Limits, Program, Register, Run, ScriptError, ScriptErrorKind, Scripts, Value};

/// Answers with the program it was given; finds a syntax error at every `@`, and is not to be had for `busy`.
#[derive(Debug)]
struct Recorder;

impl Scripts for Recorder {
    fn check(&self, source: &str) -> Result<(), ScriptError> {
        if source.contains("busy") {
            return Err(ScriptError::new(ScriptErrorKind::Unavailable, "all are busy"));
        }
        match source.find('@') {
            Some(at) => Err(ScriptError {
                at: Some(at),
                ..ScriptError::new(ScriptErrorKind::Syntax, "unexpected `@`")
            }),
            None => Ok(()),
        }
    }

    fn evaluate(&self, program: &Program, values: &[Value], timestamp_ms: i64) -> Result<Value, ScriptError> {
        let source = program.source();
        if let Some(at) = source.find("throw") {
            return Err(ScriptError {
                at: Some(at),
                ..ScriptError::new(ScriptErrorKind::Thrown, "it threw")
            });
        }
        let named = program.names().iter().zip(values).map(|(name, value)| format!(" {name}={value}"));
        Ok(Value::from(format!("{source} with{} at {timestamp_ms}", named.collect::<String>())))
    }
}

/// The program that a script becomes, or the rendered findings.
fn program(script: &str) -> String {
    let run = Run { scripts: Some(Arc::new(Recorder)), ..Run::default() };
    match compile_among(script, &Engine) {
        Ok(adapter) => match adapter.respond(&run, &answer()) {
            Ok(value) => value.as_str().unwrap_or("no text").to_owned(),
            Err(error) => format!("error: {}", error.message),
        },
        Err(found) => found,
    }
}

struct Engine;

impl Environment for Engine {
    fn register(&self, _: &str) -> Option<Register> {
        None
    }

    fn scripts(&self) -> Option<&dyn Scripts> {
        Some(&Recorder)
    }
}

#[test]
fn values_are_handed_over_by_names_that_no_script_has() {
    let cases = [
        ("$list.map(x=>x+$n)", " $0 .map(x=>x+ $1 ) with $0=[1,\"two\",null] $1=3 at 0"),
        ("x=>'<$s>'", "x=> $0  with $0=\"<ab\\\"c>\" at 0"),
        ("x=>'\\x41$n\\u{1F600}'", "x=> $0  with $0=\"A3😀\" at 0"),
        (
            "[...$list,{...$o}]",
            "[... $0 ,{... $1 }] with $0=[1,\"two\",null] $1={\"k\":{\"odd key\":5},\"length\":\"own\"} at 0",
        ),
        ("let $0=1;$n", "let $0=1; $$0  with $$0=3 at 0"),
        (
            "let a={$s:1,'k$n':2,b:'$n'}",
            "let a={[$0]:1,[$1]:2,b: $2 } with $0=\"ab\\\"c\" $1=\"k3\" $2=\"3\" at 0",
        ),
        ("let b=$t?'$n':$z", "let b= $0 ? $1 : $2  with $0=true $1=\"3\" $2=0 at 0"),
        ("return$n", "return $0  with $0=3 at 0"),
        // In a template literal a name and a colon make an expression ours; everything else is JavaScript's.
        ("let c=1;`${c}$n${`${c}`}`", "let c=1;`${c}${$$0}${`${c}`}` with $$0=\"3\" at 0"),
        // A comment and a regular expression are nothing but that, quotes and braces in them included.
        ("a/1;/[/'}]\\//.test($s)", "a/1;/[/'}]\\//.test( $0 ) with $0=\"ab\\\"c\" at 0"),
        ("if(1)/'/.test($s)", "if(1)/'/.test( $0 ) with $0=\"ab\\\"c\" at 0"),
        ("b;// it's ${nothing:x} }\n$n", "b;// it's ${nothing:x} }\n $$0  with $$0=3 at 0"),
        ("c;/* ' $n } */1", "c;/* ' ${currentObject:response.n} } */1 with at 0"),
        ("x=>/a${1}$/", "x=>/a${1}$/ with at 0"),
    ];
    for (script, made) in cases {
        assert_eq!(program(script), made, "{script}");
    }
}

/// Names are longer than any run of `$`: many of them, each as long as a text, would have no end.
#[test]
fn names_are_only_so_long() {
    let signs = |count: usize| program(&format!("x=>'{}'+$n", "$".repeat(count)));
    assert!(signs(64).ends_with(&format!(" with {}0=3 at 0", "$".repeat(65))), "{}", signs(64));
    assert!(signs(65).contains("more than 64 `$` stand side by side"), "{}", signs(65));
}

#[test]
fn the_check_shows_where_a_script_is_none() {
    let place = |script: &str, code: &str| {
        let found = compile_with(script, &Engine).unwrap_err();
        assert_eq!(found[0].code, code, "{script}");
        Some(found[0].column - 1)
    };
    let before =
        "{ \"requestMapping\": { \"url\": \"https://x.y/\" }, \"responseMapping\": \"${evaluate:".len();
    // Behind values, whose names are shorter than what was written.
    let behind = "x=>${currentObject:response.n}+'${currentObject:response.n}'+".len();
    assert_eq!(place("x=>$n+'$n'+@", "script-syntax"), Some(before + behind));
    assert_eq!(place("x.$n", "script-syntax"), Some(before + 2));
    assert_eq!(place("/a$n/", "script-syntax"), Some(before + 2));
    assert_eq!(place("'\\ud800$n'", "script-syntax"), Some(before + 1));
    assert_eq!(place("", "script-syntax"), Some(before));
    assert_eq!(program("$n;\nthrow 1"), "error: it threw (line 2, column 1 of the script)");
}

#[test]
fn what_cannot_be_checked_is_told_and_kept() {
    for (script, environment) in [("busy()", &Engine as &dyn Environment), ("x=>1", &())] {
        let adapter = compile_with(script, environment).unwrap();
        let codes: Vec<_> = adapter.warnings().iter().map(|warning| warning.code).collect();
        assert_eq!(codes, ["script-unchecked"], "{script}");
    }
    assert!(compile_with("x=>1", &Engine).unwrap().warnings().is_empty());
}

#[test]
fn what_the_data_makes_more_than_a_simple_shape_needs_an_engine() {
    let scripts = [
        "$s.foo",
        "$list.foo",
        "$n.x",
        "$big + 1",
        "-$big",
        "$emoji[1]",
        "$emoji.slice(0, 2)",
        "$o['toString']",
        "$o.toUpperCase()",
        "[undefined]",
        "[0 / 0].length",
        "'Ω'.toLowerCase()",
        "JSON.parse('12345678901234567890')",
        "'x'.repeat(-1)",
        "'a'.replace('a', '$&')",
    ];
    for script in scripts {
        let error = eval(script);
        assert!(error.starts_with("error: the script "), "{script}: {error}");
        assert!(error.ends_with("and this run has no JavaScript engine"), "{script}: {error}");
        let given = compile(script)
            .unwrap()
            .respond(&Run { scripts: Some(Arc::new(Recorder)), ..Run::default() }, &answer());
        assert!(given.unwrap().as_str().is_some_and(|program| program.ends_with("at 0")), "{script}");
    }
    for script in ["$none.x", "undefined.x"] {
        assert_eq!(eval(script), "error: the script reads a property of null or undefined");
    }
    // Not evaluated, not an error.
    assert_eq!(eval("$t ? 1 : $none.x"), "1");
    assert_eq!(eval("$t || $none.x"), "true");
}

#[test]
fn what_is_run_whole_uses_fuel_so_that_a_run_has_so_many_alone() {
    let run = |fuel| Run {
        scripts: Some(Arc::new(Recorder)),
        limits: Limits { fuel, ..Limits::RUN },
        ..Run::default()
    };
    let adapter = compile_with("x=>1", &Engine).unwrap();
    assert!(adapter.respond(&run(110_000), &answer()).is_ok());
    let error = adapter.respond(&run(90_000), &answer()).unwrap_err();
    assert_eq!(error.message, "the run takes more than 90000 steps (limit `fuel`)");
    // A simple shape asks nobody.
    assert!(compile_with("1 + 1", &Engine).unwrap().respond(&run(100), &answer()).is_ok());
}
