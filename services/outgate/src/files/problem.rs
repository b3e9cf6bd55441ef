//! What is wrong with a file, shown with its place.

use std::{ops::Range, path::Path};

use mapping::Diagnostic;

use crate::failure::Failure;

/// A message that begins with this is about a line that must not be shown: somebody wrote a secret into it.
pub(super) const HIDDEN: &str = "a secret in plain text";

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    file: String,
    place: Option<(usize, usize)>,
    rendered: String,
}

impl Problem {
    /// The file as a whole.
    pub(super) fn of_file(path: &Path, text: &str) -> Self {
        let file = path.display().to_string();
        Self { rendered: format!("{file}: {text}"), file, place: None }
    }

    /// A place in the text of `file`, shown with its line and a caret.
    pub(super) fn at(
        file: &str,
        text: &str,
        span: Range<usize>,
        code: &'static str,
        message: &str,
        help: Option<&str>,
    ) -> Self {
        let mut diagnostic = Diagnostic::error(code, message, text, span);
        diagnostic.help = help.map(str::to_owned);
        if message.starts_with(HIDDEN) {
            let (line, column) = (diagnostic.line, diagnostic.column);
            let help = diagnostic.help.map(|help| format!("\n  = help: {help}")).unwrap_or_default();
            let rendered = format!(
                "error[{code}]: {message}\n --> {file}:{line}:{column} (the line is not shown){help}"
            );
            return Self { file: file.to_owned(), place: Some((line, column)), rendered };
        }
        Self::of_diagnostic(file, text, &diagnostic)
    }

    /// What the mapping language found.
    pub(super) fn of_diagnostic(file: &str, text: &str, diagnostic: &Diagnostic) -> Self {
        Self {
            file: file.to_owned(),
            place: Some((diagnostic.line, diagnostic.column)),
            rendered: diagnostic.render(file, text),
        }
    }
}

/// All problems, as the failure of the command. Its metadata names the first place.
pub(super) fn failure(problems: &[Problem]) -> Failure {
    let texts: Vec<_> = problems.iter().map(|problem| problem.rendered.trim_end()).collect();
    let count = match problems.len() {
        1 => "nothing was sent; a file cannot be used:".to_owned(),
        count => format!("nothing was sent; {count} things are wrong with the files:"),
    };
    let mut failure = Failure::file(format!("{count}\n{}", texts.join("\n\n")));
    if let Some(first) = problems.first() {
        failure = failure.with("file", &first.file);
        if let Some((line, column)) = first.place {
            failure = failure.with("line", line).with("column", column);
        }
    }
    failure
}
