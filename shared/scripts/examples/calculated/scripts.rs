//! Scripts, each in an engine of its own.

use std::time::Duration;

use mapping::{Adapter, Answer, Run, Value};

use crate::{
    cases::{Case, EVERYTHING, LOCAL, adapter, calculations, cases},
    engine::Engine,
    random::Random,
    wire::{Handed, Request},
};

/// An emulator is slow: no script is ended for its time.
const HOUR: Duration = Duration::from_secs(3600);

/// So many expressions are generated.
const EXPRESSIONS: usize = 4_000;

/// `#N` is a number, `#S` a text, `#I` a small whole number, `#B` a large one, `#R` a radix.
const SHAPES: [&str; 92] = [
    "#N + #N",
    "#N - #N",
    "#N * #N",
    "#N / #N",
    "#N % #N",
    "(#N) ** #N",
    "-(#N)",
    "#N * #N + #N",
    "#N * #N - #N * #N",
    "#N / #N + #N * #N",
    "1 / (#N * 0)",
    "#N < #N",
    "#N == #S",
    "Object.is(#N, #N)",
    "#N | 0",
    "#N >>> #I",
    "#N << #I",
    "#N ^ #N",
    "~(#N)",
    "Math.fround(#N)",
    "Math.f16round(#N)",
    "Math.hypot(#N, #N, #N)",
    "Math.sqrt(#N)",
    "Math.clz32(#N)",
    "Math.imul(#N, #N)",
    "Math.round(#N)",
    "Math.trunc(#N)",
    "Math.floor(#N)",
    "Math.max(#N, #N, #N)",
    "Math.min(#N, -0, #N)",
    "Math.sumPrecise([#N, #N, #N])",
    "Math.sin(#N)",
    "Math.cos(#N)",
    "Math.tan(#N)",
    "Math.exp(#N)",
    "Math.log(#N)",
    "Math.log1p(#N)",
    "Math.atan2(#N, #N)",
    "Math.cbrt(#N)",
    "Math.sinh(#N)",
    "(#N).toString(#R)",
    "(#N).toFixed(#I)",
    "(#N).toPrecision(#I + 1)",
    "(#N).toExponential(#I)",
    "String(#N)",
    "Number(#S)",
    "parseFloat(#S)",
    "parseInt(#S, #R)",
    "Number(String(#N)) === #N",
    "#B + #B",
    "#B * #B",
    "#B / (#B + 1n)",
    "#B % (#B + 1n)",
    "(#B) ** 5n",
    "BigInt.asIntN(#I + 1, #B)",
    "BigInt.asUintN(64, -(#B))",
    "#B >> 3n",
    "#B & -(#B)",
    "Number(#B)",
    "(#B).toString(#R)",
    "#B < #N",
    "BigInt(Math.trunc(#N))",
    "#S < #S",
    "#S.localeCompare(#S)",
    "['NFC', 'NFD', 'NFKC', 'NFKD'].map(form => #S.normalize(form)).join()",
    "#S.toUpperCase()",
    "#S.toLowerCase()",
    "[...#S].reverse().join('')",
    "#S.codePointAt(#I)",
    "#S.split('').sort().join().isWellFormed()",
    "encodeURIComponent(#S)",
    "escape(#S)",
    "btoa(escape(#S))",
    "JSON.stringify(#S)",
    "#S.match(/\\p{L}+/gu)",
    "#S.replace(/(.)(.)/gsu, '$2$1')",
    "#S.replace(/[\\p{Lu}\\d]/giv, '_')",
    "/^[\\w\\u00c0-\\u024f]+$/i.test(#S)",
    "[#N, #N, #N, #N, #N].sort().join()",
    "[#N, #N, #N, #N, #N].sort((p, q) => p - q).join()",
    "[#S, #S, #S].sort().join()",
    "Array.from({ length: 40 }, (_, i) => (i * 7919 + #I) % 13).sort((p, q) => p % 3 - q % 3).join()",
    "new Date(#N).toISOString()",
    "new Date(#N).getTime()",
    "Date.UTC(#I * 100, #I, #I, #N)",
    "new Date(#I * 1e11).toString()",
    "new Date(2026, #I, #I, #N).getTime()",
    "Date.parse('2026-0' + #I + '-1' + #I + 'T0#I:00:00+0#I:30')",
    "JSON.stringify([#N, { a: #S, b: [#N] }])",
    "JSON.parse(JSON.stringify({ [#S]: #N, [#S]: 1, [#I]: 2 }))[#I]",
    "Object.keys({ [#S]: 1, [#I]: 2, b: 3, [#S]: 4 }).join()",
    "[new Set([#N, #N, 0 / 0, -(0 / 0)]).size, new Map([[#N, 1]]).get(#N)].join()",
];

