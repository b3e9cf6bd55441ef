//! Requests and results of adapters, and answers of every kind.

use mapping::{Adapter, Answer, Register, Run, Value, answer, relaxed};

use crate::random::Random;

/// So many inputs each adapter has, and so many answers are read.
const INPUTS: usize = 150;
const ANSWERS: usize = 6_000;

/// The values of an adapter, over the members of the input: `n` a number, `s` and `t` texts, `l` an array, `d` a time.
const VALUES: &str = r#"{
    "n": "${currentObject:input.n}", "text": "<${currentObject:input.n}|${currentObject:input.l}>",
    "fixed": "${formatNumber:${currentObject:input.n},2,',','.'}", "many": "${formatNumber:${currentObject:input.n},20}",
    "time": "${timestampToDateTime:${currentObject:input.d}}", "now": "${now}", "ms": "${computed:timestamp}",
    "date": "${formatDate:${timestampToDateTime:${currentObject:input.d}}, '%A %d %b %Y %H:%M:%S', Europe/Oslo}",
    "sha": "${hash:sha256,${currentObject:input.s}}", "old": "${hash:sha1,${currentObject:input.t}}",
    "signed": "${hmac:sha512,key,${currentObject:input.s}}", "id": "${uuid}", "b": "${base64:${currentObject:input.s}}",
    "u": "${base64Url:${currentObject:input.t}}", "hex": "${hex:${currentObject:input.s}}", "url": "${urlEncode:${currentObject:input.s}}",
    "lower": "${lower:${currentObject:input.s}}", "upper": "${upper:${currentObject:input.s}}", "trim": "${trim:${currentObject:input.t}}",
    "join": "${join:${currentObject:input.l}, '; '}", "split": "${split:${currentObject:input.t}}",
    "sum": "${evaluate:${currentObject:input.n} * 1.1 + 0.1}", "key": { "${currentObject:input.s}": 1 },
    "all": "${currentObject:input}", "kept": "${reg:KEPT}"
}"#;

const TYPES: [&str; 5] =
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/xml", ""];

/// What answers are made of.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\"",
    "\"b\"",
    "1",
    "-0.0",
    "1e400",
    "12345678901234567890",
    "true",
    "null",
    "\"\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "<a>",
    "</a>",
    "<b x='1'>",
    "</b>",
    "<c/>",
    "&lt;",
    "&#x1F600;",
    "&x;",
    "<!-- c -->",
    "<![CDATA[<]]>",
    "<?xml version='1.0' encoding='iso-8859-2'?>",
    "<!DOCTYPE a>",
    "text",
    "\u{e9}",
    "\u{1f600}",
    "\r\n",
    " ",
    "a=1&b=x+y",
    "&a=%e2%82%ac",
    "%ff",
    "=",
    "// c\n",
    "${currentObject:input}",
];

/// How answers say they are written.
const READ: [&str; 14] = [
    "application/json",
    "application/json; charset=utf-16",
    "text/xml",
    "application/xml; charset=utf-16be",
    "text/plain",
    "application/x-www-form-urlencoded",
    "text/plain; charset=shift_jis",
    "text/plain; charset=windows-1251",
    "text/plain; charset=gb18030",
    "text/plain; charset=utf-16le",
    "text/plain; charset=euc-kr",
    "text/plain; charset=iso-8859-15",
    "application/pdf",
    "",
];

pub(crate) fn all(print: &mut impl FnMut(&str, String, String)) {
    let mut random = Random(4711);
    let registers = |key: &str| {
        (key == "KEPT").then(|| Register::authored("{ \"n\": 1.10, \"now\": \"${now:seconds}\" }"))
    };
    for content_type in TYPES {
        let body =
            if content_type == "text/xml" { format!("{{ \"root\": {VALUES} }}") } else { VALUES.to_owned() };
        let header = if content_type.is_empty() {
            String::new()
        } else {
            format!("\"headers\": {{ \"Content-Type\": \"{content_type}\" }},")
        };
        let text = format!(
            "{{ \"requestMapping\": {{ \"method\": \"POST\", \"url\": \"https://x.y/${{currentObject:input.s}}?q=${{currentObject:input.t}}\",
                \"query\": \"${{currentObject:input}}\", {header} \"body\": {body} }}, \"responseMapping\": {VALUES} }}"
        );
        let adapter = Adapter::compile("A", &text, None, &registers);
        let adapter = adapter.map_err(|found| found[0].render("A", &text)).expect("an adapter");
        for _ in 0..INPUTS {
            one(&adapter, input(&mut random), &mut random, print);
        }
    }
    answers(&mut random, print);
}

fn one(adapter: &Adapter, input: Value, random: &mut Random, print: &mut impl FnMut(&str, String, String)) {
    let given = input.to_string();
    let seed = u128::from(random.next()).to_le_bytes();
    let run = Run { input, timestamp_ms: 1_795_298_644_120, seed, ..Run::default() };
    let request = adapter.request(&run).map_or_else(
        |error| error.to_string(),
        |made| {
            let headers: Vec<_> =
                made.headers.iter().map(|(name, value)| format!("{name}: {}", value.masked())).collect();
            format!(
                "{} {headers:?} {:?} {:?}",
                made.url.masked(),
                made.body.map(|body| body.masked()),
                made.used
            )
        },
    );
    print("request", given.clone(), request);
    let mapped = adapter.map(&run, &Answer::default());
    print(
        "result",
        given,
        mapped.map_or_else(|error| error.to_string(), |made| format!("{} {:?}", made.result, made.used)),
    );
}

fn input(random: &mut Random) -> Value {
    let number = loop {
        let number = random.number();
        if let Ok(number) = Value::from_json(number.as_bytes()) {
            break number;
        }
    };
    let list: Vec<Value> = (0..random.below(4)).map(|_| Value::from(random.text())).collect();
    let time = i64::try_from(random.below(4_000_000_000_000)).expect("a time");
    Value::from([
        ("n", number),
        ("s", random.text().into()),
        ("t", random.text().into()),
        ("l", list.into()),
        ("d", time.into()),
    ])
}

fn answers(random: &mut Random, print: &mut impl FnMut(&str, String, String)) {
    for _ in 0..ANSWERS {
        let content_type = random.pick(&READ);
        let mut body = Vec::new();
        for _ in 0..=random.below(9) {
            match random.below(8) {
                0 => body.extend(random.next().to_le_bytes()),
                1 => body.extend(random.text().encode_utf16().flat_map(u16::to_le_bytes)),
                _ => body.extend(random.pick(&PIECES).bytes()),
            }
        }
        let read = answer::to_value(Some(content_type), &body);
        print(
            content_type,
            format!("{body:?}"),
            read.map_or_else(|error| error.to_string(), |value| value.to_string()),
        );
        if let Ok(text) = str::from_utf8(&body) {
            let read = relaxed::parse(text);
            let told = |found: Vec<mapping::Diagnostic>| {
                found.iter().map(|found| found.render("A", text)).collect::<String>()
            };
            print(
                "authored",
                text.to_owned(),
                read.map_or_else(told, |document| document.to_value().to_string()),
            );
        }
    }
}
