//! What is wrong with a text, where, and what to do about it.

mod codes;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::position;

pub use codes::{CODES, Code, Example};

/// Byte offsets into a text: from, to.
pub type Span = Range<usize>;

/// How much a [`Diagnostic`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// The text can be used; its author should look at this.
    Warning,
}

/// One thing found in a text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A short name for what was found, stable over releases: `unknown-function`.
    pub code: &'static str,
    /// Whether the text can be used all the same.
    pub severity: Severity,
    /// What was found, and what was expected.
    pub message: String,
    /// Where, in bytes.
    pub span: Span,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What to do, where it is known.
    pub help: Option<String>,
    /// The text it was found in, when that is not the text that was checked but a register it reads.
    pub origin: Option<Origin>,
    /// The places of its text that look like keys; they are masked where the text is shown.
    pub(crate) hidden: Arc<[Span]>,
}

/// A register whose text a [`Diagnostic`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its key.
    pub register: String,
    /// Its text.
    pub text: Arc<str>,
}

impl Diagnostic {
    /// An error at `span` of `text`.
    pub fn error(code: &'static str, message: impl Into<String>, text: &str, span: Span) -> Self {
        Self::new(Severity::Error, code, message.into(), text, span)
    }

    /// A warning at `span` of `text`.
    pub fn warning(code: &'static str, message: impl Into<String>, text: &str, span: Span) -> Self {
        Self::new(Severity::Warning, code, message.into(), text, span)
    }

    pub(crate) fn new(
        severity: Severity,
        code: &'static str,
        message: String,
        text: &str,
        span: Span,
    ) -> Self {
        let (line, column) = position::of(text.as_bytes(), span.start);
        Self { code, severity, message, span, line, column, help: None, origin: None, hidden: Arc::default() }
    }

    /// With a proposal.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether the text cannot be used because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding for people: what, the place, the line, a caret, the proposal. Plain text without colours. What looks like
    /// a key is masked, in whatever finding its line is shown.
    ///
    /// `name` and `text` are those of the text that was checked; a finding in a register it reads is shown there.
    pub fn render(&self, name: &str, text: &str) -> String {
        let (name, text) = match &self.origin {
            Some(origin) => (origin.register.as_str(), &*origin.text),
            None => (name, text),
        };
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let excerpt = Excerpt::around(text, &self.span);
        let shown = mask(excerpt.text, excerpt.start, &self.hidden);
        let path = if excerpt.whole_line {
            name.to_owned()
        } else {
            format!("{name}:{}:{}, in part", self.line, self.column)
        };
        let snippet = Snippet::source(shown)
            .line_start(self.line)
            .path(path)
            .annotation(AnnotationKind::Primary.span(excerpt.span));
        let mut group = level.primary_title(self.message.as_str()).id(self.code).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        Renderer::plain().render(&[group])
    }
}

/// The excerpt that starts at `from` with asterisks over `hidden`, every byte where it was. Of a long one the beginning stays,
/// so that it can be told from others.
fn mask<'a>(text: &'a str, from: usize, hidden: &[Span]) -> Cow<'a, str> {
    const LONG: usize = 16;
    const SHOWN: usize = 4;
    let mut masked = Cow::Borrowed(text);
    let within = |at: usize| floor(text, at.clamp(from, from + text.len()) - from);
    for span in hidden.iter().filter(|span| span.start < from + text.len() && span.end > from) {
        let shown = if span.len() >= LONG { SHOWN } else { 0 };
        let (start, end) = (within(span.start + shown), within(span.end));
        let stars: String =
            text.get(start..end).unwrap_or_default().split_inclusive('\n').map(stars).collect();
        masked.to_mut().replace_range(start..start + stars.len(), &stars);
    }
    masked
}

/// Line breaks stay, so that lines keep their numbers.
fn stars(line: &str) -> String {
    match line.strip_suffix('\n') {
        Some(line) => "*".repeat(line.len()) + "\n",
        None => "*".repeat(line.len()),
    }
}

/// The lines a finding is shown with. A line of a megabyte is cut to what stands around the place.
struct Excerpt<'a> {
    text: &'a str,
    /// Where it starts.
    start: usize,
    span: Span,
    whole_line: bool,
}

impl<'a> Excerpt<'a> {
    const BEFORE: usize = 120;
    const AFTER: usize = 240;

    fn around(text: &'a str, span: &Span) -> Self {
        let from = floor(text, span.start.min(text.len()));
        let start = text[..from].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[from..].find('\n').map_or(text.len(), |newline| from + newline);
        let to = floor(text, span.end.clamp(from, end));
        let (cut_start, cut_end) = (
            floor(text, start.max(from.saturating_sub(Self::BEFORE))),
            floor(text, end.min(from + Self::AFTER)),
        );
        let whole_line = end - start <= Self::BEFORE + Self::AFTER;
        let (start, end) = if whole_line { (start, end) } else { (cut_start, cut_end) };
        Self { text: &text[start..end], start, span: from - start..to.min(end) - start, whole_line }
    }
}

/// The next character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Orders findings by place and drops repetitions and what is beyond counting: a broken text is not worth a thousand messages.
/// Errors and warnings are counted apart, so that no number of warnings hides an error.
pub(crate) fn tidy(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    const MOST: usize = 100;
    let place = |found: &Diagnostic| {
        let register = found.origin.as_ref().map(|origin| origin.register.clone());
        (register, found.span.start, found.span.end, found.code)
    };
    found.sort_by_cached_key(place);
    found.dedup();
    let (mut errors, mut warnings) = (0, 0);
    found.retain(|found| {
        let alike = if found.is_error() { &mut errors } else { &mut warnings };
        *alike += 1;
        *alike <= MOST
    });
    found
}
