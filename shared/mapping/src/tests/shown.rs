//! What the tests of the language and of its guide hand in and show; the guide's tests, which have an engine for scripts, are in
//! another crate and take this file from here.

use std::fmt::Write as _;
use std::path::Path;

use crate::{Action, Adapter, Answer, Due, Request, Value};

/// 2026-11-21T22:04:04.120Z.
pub(crate) const NOW: i64 = 1_795_298_644_120;

/// Compares a file that is made from the code with what the code makes; writes it anew with `MAPPING_REWRITE=1`.
pub(crate) fn kept(path: &Path, made: &str) {
    if std::env::var_os("MAPPING_REWRITE").is_some() {
        std::fs::write(path, made).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == made,
        "{}: run the tests with MAPPING_REWRITE=1, and read the difference",
        path.display()
    );
}

pub(crate) fn show_action(due: &Due) -> String {
    match &due.action {
        Action::PatchRegister { key, value } => format!("patch {key} with {value}"),
        Action::SaveSecret { key, value, url } => {
            format!("save {key} = {} for {url}", String::from_utf8_lossy(value.expose()))
        }
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

/// What an adapter reads of an answer: `STATUS [CONTENT-TYPE]`, and the body.
pub(crate) fn read_answer(adapter: &Adapter, argument: &str, body: &str) -> Answer {
    let (status, content_type) = argument.split_once(' ').unwrap_or((argument, "application/json"));
    let status: u64 = status.parse().unwrap();
    let message = if status < 400 { "" } else { "Internal Server Error" };
    Answer {
        meta: Value::from([
            ("error", (status >= 400).into()),
            ("message", message.into()),
            ("status", status.into()),
        ]),
        response: adapter.read(Some(content_type), body.trim_end().as_bytes()).unwrap(),
    }
}
