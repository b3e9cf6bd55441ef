//! This crate.

use divan::{Bencher, black_box};
use mapping::{Adapter, Answer, Run, Template, Value};

use crate::sides::{ANSWER, INPUT, META, NOW};

const NAME: &str = "ADAPTER.COMPANY-ACCOUNTANCY";
const TEXT: &str = include_str!("../../../../tests/fixtures/seeds/ADAPTER.COMPANY-ACCOUNTANCY.json");

fn adapter() -> Adapter {
    Adapter::compile(NAME, TEXT, None, &()).unwrap()
}

fn run(input: Value) -> Run {
    Run { input, timestamp_ms: NOW, ..Run::default() }
}

fn value(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap()
}

fn result_of(adapter: &Adapter, run: &Run) -> Vec<u8> {
    let answer = Answer { meta: value(META), response: value(ANSWER) };
    adapter.respond(run, &answer).unwrap().to_json()
}

#[divan::bench]
fn compile(bencher: Bencher) {
    bencher.bench_local(|| drop(black_box(adapter())));
}

#[divan::bench]
fn request(bencher: Bencher) {
    let (adapter, run) = (adapter(), run(value(INPUT)));
    bencher.bench_local(|| drop(black_box(adapter.request(black_box(&run)).unwrap())));
}

#[divan::bench]
fn request_from_bytes(bencher: Bencher) {
    let adapter = adapter();
    bencher.bench_local(|| drop(black_box(adapter.request(&run(value(black_box(INPUT)))).unwrap())));
}

#[divan::bench]
fn result(bencher: Bencher) {
    let (adapter, run) = (adapter(), run(value(INPUT)));
    bencher.bench_local(|| drop(black_box(result_of(&adapter, black_box(&run)))));
}

/// The request as one JSON document, its secret shown by name.
pub(crate) fn shown_request() -> String {
    let request = adapter().request(&run(value(INPUT))).unwrap();
    let headers = request.headers.iter().map(|(name, value)| (name.to_string(), value.masked().into()));
    let body = request.body.as_ref().map(Template::masked).unwrap();
    Value::from([
        ("method", request.method.to_string().into()),
        ("url", request.url.masked().into()),
        ("headers", Value::Object(headers.collect())),
        ("body", value(&body)),
    ])
    .to_string()
}

pub(crate) fn shown_result() -> String {
    String::from_utf8(result_of(&adapter(), &run(value(INPUT)))).unwrap()
}
