//! The guide for authors: every fenced block in it is run, its scripts by real workers.
//!
//! The second word of a block's first line says what it is. `adapter` (or `value`, for the body of a request alone) begins a
//! case; `register KEY`, `layer KEY`, `secrets`, `policy`, `integrations`, `input`, `unit`, `tenant`, `constants` and `answer
//! STATUS [CONTENT-TYPE]` say what it is given from there on, as in the language tests; `request`, `gives`, `result`,
//! `actions`, `next`, `error` and `diagnostics` hold what comes out, and are written anew with `MAPPING_REWRITE=1`. `file NAME`,
//! `suite`, `terminal` and `prints` are the commands of the first adapter, which are run where the binary is tested.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests say what they expect, as tests do")]

use std::{path::Path, sync::Arc};

use mapping::{Diagnostic, Run};

use self::known::Known;
use self::shown::{NOW, kept, read_answer, show_action, show_request};
use super::*;

#[path = "../../../mapping/src/tests/known.rs"]
mod known;
#[path = "../../../mapping/src/tests/shown.rs"]
mod shown;

const NAME: &str = "ADAPTER.PERSON-CRM";
const BEFORE_VALUE: &str = r#"{
"requestMapping": { "method": "POST", "url": "https://api.example.com/", "body":
"#;

#[test]
fn every_example_of_the_guide_gives_what_it_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language/guide.md");
    let text = fs::read_to_string(&path).unwrap();
    let scripts: Arc<dyn Scripts> = Arc::new(pool(2));
    let (mut made, mut case, mut outcomes) = (String::new(), Case::default(), 0);
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("```") {
        let (info, after) = after.split_once('\n').unwrap();
        let (body, after) = after.split_once("```\n").expect("every block is closed");
        let (_, kind) = info.split_once(' ').expect("every block says what it is");
        let outcome = case.take(kind, body, &scripts);
        outcomes += usize::from(outcome.is_some());
        let body = outcome.unwrap_or_else(|| body.to_owned());
        made += &format!("{before}```{info}\n{body}```\n");
        rest = after;
    }
    made += rest;
    case.end();
    assert!(outcomes > 20, "the guide has {outcomes} outcomes");
    kept(&path, &made);
}

/// The headings of a page, each with its level and its anchor as GitHub makes it.
fn headings(page: &str) -> Vec<(usize, String)> {
    let outside = page.split("```").step_by(2).flat_map(str::lines);
    let heading = |line: &str| {
        let text = line.trim_start_matches('#').strip_prefix(' ')?;
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        Some((line.len() - text.len() - 1, kept.collect::<String>().to_lowercase().replace(' ', "-")))
    };
    outside.filter(|line| line.starts_with('#')).filter_map(heading).collect()
}

#[test]
fn every_link_leads_somewhere_and_the_contents_lead_to_every_heading() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language");
    let read =
        |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    for name in ["guide.md", "functions.md", "diagnostics.md"] {
        let page = read(name);
        let links = page.split("```").step_by(2).flat_map(|text| text.split("](").skip(1));
        let links: Vec<&str> = links.filter_map(|link| Some(link.split_once(')')?.0)).collect();
        assert!(links.len() > 20, "{name}: {links:?}");
        for link in links.iter().filter(|link| !link.starts_with("https:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let there = if file.is_empty() { page.clone() } else { read(file) };
            let found = anchor.is_empty() || headings(&there).iter().any(|(_, known)| known == anchor);
            assert!(found, "{name}: {link} leads nowhere");
        }
        for (level, anchor) in headings(&page) {
            let listed = links.iter().any(|link| link.strip_prefix('#') == Some(&anchor));
            // The sections of a reference are short, and listed by what is in them.
            assert!(
                listed || level == 1 || (level == 2 && name != "guide.md"),
                "{name}: nothing leads to {anchor}"
            );
        }
    }
}

#[derive(Default)]
struct Case {
    adapter: String,
    known: Known,
    run: Run,
    /// The argument of the block, and the body.
    answer: Option<(String, String)>,
    told: bool,
}

