//! What is known about `constants` while the rest is compiled.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Compiler, Holes, Scope};
use crate::plan::{PathStep, Plan};
use crate::relaxed::Node;
use crate::section::{Section, Stage};
use crate::value::Value;

/// The constants of the adapter: those above, while `constants` itself is compiled; then all of them.
#[derive(Debug, Default)]
pub(crate) struct Constants {
    members: Vec<(String, Plan)>,
    /// Where each stands among the members.
    places: HashMap<String, usize>,
    /// A secret that each of the members may give, and the first of those.
    secrets: Vec<Option<String>>,
    first_secret: Option<String>,
    /// Whether an integration may bring others.
    pub(crate) more: bool,
    /// While `constants` is compiled: the one that is being made, and those below it.
    pub(super) open: Option<String>,
    pub(super) later: HashSet<String>,
    /// How deep a secret is being looked for, and how many plans were looked at: constants may read one another in great
    /// number.
    depth: Cell<usize>,
    seen: Cell<usize>,
}

impl Constants {
    pub(crate) fn get(&self, key: &str) -> Option<&Plan> {
        self.places.get(key).map(|place| &self.members[*place].1)
    }

    /// The names of the constants, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| name.as_str())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.members.len()
    }

    /// The constants, in order.
    pub(crate) fn into_members(self) -> Vec<(String, Plan)> {
        self.members
    }

    fn push(&mut self, key: String, plan: Plan) {
        let secret = self.hole_under(&plan, &[]).map(str::to_owned);
        self.first_secret = self.first_secret.take().or_else(|| secret.clone());
        self.secrets.push(secret);
        self.places.insert(key.clone(), self.members.len());
        self.members.push((key, plan));
    }

    /// A secret that reading `path` of the constants may give. Where looking closer would take too long, any counts that
    /// stands in a constant.
    pub(crate) fn hole(&self, path: &[PathStep]) -> Option<&str> {
        const DEEPEST: usize = 64;
        let (key, rest) = match path {
            [PathStep::Key(key), rest @ ..] => (key.as_str(), rest),
            _ => return self.first_secret.as_deref(),
        };
        let place = *self.places.get(key)?;
        let whole = self.secrets[place].as_deref()?;
        let depth = self.depth.get();
        if rest.is_empty() || depth == DEEPEST {
            return Some(whole);
        }
        self.depth.set(depth + 1);
        let found = self.hole_under(&self.members[place].1, rest);
        self.depth.set(depth);
        found
    }

    /// Every secret that `plans` may give, once.
    pub(crate) fn holes<'a>(&'a self, plans: impl IntoIterator<Item = &'a Plan>) -> Vec<String> {
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut open: Vec<&Plan> = plans.into_iter().collect();
        while let Some(plan) = open.pop() {
            match plan {
                Plan::Object(members) => open.extend(members.iter().map(|(_, plan)| plan)),
                Plan::Array(items) | Plan::Concat(items) => open.extend(items),
                Plan::If(branches) => open.extend([&branches.yes, &branches.no]),
                Plan::Apply(apply) => open.extend(&apply.arguments),
                Plan::Read { section: Section::Constants, path } => match path.as_slice() {
                    [PathStep::Key(key)] if seen.insert(key.as_str()) => open.extend(self.get(key.as_str())),
                    [PathStep::Key(_)] => {}
                    path => found.extend(self.hole(path)),
                },
                other => found.extend(self.hole_under(other, &[])),
            }
        }
        found.into_iter().map(str::to_owned).collect()
    }

    /// Takes the time of looking at so many plans or names; whether there is any left.
    fn may_look(&self, many: usize) -> bool {
        /// Each value of the largest adapter once, and many of them again.
        const MOST: usize = 20_000_000;
        self.seen.set(self.seen.get().saturating_add(many));
        self.seen.get() < MOST
    }

    /// A secret that `plan`, or the place `path` in it, may give. Where that depends on data, everything possible counts.
    pub(crate) fn hole_under<'a>(&'a self, plan: &'a Plan, path: &[PathStep]) -> Option<&'a str> {
        if !self.may_look(1) {
            return self.first_secret.as_deref();
        }
        match (plan, path) {
            (Plan::Secret(name), []) => Some(name),
            (Plan::Object(members), [PathStep::Key(key), rest @ ..]) => {
                if !self.may_look(members.len()) {
                    return self.first_secret.as_deref();
                }
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
            // Also where the function lets none through: an argument that may not carry one is an error already.
            (Plan::Apply(apply), _) => apply.arguments.iter().find_map(|plan| self.hole_under(plan, &[])),
            (Plan::Pick { from, .. }, _) => self.hole_under(from, &[]),
            (Plan::Read { section: Section::Constants, path: inner }, _) => self.hole(inner),
            _ => None,
        }
    }

    /// A place in a plan, if it is small and the same on every run.
    fn inline(&self, plan: &Plan, path: &[PathStep]) -> Option<Plan> {
        let Some((step, rest)) = path.split_first() else {
            return size(plan).is_some_and(|size| size <= SMALL).then(|| plan.clone());
        };
        let PathStep::Key(key) = step else { return None };
        match plan {
            Plan::Literal(value) => match value.step(key) {
                Some(value) => self.inline(&Plan::Literal(value.clone()), rest),
                None => Some(Plan::NULL),
            },
            Plan::Object(members) if !self.may_look(members.len()) => None,
            Plan::Object(members) => match members.iter().find(|(name, _)| name == key.as_str()) {
                Some((_, member)) => self.inline(member, rest),
                None => Some(Plan::NULL),
            },
            Plan::Array(items) => self.inline(items.get(key.index()?)?, rest),
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
        self.constants.later = members.iter().map(|member| member.key.clone()).collect();
        for member in members {
            self.constants.later.remove(&member.key);
            self.constants.open = Some(member.key.clone());
            let plan = self.node(&member.value, scope);
            self.constants.push(member.key.clone(), plan);
        }
        self.constants.open = None;
    }

    /// A place in the constants, if it is small and the same on every run: it is put in where it is read.
    pub(super) fn constant(&self, path: &[PathStep]) -> Option<Plan> {
        let (first, rest) = path.split_first()?;
        let PathStep::Key(first) = first else { return None };
        self.constants.inline(self.constants.get(first.as_str())?, rest)
    }
}

/// What is larger is read where it stands instead of copied to every place that names it.
const SMALL: usize = 1024;

/// About how many bytes it takes to copy a plan; none for what is not copied.
fn size(plan: &Plan) -> Option<usize> {
    const NAME: usize = 32;
    match plan {
        Plan::Literal(Value::String(text)) => Some(text.len()),
        Plan::Literal(Value::Array(_) | Value::Object(_)) => None,
        Plan::Literal(_) | Plan::Secret(_) => Some(NAME),
        Plan::Concat(parts) => parts.iter().map(size).sum::<Option<usize>>(),
        _ => None,
    }
}
