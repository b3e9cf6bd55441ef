//! What is known about `constants` while the rest is compiled.

mod search;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Compiler, Scope};
use crate::plan::{PathStep, Plan};
use crate::relaxed::Node;
use crate::section::Stage;
use crate::value::Value;
use search::Search;

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
    /// The first secret that is named anywhere.
    any_secret: Option<String>,
    /// How many plans and names were looked at for secrets: constants may read one another in great number.
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

    /// A secret was named somewhere.
    pub(super) fn named(&mut self, secret: &str) {
        self.any_secret.get_or_insert_with(|| secret.to_owned());
    }

    /// A secret that `plan`, or the place `path` in it, may give. Where that depends on data, everything possible counts, and
    /// where looking closer would take too long, any secret that is named anywhere.
    pub(crate) fn hole_under<'a>(&'a self, plan: &'a Plan, path: &'a [PathStep]) -> Option<&'a str> {
        Search::first(self, plan, path).next()
    }

    /// Every secret that `plans` may give, once.
    pub(crate) fn holes<'a>(&'a self, plans: impl IntoIterator<Item = &'a Plan>) -> Vec<String> {
        let found: BTreeSet<&str> = Search::every(self, plans).collect();
        found.into_iter().map(str::to_owned).collect()
    }

    /// Takes the time of looking at so many plans or names; whether there is any left.
    fn may_look(&self, many: usize) -> bool {
        /// Each value of the largest adapter once, and many of them again.
        const MOST: usize = 20_000_000;
        self.seen.set(self.seen.get().saturating_add(many));
        #[cfg(test)]
        crate::tests::work::done(many);
        self.seen.get() < MOST
    }

    /// A place in a plan, if it is small and the same on every run.
    fn inline(&self, plan: &Plan, path: &[PathStep]) -> Option<Plan> {
        let Some((step, rest)) = path.split_first() else {
            return size(plan).is_some_and(|size| size <= SMALL).then(|| plan.clone());
        };
        let PathStep::Key(key) = step else { return None };
        match plan.shared() {
            Plan::Literal(value) => inline_value(value, path),
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
        let scope = Scope::open(Stage::Constants);
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

/// A place in a value, if it is small.
fn inline_value(value: &Value, path: &[PathStep]) -> Option<Plan> {
    let mut place = value;
    for step in path {
        let PathStep::Key(key) = step else { return None };
        let Some(inner) = place.step(key) else { return Some(Plan::NULL) };
        place = inner;
    }
    match place {
        Value::Array(_) | Value::Object(_) => None,
        Value::String(text) if text.len() > SMALL => None,
        small => Some(Plan::Literal(small.clone())),
    }
}

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
