//! The only module that prints.
//!
//! Text is styled where the stream is a terminal and `NO_COLOR` does not say otherwise; `anstream` decides that. A
//! reader that closed its end (`| head`) is no error.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use mapping::Value;

use crate::failure::{Exit, Failure};

/// Titles.
pub(crate) const BOLD: Style = Style::new().bold();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// What is new, or good.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// What is gone, or bad.
pub(crate) const RED: Style = AnsiColor::Red.on_default();
/// What changed, or wants attention.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Text in a style.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Report {
    /// For programs: what `--json` prints. None where the command has printed it already.
    pub(crate) value: Option<Value>,
    /// For people: standard output.
    pub(crate) text: Text,
    /// For people: standard error.
    pub(crate) notes: String,
    /// How the process ends.
    pub(crate) exit: Exit,
}

/// Text for people.
#[derive(Debug)]
pub(crate) enum Text {
    /// Written here; may be styled.
    Own(String),
    /// Written by somebody else: passed on byte for byte, but on a terminal without its control characters.
    Foreign(bytes::Bytes),
}

impl Report {
    /// A command that worked.
    pub(crate) fn new(value: Value, text: impl Into<String>) -> Self {
        Self { value: Some(value), text: Text::Own(text.into()), notes: String::new(), exit: Exit::Success }
    }

    /// A command that has said everything already.
    pub(crate) fn said() -> Self {
        Self { value: None, text: Text::Own(String::new()), notes: String::new(), exit: Exit::Success }
    }
}

/// Where a command's words go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// For people, or for programs.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// A line for people, while the command goes on. Programs do not see it.
    pub(crate) fn line(self, text: &str) {
        if !self.json {
            out(text.as_bytes());
        }
    }

    /// A line for people on standard error, while the command goes on. Programs do not see it.
    pub(crate) fn aside(self, text: &str) {
        if !self.json {
            error(text);
        }
    }

    /// Whether the command is to print one JSON value.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Whether standard output may be given bytes that somebody else wrote: not where `--json` promises one value, nor
    /// where a terminal would obey them.
    pub(crate) fn takes_bytes(self) -> bool {
        !self.json && !io::stdout().is_terminal()
    }

    /// A line for the operator at the terminal, on standard error.
    pub(crate) fn note(self, text: &str) {
        error(text);
    }

    /// The one JSON value, while the command goes on. People do not see it.
    pub(crate) fn value(self, value: &Value) {
        if self.json {
            out(&value.to_json());
        }
    }

    /// Asks for a yes on the terminal. No terminal is a no.
    pub(crate) fn confirm(self, question: &str) -> bool {
        if self.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return false;
        }
        error(&format!("{question} [y/N]"));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// Prints what the command came to.
    pub(crate) fn report(self, report: &Report) -> Exit {
        match (&report.value, self.json) {
            (Some(value), true) => out(&value.to_json()),
            (None, true) => {}
            (_, false) => {
                if !report.notes.is_empty() {
                    error(report.notes.trim_end());
                }
                text(&report.text);
            }
        }
        report.exit
    }

    /// Prints why it did not work.
    pub(crate) fn failure(self, failure: &Failure) -> Exit {
        if self.json {
            out(&failure.to_value().to_json());
        } else {
            error(&format!("{} {}", styled(RED.bold(), "error:"), failure.message().trim_end()));
        }
        failure.exit()
    }
}

fn text(text: &Text) {
    match text {
        Text::Own(text) if text.is_empty() => {}
        Text::Own(text) => out(text.trim_end().as_bytes()),
        Text::Foreign(bytes) if io::stdout().is_terminal() => out(harmless(bytes).as_bytes()),
        Text::Foreign(bytes) => {
            let mut stdout = io::stdout().lock();
            let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
        }
    }
}

/// Text without what a terminal would obey.
fn harmless(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for character in String::from_utf8_lossy(bytes).chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    shown
}

fn out(bytes: &[u8]) {
    let mut stdout = anstream::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush());
}

fn error(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{text}");
}

#[cfg(test)]
mod tests;
