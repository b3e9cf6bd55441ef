//! The language as its users meet it: files that hold an adapter, what it is given, and what comes out.
//!
//! `testdata/*.test` has sections that start with `--- name`: `adapter` (or `document`, for relaxed JSON alone),
//! `register KEY`, `layer KEY` (`layer` alone is the adapter's), `secrets` (lines `NAME [ORIGIN]`; without this section
//! nothing is known of secrets), `policy` (lines `http`, `PORT` or `FIRST-LAST`), `integrations` (lines `NAME START-OF-URL`),
//! `limits` (lines `NAME NUMBER`, of compiling), `busy` (who runs scripts has no time to look at one), `input`, `unit`, `tenant`, `constants`, `answer STATUS [CONTENT-TYPE]`, and last `expect`. With `MAPPING_REWRITE=1` in the environment the `expect` sections are
//! written anew; read the difference before keeping it.

mod bounds;
mod codes;
mod data_is_data;
mod filled;
mod functions;
mod growth;
mod hostile;
mod known;
mod places;
pub(crate) mod rules;
mod secrets;
mod seeds;
mod shown;
pub(crate) mod work;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use self::known::Known;
pub(crate) use self::shown::{NOW, kept};
use self::shown::{read_answer, show_action, show_request};
use crate::{Adapter, Answer, Diagnostic, Register, Run, Value, relaxed};

#[test]
fn every_file_gives_what_it_expects() {
    let rewrite = std::env::var_os("MAPPING_REWRITE").is_some();
    let files = files();
    let mut wrong = String::new();
    for file in &files {
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

/// The files of language tests.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "test"));
    files.sort();
    files
}

#[derive(Default)]
struct Case {
    adapter: Option<String>,
    document: Option<String>,
    known: Known,
    layers: HashMap<String, Value>,
    run: Run,
    /// The argument of the section, and the body.
    answer: Option<(String, String)>,
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
                    case.known.registers.insert(argument.to_owned(), Register::authored(body));
                }
                "secrets" => case.known.secrets = Some(known::secrets(body)),
                "policy" => case.known.policy = Some(known::policy(body)),
                "limits" => case.known.limits = Some(bounds::limits(body)),
                "busy" => case.known.scripts = Some(std::sync::Arc::new(bounds::Busy)),
                "integrations" => case.known.integrations = Some(known::integrations(body)),
                "layer" => {
                    case.layers.insert(argument.to_owned(), value());
                }
                "input" => case.run.input = value(),
                "unit" => case.run.unit = value(),
                "tenant" => case.run.tenant = value(),
                "constants" => case.run.constants = value(),
                "answer" => case.answer = Some((argument.to_owned(), body.to_owned())),
                other => panic!("no section is called `{other}`"),
            }
        }
        for (key, layer) in &case.layers {
            if let Some(register) = case.known.registers.get_mut(key) {
                register.layer = Some(layer.clone());
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
            match Adapter::compile("ADAPTER.TEST", text, self.layers.get(""), &self.known) {
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
        let Some((argument, body)) = &self.answer else { return };
        let answer = &read_answer(adapter, argument, body);
        let mapped = match adapter.map(&self.run, answer) {
            Ok(mapped) => mapped,
            Err(error) => return writeln!(out, "map error: {error}").unwrap(),
        };
        writeln!(out, "result: {}", mapped.result).unwrap();
        match adapter.actions(&self.run, answer, &mapped) {
            Ok(made) => made
                .actions
                .iter()
                .for_each(|action| writeln!(out, "action: {}", show_action(action)).unwrap()),
            Err(error) => writeln!(out, "action error: {error}").unwrap(),
        }
        match adapter.connector(&self.run, answer, &mapped).map(|made| made.next) {
            Ok(Some(next)) => {
                writeln!(out, "next: {} with {}", next.connectors.join(", "), next.data).unwrap()
            }
            Ok(None) => {}
            Err(error) => writeln!(out, "connector error: {error}").unwrap(),
        }
    }
}

fn render(found: &[Diagnostic], name: &str, text: &str, out: &mut String) {
    for diagnostic in found {
        writeln!(out, "{}\n", diagnostic.render(name, text)).unwrap();
    }
}

/// What any adapter reads of an answer: `STATUS [CONTENT-TYPE]`, and the body.
pub(crate) fn parse_answer(argument: &str, body: &str) -> Answer {
    read_answer(&Adapter::default(), argument, body)
}
