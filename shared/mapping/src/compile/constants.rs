//! What is known about `constants` while the rest is compiled.

use super::{Compiler, Holes, Scope};
use crate::plan::{PathStep, Plan};
use crate::relaxed::Node;
use crate::section::{Section, Stage};
use crate::value::Value;

/// The constants of the adapter: those above, while `constants` itself is compiled; then all of them.
#[derive(Debug, Default)]
pub(crate) struct Constants {
    pub(crate) members: Vec<(String, Plan)>,
    /// Whether an integration may bring others.
    pub(crate) more: bool,
}

impl Constants {
    pub(crate) fn get(&self, key: &str) -> Option<&Plan> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, plan)| plan)
    }

    /// A secret that reading `path` of the constants may give.
    pub(crate) fn hole(&self, path: &[PathStep]) -> Option<&str> {
        match path {
            [PathStep::Key(key), rest @ ..] => self.hole_under(self.get(key.as_str())?, rest),
            _ => self.members.iter().find_map(|(_, plan)| self.hole_under(plan, &[])),
        }
    }

    /// A secret that `plan`, or the place `path` in it, may give. Where that depends on data, everything possible counts.
    pub(crate) fn hole_under<'a>(&'a self, plan: &'a Plan, path: &[PathStep]) -> Option<&'a str> {
        match (plan, path) {
            (Plan::Secret(name), []) => Some(name),
            (Plan::Object(members), [PathStep::Key(key), rest @ ..]) => {
                let (_, member) = members.iter().find(|(name, _)| name == key.as_str())?;
                self.hole_under(member, rest)
            }
            (Plan::Array(items), [PathStep::Key(key), rest @ ..]) => {
                self.hole_under(items.get(key.index()?)?, rest)
            }
            (Plan::Object(members), _) => members.iter().find_map(|(_, plan)| self.hole_under(plan, &[])),
            (Plan::Array(items) | Plan::Concat(items), _) => {
                items.iter().find_map(|plan| self.hole_under(plan, &[]))
            }
            (Plan::If(branches), _) => {
                self.hole_under(&branches.yes, path).or_else(|| self.hole_under(&branches.no, path))
            }
            (Plan::Pick { from, .. }, _) => self.hole_under(from, &[]),
            (Plan::Read { section: Section::Constants, path: inner }, _) => self.hole(inner),
            _ => None,
        }
    }
}

impl Compiler<'_> {
    /// `constants`, member by member: each may read those above it.
    pub(crate) fn constants(&mut self, node: &Node) {
        let Some(members) = node.members() else {
            let message = format!("`constants` is an object, not {}", node.describe());
            return self.error_at("shape", message, &node.span, None);
        };
        let scope = Scope { stage: Stage::Constants, holes: Holes::Allowed };
        for member in members {
            let plan = self.node(&member.value, scope);
            self.constants.members.push((member.key.clone(), plan));
        }
    }

    /// A place in the constants, if it is small and the same on every run: it is put in where it is read.
    pub(super) fn constant(&self, path: &[PathStep]) -> Option<Plan> {
        let (first, rest) = path.split_first()?;
        let PathStep::Key(first) = first else { return None };
        inline(self.constants.get(first.as_str())?, rest)
    }
}

fn inline(plan: &Plan, path: &[PathStep]) -> Option<Plan> {
    let Some((step, rest)) = path.split_first() else {
        return is_small(plan).then(|| plan.clone());
    };
    let PathStep::Key(key) = step else { return None };
    match plan {
        Plan::Literal(value) => match value.step(key) {
            Some(value) => inline(&Plan::Literal(value.clone()), rest),
            None => Some(Plan::NULL),
        },
        Plan::Object(members) => match members.iter().find(|(name, _)| name == key.as_str()) {
            Some((_, member)) => inline(member, rest),
            None => Some(Plan::NULL),
        },
        Plan::Array(items) => inline(items.get(key.index()?)?, rest),
        _ => None,
    }
}

fn is_small(plan: &Plan) -> bool {
    /// A longer text is read where it stands instead of copied to every place that names it.
    const LONGEST: usize = 1024;
    match plan {
        Plan::Literal(Value::String(text)) => text.len() <= LONGEST,
        Plan::Literal(Value::Array(_) | Value::Object(_)) => false,
        Plan::Literal(_) | Plan::Secret(_) => true,
        Plan::Concat(parts) => parts.iter().all(is_small),
        _ => false,
    }
}