impl Case {
    /// Takes a block in; what should stand in it, if it is an outcome.
    fn take(&mut self, kind: &str, body: &str, scripts: &Arc<dyn Scripts>) -> Option<String> {
        let (kind, argument) = kind.split_once(' ').unwrap_or((kind, ""));
        let value = || Value::from_json(body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
        match kind {
            "adapter" => self.begin(body.to_owned(), scripts),
            "value" => self.begin(format!("{BEFORE_VALUE}{body} }}\n}}"), scripts),
            "register" => {
                self.known.registers.insert(argument.to_owned(), Register::authored(body));
            }
            "layer" => self.known.registers.get_mut(argument).unwrap().layer = Some(value()),
            "secrets" => self.known.secrets = Some(known::secrets(body)),
            "policy" => self.known.policy = Some(known::policy(body)),
            "integrations" => self.known.integrations = Some(known::integrations(body)),
            "input" => self.run.input = value(),
            "unit" => self.run.unit = value(),
            "tenant" => self.run.tenant = value(),
            "constants" => self.run.constants = value(),
            "answer" => self.answer = Some((argument.to_owned(), body.to_owned())),
            "suite" | "terminal" | "prints" | "file" => {}
            "diagnostics" => {
                self.told = true;
                return Some(match self.compile() {
                    Ok(adapter) => render(adapter.warnings(), &self.adapter),
                    Err(found) => render(&found, &self.adapter),
                });
            }
            outcome => return Some(self.outcome(outcome)),
        }
        None
    }

    fn begin(&mut self, adapter: String, scripts: &Arc<dyn Scripts>) {
        self.end();
        let run =
            Run { timestamp_ms: NOW, seed: [7; 16], scripts: Some(Arc::clone(scripts)), ..Run::default() };
        let known = Known { scripts: Some(Arc::clone(scripts)), ..Known::default() };
        *self = Self { adapter, known, run, ..Self::default() };
    }

    /// What the check says of a case must be shown, or there must be nothing.
    fn end(&self) {
        if !self.told && !self.adapter.is_empty() {
            let warnings = self.compile().map(|adapter| render(adapter.warnings(), &self.adapter));
            assert_eq!(warnings.as_deref(), Ok(""), "{}", self.adapter);
        }
    }

    fn compile(&self) -> Result<Adapter, Vec<Diagnostic>> {
        Adapter::compile(NAME, &self.adapter, None, &self.known)
    }

    fn outcome(&self, kind: &str) -> String {
        let adapter = match self.compile() {
            Ok(adapter) => adapter,
            Err(found) => return render(&found, &self.adapter),
        };
        let answer = match &self.answer {
            Some((argument, body)) => read_answer(&adapter, argument, body),
            None => Answer::default(),
        };
        let request = || adapter.request(&self.run).map_err(|error| error.to_string());
        let mapped = || adapter.map(&self.run, &answer).map_err(|error| error.to_string());
        let made = match kind {
            "request" => request().map(|request| {
                let mut out = String::new();
                show_request(&request, &mut out);
                // The lines of multipart end as on the wire; a page has lines of its own.
                out.replace("\r\n", "\n")
            }),
            "gives" => request().map(|request| request.body.unwrap().masked()),
            "result" => mapped().map(|mapped| mapped.result.to_string()),
            "actions" => mapped().map(|mapped| {
                let actions = adapter.actions(&self.run, &answer, &mapped).unwrap().actions;
                actions.iter().map(show_action).collect::<Vec<_>>().join("\n")
            }),
            "next" => {
                mapped().map(|mapped| match adapter.connector(&self.run, &answer, &mapped).unwrap().next {
                    Some(next) => format!("{} with {}", next.connectors.join(", "), next.data),
                    None => "the chain ends".to_owned(),
                })
            }
            "error" => request().and_then(|_| mapped()).map(|_| "no error".to_owned()),
            other => panic!("no block is called `{other}`"),
        };
        let made = made.unwrap_or_else(|error| format!("error: {error}"));
        format!("{}\n", made.trim_end())
    }
}

fn render(found: &[Diagnostic], text: &str) -> String {
    let rendered: Vec<String> = found.iter().map(|found| format!("{}\n", found.render(NAME, text))).collect();
    rendered.join("\n")
}
