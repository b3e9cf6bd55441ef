//! Paths into what the adapter itself makes: a step that cannot be there is null on every run.

use std::ops::Range;

use super::Compiler;
use crate::convert::Type;
use crate::plan::{PathStep, Plan};
use crate::relaxed::Text;
use crate::section::Section;
use crate::suggest;
use crate::value::Value;

/// A step that cannot be there.
struct Missing {
    step: String,
    /// What stands there instead, as a word for messages.
    kind: &'static str,
    /// The steps that can.
    known: Vec<String>,
}

/// The members of `meta`; all but `headers` are single values.
const META: [&str; 7] = ["error", "message", "status", "attempts", "durationMs", "contentType", "headers"];

impl Missing {
    fn new(
        step: &PathStep,
        kind: &'static str,
        known: impl IntoIterator<Item = impl Into<String>>,
    ) -> Option<Self> {
        let PathStep::Key(step) = step else { return None };
        let known = known.into_iter().map(Into::into).collect();
        Some(Self { step: step.as_str().to_owned(), kind, known })
    }

    fn scalar(step: &PathStep, kind: &'static str) -> Option<Self> {
        Self::new(step, kind, [""; 0])
    }
}

impl Compiler<'_> {
    /// Warns of a path into a section that cannot lead anywhere.
    pub(super) fn lint_path(
        &mut self,
        section: Section,
        path: &[PathStep],
        text: &Text,
        range: &Range<usize>,
    ) {
        if !self.may_look() {
            return;
        }
        let place = match section {
            Section::PreResponse if self.pre_response.is_none() => {
                return self.lint_absent("preResponse", "preResponseMapping", text, range);
            }
            Section::ResponseMapping if self.response.is_none() => {
                return self.lint_absent("responseMapping", "responseMapping", text, range);
            }
            Section::Constants => "constants",
            Section::Meta => "meta",
            Section::PreResponse => "preResponse",
            Section::ResponseMapping => "responseMapping",
            Section::Agency => "currentAgency",
            Section::Clan => "currentClan",
            _ => return,
        };
        let Some(missing) = self.missing_in(section, path, 0) else { return };
        let Missing { step, kind, known } = missing;
        self.looked_among(known.len().saturating_mul(Self::ALIKE));
        let message = format!("`{place}` has nothing at `{step}`, there is {kind}: this is null");
        let help = suggest::among(&step, known.iter().map(String::as_str));
        self.warn("unknown-path", message, text, range, help);
    }

    fn lint_absent(&mut self, section: &str, member: &str, text: &Text, range: &Range<usize>) {
        let message = format!("the adapter has no `{member}`, so `{section}` is null");
        self.warn("unknown-path", message, text, range, None);
    }

    /// `depth` counts the sections that were read on the way: constants may read one another in great number.
    fn missing_in(&self, section: Section, path: &[PathStep], depth: usize) -> Option<Missing> {
        const DEPTH: usize = 8;
        match section {
            _ if depth == DEPTH => None,
            Section::Constants => match path {
                // The name of a constant is looked at for itself; an integration may bring others.
                [PathStep::Key(key), rest @ ..] => {
                    self.missing(self.constants.get(key.as_str())?, rest, depth)
                }
                _ => None,
            },
            Section::PreResponse => self.missing(self.pre_response.as_ref()?, path, depth),
            Section::ResponseMapping => self.missing(self.response.as_ref()?, path, depth),
            Section::Meta => missing_in_meta(path),
            Section::Agency | Section::Clan => match path {
                [PathStep::Key(id), step, ..] if id.as_str() == "id" => Missing::scalar(step, "text"),
                _ => None,
            },
            _ => None,
        }
    }

    /// The first step of `path` that is in `plan` on no run.
    fn missing(&self, plan: &Plan, path: &[PathStep], depth: usize) -> Option<Missing> {
        let (step, rest) = path.split_first()?;
        match plan.shared() {
            Plan::Literal(value) => missing_in_value(value, path),
            Plan::Object(members) => {
                let PathStep::Key(key) = step else { return None };
                self.looked_among(members.len());
                match members.iter().find(|(name, _)| name == key.as_str()) {
                    Some((_, member)) => self.missing(member, rest, depth),
                    None => Missing::new(step, "no such member", members.iter().map(|(name, _)| name)),
                }
            }
            Plan::Array(items) => {
                let PathStep::Key(key) = step else { return None };
                match key.index().and_then(|index| items.get(index)) {
                    Some(item) => self.missing(item, rest, depth),
                    None => Missing::scalar(step, "no such element"),
                }
            }
            Plan::Concat(_) | Plan::Secret(_) | Plan::Uuid(_) => Missing::scalar(step, "text"),
            Plan::Apply(apply) if apply.gives_timestamp() => Missing::scalar(step, "text"),
            Plan::Timestamp => Missing::scalar(step, "a number"),
            Plan::IsTrue(_) => Missing::scalar(step, "a boolean"),
            Plan::Convert { kind: Type::Object | Type::Array, .. } => None,
            Plan::Convert { .. } => Missing::scalar(step, "a single value"),
            Plan::If(branches) => {
                self.missing(&branches.no, path, depth).and_then(|_| self.missing(&branches.yes, path, depth))
            }
            Plan::Read { section, path: inner } if !inner.is_empty() => {
                let whole: Vec<PathStep> = inner.iter().chain(path).cloned().collect();
                self.missing_in(*section, &whole, depth + 1)
            }
            _ => None,
        }
    }
}

fn missing_in_value(value: &Value, path: &[PathStep]) -> Option<Missing> {
    let (step, rest) = path.split_first()?;
    let PathStep::Key(key) = step else { return None };
    match (value.step(key), value) {
        (Some(next), _) => missing_in_value(next, rest),
        (None, Value::Object(object)) => Missing::new(step, "no such member", object.keys()),
        (None, Value::Array(_)) => Missing::scalar(step, "no such element"),
        // Null also stands for what was found wrong, and told.
        (None, Value::Null) => None,
        (None, other) => Missing::scalar(step, other.kind()),
    }
}

fn missing_in_meta(path: &[PathStep]) -> Option<Missing> {
    let (first, rest) = path.split_first()?;
    let PathStep::Key(key) = first else { return None };
    match (key.as_str(), rest) {
        ("headers", [_, step, ..]) => Missing::scalar(step, "text"),
        ("headers", _) => None,
        (name, []) if META.contains(&name) => None,
        (name, [step, ..]) if META.contains(&name) => Missing::scalar(step, "a single value"),
        _ => Missing::new(first, "no such member", META),
    }
}
