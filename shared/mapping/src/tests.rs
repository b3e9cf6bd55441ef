//! The language as its users meet it: files that hold an adapter, what it is given, and what comes out.
//!
//! `testdata/*.test` has sections that start with `--- name`: `adapter` (or `document`, for relaxed JSON alone),
//! `register KEY`, `layer KEY` (`layer` alone is the adapter's), `input`, `unit`, `tenant`, `constants`,
//! `answer STATUS [CONTENT-TYPE]`, and last `expect`. With `MAPPING_REWRITE=1` in the environment the `expect` sections are
//! written anew; read the difference before keeping it.

mod data_is_data;
mod seeds;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::{Adapter, Answer, Diagnostic, Register, Request, Run, Value, answer, relaxed};

/// 2026-11-21T22:04:04.120Z.
pub(crate) const NOW: i64 = 1_795_298_644_120;

#[test]
fn every_file_gives_what_it_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let rewrite = std::env::var_os("MAPPING_REWRITE").is_some();
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = String::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "test")) {
        let text = std::fs::read_to_string(file).unwrap();
        let case = Case::parse(&text);
        let given = case.run();
        if given == case.expect {
            continue;
        }
        if rewrite {
            let (head, _) = text.split_once("--- expect\n").unwrap_or((&text, ""));
            std::fs::write(file, format!("{head}--- expect\n{given}")).unwrap();
        } else {
            let name = file.file_name().unwrap().to_string_lossy();
            writeln!(wrong, "=== {name} expects\n{}\n=== and gives\n{given}", case.expect).unwrap();
        }
    }
    assert!(files.len() > 10, "the language tests are not where they should be");
    assert!(wrong.is_empty(), "{wrong}");
}

#[derive(Default)]
struct Case {
    adapter: Option<String>,
    document: Option<String>,
    registers: HashMap<String, Register>,
    layers: HashMap<String, Value>,
    run: Run,
    answer: Option<Answer>,
    expect: String,
}

impl Case {
    fn parse(text: &str) -> Self {
        let mut case = Self { run: Run { timestamp_ms: NOW, ..Run::default() }, ..Self::default() };
        let (head, expect) = text.split_once("--- expect\n").unwrap_or((text, ""));
        case.expect = expect.to_owned();
        for section in head.split("--- ").skip(1) {
            let (title, body) = section.split_once('\n').unwrap();
            let (kind, argument) = title.split_once(' ').unwrap_or((title, ""));
            let value = || Value::from_json(body.as_bytes()).unwrap();
            match kind {
                "adapter" => case.adapter = Some(body.to_owned()),
                "document" => case.document = Some(body.to_owned()),
                "register" => {
                    case.registers.insert(argument.to_owned(), Register::authored(body));
                }
                "layer" => {
                    case.layers.insert(argument.to_owned(), value());
                }
                "input" => case.run.input = value(),
                "unit" => case.run.unit = value(),
                "tenant" => case.run.tenant = value(),
                "constants" => case.run.constants = value(),
                "answer" => case.answer = Some(parse_answer(argument, body)),
                other => panic!("no section is called `{other}`"),
            }
        }
        case
    }

    fn run(&self) -> String {
        let mut out = String::new();
        if let Some(document) = &self.document {
            match relaxed::parse(document) {
                Ok(document) => writeln!(out, "{}", document.to_value()).unwrap(),
                Err(found) => render(&found, "document", document, &mut out),
            }
        }
        if let Some(text) = &self.adapter {
            let registers = |key: &str| {
                let register = self.registers.get(key)?.clone();
                Some(Register { layer: self.layers.get(key).cloned(), ..register })
            };
            match Adapter::compile("ADAPTER.TEST", text, self.layers.get(""), &registers) {
                Ok(adapter) => self.show(&adapter, text, &mut out),
                Err(found) => render(&found, "ADAPTER.TEST", text, &mut out),
            }
        }
        out
    }

    fn show(&self, adapter: &Adapter, text: &str, out: &mut String) {
        render(adapter.warnings(), "ADAPTER.TEST", text, out);
        match adapter.request(&self.run) {
            Ok(request) => show_request(&request, out),
            Err(error) => writeln!(out, "request error: {error}").unwrap(),
        }
        let Some(answer) = &self.answer else { return };
        let mapped = match adapter.map(&self.run, answer) {
            Ok(mapped) => mapped,
            Err(error) => return writeln!(out, "map error: {error}").unwrap(),
        };
        writeln!(out, "result: {}", mapped.result).unwrap();
        match adapter.actions(&self.run, answer, &mapped) {
            Ok(actions) => {
                actions.iter().for_each(|action| writeln!(out, "action: {}", show_action(action)).unwrap())
            }
            Err(error) => writeln!(out, "action error: {error}").unwrap(),
        }
        match adapter.connector(&self.run, answer, &mapped) {
            Ok(Some(next)) => {
                writeln!(out, "next: {} with {}", next.connectors.join(", "), next.data).unwrap()
            }
            Ok(None) => {}
            Err(error) => writeln!(out, "connector error: {error}").unwrap(),
        }
    }
}

fn show_action(action: &crate::Action) -> String {
    match action {
        crate::Action::PatchRegister { key, value } => format!("patch {key} with {value}"),
        crate::Action::SaveSecret { key, value, url } => format!("save {key} = {value} for {url}"),
    }
}

fn render(found: &[Diagnostic], name: &str, text: &str, out: &mut String) {
    for diagnostic in found {
        writeln!(out, "{}\n", diagnostic.render(name, text)).unwrap();
    }
}

pub(crate) fn show_request(request: &Request, out: &mut String) {
    writeln!(out, "{} {}", request.method, request.url.masked()).unwrap();
    for (name, value) in &request.headers {
        writeln!(out, "{name}: {}", value.masked()).unwrap();
    }
    if let Some(timeout) = request.timeout {
        writeln!(out, "(timeout {timeout:?})").unwrap();
    }
    if let Some(body) = &request.body {
        writeln!(out, "\n{}", body.masked()).unwrap();
    }
}

/// `STATUS [CONTENT-TYPE]`, and the body.
pub(crate) fn parse_answer(argument: &str, body: &str) -> Answer {
    let (status, content_type) = argument.split_once(' ').unwrap_or((argument, "application/json"));
    let status: u64 = status.parse().unwrap();
    let message = if status < 400 { "" } else { "Internal Server Error" };
    Answer {
        meta: Value::from([
            ("error", (status >= 400).into()),
            ("message", message.into()),
            ("status", status.into()),
        ]),
        response: answer::to_value(Some(content_type), body.trim_end().as_bytes()).unwrap(),
    }
}
