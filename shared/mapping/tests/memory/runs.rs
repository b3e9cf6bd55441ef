//! Adapters and data that would have a run hold far more than it may make.

use mapping::{Adapter, Answer, Limits, Register, Run, Value};

/// What a run may make here, in bytes.
pub(crate) const LIMIT: usize = 4 << 20;

/// An adapter and the data for it, which together would grow.
pub(crate) struct Growth {
    pub(crate) name: &'static str,
    adapter: Adapter,
    run: Run,
}

impl Growth {
    fn new(name: &'static str, members: &str, input: Value) -> Self {
        let register = |key: &str| match key {
            "ALL" => Some(Register::authored("${currentObject:input}")),
            "KEYS" => Some(Register::authored(format!("{{ \"{}\": {INPUT} }}", "k".repeat(100 << 10)))),
            "MANY" => Some(Register::authored(format!("[{}]", reads(400)))),
            _ => None,
        };
        let adapter = Adapter::compile("A", &format!("{{{members}}}"), None, &register);
        let limits = Limits { output_bytes: LIMIT, ..Limits::RUN };
        Self { name, adapter: adapter.unwrap(), run: Run { input, limits, ..Run::default() } }
    }

    /// What comes of its request and of its result: the first error, if there is one.
    pub(crate) fn carry_out(&self) -> Result<(), String> {
        let made = self.adapter.request(&self.run).map(drop);
        made.and_then(|()| self.adapter.respond(&self.run, &Answer::default()).map(drop))
            .map_err(|error| error.message)
    }
}

fn reads(count: usize) -> String {
    vec!["\"${currentObject:input}\""; count].join(",")
}

fn post(content_type: &str, body: &str) -> String {
    format!(
        r#""requestMapping": {{ "method": "POST", "url": "https://x.y/", "headers": {{ "Content-Type": "{content_type}" }},
            "body": {body} }}"#
    )
}

fn get(members: &str) -> String {
    format!(r#""requestMapping": {{ "url": "https://x.y/", {members} }}"#)
}

fn result(value: &str) -> String {
    format!(r#""requestMapping": {{ "url": "https://x.y/" }}, "responseMapping": {value}"#)
}

fn script(source: &str) -> String {
    result(&Value::from(format!("${{evaluate:{source}}}")).to_string())
}

const INPUT: &str = "\"${currentObject:input}\"";

/// A long name, and many values under it.
fn named_once() -> Value {
    Value::from([("k".repeat(4_000).as_str(), Value::from(vec![Value::from(1_i64); 20_000]))])
}

fn in_root(value: Value) -> Value {
    Value::from([("root", value)])
}

fn long() -> Value {
    Value::from("x".repeat(100 << 10))
}

fn many() -> Value {
    Value::from(vec![Value::from("x".repeat(20)); 5_000])
}

/// Each makes more than it may, and has to be ended before it does.
pub(crate) fn ended() -> Vec<Growth> {
    let form = "application/x-www-form-urlencoded";
    let part = |times: usize| "${currentObject:input}".repeat(times);
    let arguments = |times: usize| vec!["${currentObject:input}"; times].join(",");
    let all = format!("${{joinRegArray:{}}}", vec!["ALL"; 200].join(","));
    vec![
        Growth::new("names of a form", &post(form, INPUT), named_once()),
        Growth::new("names of a query", &get(&format!("\"query\": {INPUT}")), named_once()),
        Growth::new("names of XML", &post("text/xml", INPUT), in_root(named_once())),
        Growth::new("names of parts", &post("multipart/form-data", INPUT), named_once()),
        Growth::new("names of headers", &get(&format!("\"headers\": {{ \"X-Header\": {INPUT} }}")), {
            Value::from(vec![Value::from(1_i64); 100_000])
        }),
        Growth::new(
            "values in a URL",
            &format!(r#""requestMapping": {{ "url": "https://x.y/{}" }}"#, part(400)),
            Value::from(vec![long()]),
        ),
        Growth::new("keys in JSON", &get("\"headers\": { \"H\": \"${base64:${reg:MANY}}\" }"), {
            Value::from([("k".repeat(100 << 10).as_str(), Value::Null)])
        }),
        Growth::new("texts of an array", &texts_of_an_array(), Value::Null),
        Growth::new(
            "keys of registers",
            &result(&format!("[{}]", vec!["\"${reg:KEYS}\""; 400].join(","))),
            Value::Null,
        ),
        Growth::new("arrays of registers", &post("application/json", &format!("[\"{all}\"]")), many()),
        Growth::new("an array of a script", &script(&format!("[{}]", arguments(400))), long()),
        Growth::new("an object of a script", &script(&object(400)), long()),
        Growth::new("values of an array of a script", &script(&format!("[{}]", arguments(400))), many()),
        Growth::new("a text of a script", &script(&format!("''.concat({})", arguments(400))), long()),
        Growth::new("a list of a script", &script(&format!("[].concat({})", arguments(400))), many()),
        Growth::new("a template of a script", &script(&format!("`{}`", part(400))), long()),
        Growth::new("a sum of a script", &script(&arguments(60).replace(',', "+")), long()),
        Growth::new("lists as texts", &script(&format!("''.concat({})", arguments(400))), many()),
    ]
}

fn texts_of_an_array() -> String {
    let text = "x".repeat(100 << 10);
    let reads = vec!["\"${currentObject:constants.text}\""; 400].join(",");
    let headers = get(&format!("\"headers\": {{ \"H\": [{reads}] }}"));
    format!("\"constants\": {{ \"text\": \"{text}{{{{secret:key}}}}\" }}, {headers}")
}

fn object(members: usize) -> String {
    let members: Vec<String> =
        (0..members).map(|index| format!("k{index}: ${{currentObject:input}}")).collect();
    format!("({{{}}})", members.join(","))
}

/// Makes no more than it may, and has to hold no more.
pub(crate) fn made() -> Growth {
    let (open, close) = ("{ \"a\": ".repeat(100), "}".repeat(100));
    let body = format!("{open}\"{{{{secret:key}}}}${{currentObject:input}}\"{close}");
    Growth::new("a secret far within XML", &post("text/xml", &body), Value::from("x".repeat(500 << 10)))
}