pub(crate) fn all(print: &mut impl FnMut(&str, String, String)) {
    for (script, _) in LOCAL {
        print("local", script.to_owned(), run(script, Vec::new()));
    }
    print("globals", String::new(), run(&format!("{EVERYTHING}; [...names].join()"), Vec::new()));
    for (calculates, _) in calculations() {
        // A few numbers for each script: an emulated one is slow.
        for from in (1..=3000).step_by(300) {
            let script = format!(
                "Array.from({{ length: 300 }}, (_, at) => {{ const i = {from} + at; return String({calculates}) }}).join()"
            );
            print("maths", script.clone(), run(&script, Vec::new()));
        }
    }
    for (index, Case { script, values, .. }) in cases().enumerate() {
        let names = ["a", "b", "c"].map(str::to_owned);
        // Every tenth: each takes an engine.
        if index % 10 == 0 {
            let handed = |(name, value): (&String, &Value)| {
                let (name, json) = (name.clone(), value.to_string());
                Handed { name, json, big: index % 20 == 0 }
            };
            let handed = names.iter().zip(&values).map(handed).collect();
            print("worker", script.clone(), run(&format!("({script})"), handed));
        }
        let response = Value::Object(names.into_iter().zip(values).collect());
        print("compiled", script.clone(), compiled(&adapter(&script), response));
    }
    generated(print);
}

fn generated(print: &mut impl FnMut(&str, String, String)) {
    let mut random = Random(20_261_130);
    let expressions: Vec<String> =
        (0..EXPRESSIONS).map(|index| expression(SHAPES[index % SHAPES.len()], &mut random)).collect();
    for some in expressions.chunks(10) {
        let tried = |expression| {
            format!(
                "() => {{ try {{ return String({expression}) }} catch (error) {{ return String(error) }} }}"
            )
        };
        let script =
            format!("[{}].map(each => each())", some.iter().map(tried).collect::<Vec<_>>().join(",\n"));
        print("generated", some.join("\n"), run(&script, Vec::new()));
    }
    for expression in expressions {
        let evaluated = Value::from(format!("${{evaluate:{expression}}}"));
        let text = format!(
            "{{ \"requestMapping\": {{ \"url\": \"https://x.y/\" }}, \"responseMapping\": {evaluated} }}"
        );
        print("compiled", expression, compiled(&text, Value::Null));
    }
}

fn expression(shape: &str, random: &mut Random) -> String {
    let mut pieces = shape.split('#');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (what, rest) = piece.split_at(1);
        out += &match what {
            "N" => random.number(),
            "S" => Value::from(random.text()).to_string(),
            "I" => random.below(10).to_string(),
            "B" => format!("{}n", u128::from(random.next()) * u128::from(random.next() >> random.below(64))),
            _ => (2 + random.below(35)).to_string(),
        };
        out += rest;
    }
    out
}

/// What a worker answers.
fn run(source: &str, values: Vec<Handed>) -> String {
    let engine = Engine::new(HOUR, || std::process::exit(1)).expect("an engine");
    let request =
        Request { check: false, timestamp_ms: 1_795_298_644_120, source: source.to_owned(), values };
    let reply = engine.serve(request);
    // As a worker does: what the script left is nobody's to take down.
    std::mem::forget(engine);
    reply.unwrap_or_else(|error| format!("{error:?}"))
}

/// What an adapter gives that has no engine.
fn compiled(text: &str, response: Value) -> String {
    match Adapter::compile("A", text, None, &()) {
        Err(found) => found.iter().map(|found| found.message.as_str()).collect(),
        Ok(adapter) => {
            let mapped = adapter.map(&Run::default(), &Answer { meta: Value::Null, response });
            mapped.map_or_else(
                |error| error.to_string(),
                |mapped| format!("{} {:?}", mapped.result, mapped.used),
            )
        }
    }
}
