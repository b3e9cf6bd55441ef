//! What is known of the secrets that an adapter names: whether they are there, and where each may be sent.

use std::ops::Range;

use super::{Compiler, Source};
use crate::diagnostic::Span;
use crate::environment::Knowledge;
use crate::relaxed::Text;

/// A place that names a secret which is there.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    /// The one origin it may be sent to.
    origin: String,
    span: Span,
    source: Source,
}

impl Compiler<'_> {
    /// The secret `name` stands where one may.
    pub(super) fn mention(&mut self, name: &str, text: &Text, range: &Range<usize>) {
        match self.environment.secret(name) {
            Knowledge::Unknown => {}
            Knowledge::Absent if self.saved.contains(name) => {}
            Knowledge::Absent => {
                let names = if self.may_look() { self.environment.secret_names() } else { Vec::new() };
                let known = self.hint(name, names.iter().map(String::as_str), names.len());
                let help =
                    known.unwrap_or_else(|| "put it first, for the URL it is to be sent to".to_owned());
                self.error("unknown-secret", format!("there is no secret `{name}`"), text, range, Some(help));
            }
            Knowledge::Present(secret) => {
                let Some(origin) = secret.origin else { return };
                if !self.mentions.contains_key(name) {
                    let (span, source) = (text.span(range.clone()), self.source.clone());
                    self.mentions.insert(name.to_owned(), Mention { origin, span, source });
                }
            }
        }
    }

    /// The secrets `names` are sent to `origins` and nowhere else: each is told that may not be sent to any of them, where
    /// it is named first.
    pub(crate) fn secrets_sent(&mut self, names: &[String], origins: &[String]) {
        for name in names {
            let Some(mention) = self.mentions.get(name) else { continue };
            if origins.contains(&mention.origin) {
                continue;
            }
            let Mention { origin, span, source } = mention.clone();
            let message = format!(
                "the secret `{name}` is for `{origin}`, and this request goes to `{}`",
                origins.join("` and `")
            );
            let help = "send it to its own origin, or put a secret for this one".to_owned();
            let outer = std::mem::replace(&mut self.source, source);
            self.error_at("secret-scope", message, &span, Some(help));
            self.source = outer;
        }
    }
}
