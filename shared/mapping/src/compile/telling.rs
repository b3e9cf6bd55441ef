//! What is found while compiling.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::Compiler;
use crate::diagnostic::{self, Diagnostic, Origin, Severity, Span};
use crate::expression::Problem;
use crate::relaxed::Text;

impl Compiler<'_> {
    /// An error in a string.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        text: &Text,
        range: &Range<usize>,
        help: Option<String>,
    ) {
        let (range, message) = (range.clone(), message.into());
        self.problem(text, Problem { code, range, message, help, warning: false });
    }

    /// A warning about a string.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        text: &Text,
        range: &Range<usize>,
        help: Option<String>,
    ) {
        let (range, message) = (range.clone(), message.into());
        self.problem(text, Problem { code, range, message, help, warning: true });
    }

    #[cfg_attr(test, track_caller)]
    pub(crate) fn problem(&mut self, text: &Text, problem: Problem) {
        let Problem { code, range, message, help, warning } = problem;
        let span = text.span(range);
        let severity = if warning { Severity::Warning } else { Severity::Error };
        self.tell(severity, code, message, span, help);
    }

    /// An error at a place of the tree.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn error_at(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Span,
        help: Option<String>,
    ) {
        self.tell(Severity::Error, code, message.into(), span.clone(), help);
    }

    /// A warning about a place of the tree.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn warn_at(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: &Span,
        help: Option<String>,
    ) {
        self.tell(Severity::Warning, code, message.into(), span.clone(), help);
    }

    /// How many errors were found so far: what else is wrong with a place may be a consequence.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Everything that was found, in the order of places.
    pub(crate) fn findings(&mut self) -> Vec<Diagnostic> {
        let hidden = std::mem::take(&mut self.hidden).into_iter();
        let hidden: HashMap<Option<String>, Arc<[Span]>> =
            hidden.map(|(register, spans)| (register, spans.into())).collect();
        let mut found = diagnostic::tidy(std::mem::take(&mut self.found));
        for finding in &mut found {
            let register = finding.origin.as_ref().map(|origin| origin.register.clone());
            if let Some(spans) = hidden.get(&register) {
                finding.hidden = Arc::clone(spans);
            }
        }
        found
    }

    /// So many of each severity are kept. Beyond that nobody reads on, and finding the line of each takes time.
    const MOST: usize = 200;

    /// Whether no more warnings are kept.
    pub(super) fn is_full_of_warnings(&self) -> bool {
        self.warnings >= Self::MOST
    }

    #[cfg_attr(test, track_caller)]
    fn tell(
        &mut self,
        severity: Severity,
        code: &'static str,
        message: String,
        span: Span,
        help: Option<String>,
    ) {
        #[cfg(test)]
        if crate::tests::rules::is_removed(code) {
            return;
        }
        if self.counts(severity) {
            let found = Diagnostic::new(severity, code, message, &self.source.text, span);
            self.keep(Diagnostic { help, ..found });
        }
    }

    /// Counts what is told; whether it is kept.
    pub(super) fn counts(&mut self, severity: Severity) -> bool {
        let told = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *told += 1;
        *told <= Self::MOST
    }

    pub(super) fn keep(&mut self, mut diagnostic: Diagnostic) {
        if let Some(register) = &self.source.register {
            diagnostic.origin =
                Some(Origin { register: register.clone(), text: Arc::clone(&self.source.text) });
        }
        self.found.push(diagnostic);
    }
}
