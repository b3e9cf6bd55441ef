//! minijinja: templates that write JSON, each value escaped by a filter.

use divan::{Bencher, black_box};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Template, Value, context};
use serde_json::value::RawValue;

use crate::sides::{ANSWER, CONSTANTS, INPUT, META, NOW, parse};

const REQUEST: &str = include_str!("../../../../tests/bench/mapping/request.jinja");
const RESULT: &str = include_str!("../../../../tests/bench/mapping/result.jinja");

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.add_filter("rfc3339", crate::by_hand::rfc3339);
    environment.add_template("request", REQUEST).unwrap();
    environment.add_template("result", RESULT).unwrap();
    environment
}

fn value(text: &str) -> Value {
    Value::from(Serde(parse(text)))
}

fn render_request(template: &Template<'_, '_>, constants: &Value, input: Value) -> String {
    template.render(context! { constants => constants, input => input }).unwrap()
}

fn render_result(template: &Template<'_, '_>) -> String {
    let text = template.render(context! { meta => value(META), response => value(ANSWER), timestamp => NOW });
    checked(text.unwrap())
}

/// A template gives text: whether it is JSON has to be looked at.
fn checked(text: String) -> String {
    serde_json::from_str::<&RawValue>(&text).unwrap();
    text
}

#[divan::bench]
fn minijinja_compile(bencher: Bencher) {
    bencher.bench_local(|| drop(black_box(environment())));
}

#[divan::bench]
fn minijinja_request(bencher: Bencher) {
    let environment = environment();
    let (template, constants) = (environment.get_template("request").unwrap(), value(CONSTANTS));
    let input = value(INPUT);
    bencher.bench_local(|| drop(black_box(render_request(&template, &constants, black_box(input.clone())))));
}

#[divan::bench]
fn minijinja_request_from_bytes(bencher: Bencher) {
    let environment = environment();
    let (template, constants) = (environment.get_template("request").unwrap(), value(CONSTANTS));
    bencher.bench_local(|| {
        drop(black_box(checked(render_request(&template, &constants, value(black_box(INPUT))))));
    });
}

#[divan::bench]
fn minijinja_result(bencher: Bencher) {
    let environment = environment();
    let template = environment.get_template("result").unwrap();
    bencher.bench_local(|| drop(black_box(render_result(&template))));
}

pub(crate) fn request_from_bytes() -> String {
    let environment = environment();
    checked(render_request(&environment.get_template("request").unwrap(), &value(CONSTANTS), value(INPUT)))
}

pub(crate) fn result() -> String {
    render_result(&environment().get_template("result").unwrap())
}
