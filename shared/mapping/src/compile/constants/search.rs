//! Looking for the secrets that a plan may give.

use std::collections::HashSet;

use super::Constants;
use crate::plan::{PathStep, Plan};
use crate::section::Section;

/// The secrets in a plan, or in a place of it, one after the other. What is still to be looked at is a list and no stack of
/// calls: constants read one another, each nested as deep as a text may be.
pub(super) struct Search<'a> {
    constants: &'a Constants,
    /// Each with the place in it that is read, and how many constants were followed to it; the next one last.
    open: Vec<(&'a Plan, &'a [PathStep], usize)>,
    /// The constants that were looked at as a whole, where every secret is looked for and not only the first.
    whole: Option<HashSet<&'a str>>,
    /// Whether all of them were.
    all: bool,
}

impl<'a> Search<'a> {
    /// For the first secret of the place `path` in `plan`.
    pub(super) fn first(constants: &'a Constants, plan: &'a Plan, path: &'a [PathStep]) -> Self {
        Self { constants, open: vec![(plan, path, 0)], whole: None, all: false }
    }

    /// For every secret of `plans`; some are found several times.
    pub(super) fn every(constants: &'a Constants, plans: impl IntoIterator<Item = &'a Plan>) -> Self {
        let open = plans.into_iter().map(|plan| (plan, &[][..], 0)).collect();
        Self { constants, open, whole: Some(HashSet::new()), all: false }
    }

    fn push(&mut self, plans: impl DoubleEndedIterator<Item = &'a Plan>, path: &'a [PathStep], depth: usize) {
        self.open.extend(plans.rev().map(|plan| (plan, path, depth)));
    }

    /// What reads `path` of the constants.
    fn constant(&mut self, path: &'a [PathStep], depth: usize) -> Option<&'a str> {
        /// A place in a constant that is a place in a constant, and so on.
        const DEEPEST: usize = 64;
        let constants = self.constants;
        let (key, rest) = match path {
            [PathStep::Key(key), rest @ ..] => (key.as_str(), rest),
            _ if self.whole.is_none() => return constants.first_secret.as_deref(),
            _ if self.all => return None,
            _ => {
                self.all = true;
                for (name, plan) in &constants.members {
                    self.as_a_whole(name, plan, depth);
                }
                return None;
            }
        };
        let place = *constants.places.get(key)?;
        let secret = constants.secrets[place].as_deref()?;
        let (name, plan) = &constants.members[place];
        if !rest.is_empty() && depth < DEEPEST {
            self.open.push((plan, rest, depth + 1));
            return None;
        }
        if self.whole.is_none() {
            return Some(secret);
        }
        self.as_a_whole(name, plan, depth);
        None
    }

    fn as_a_whole(&mut self, name: &'a str, plan: &'a Plan, depth: usize) {
        if self.whole.as_mut().is_some_and(|whole| whole.insert(name)) {
            self.open.push((plan, &[], depth));
        }
    }

    /// A secret that stands at `path` in `plan` itself; what lies deeper is opened.
    fn look(&mut self, plan: &'a Plan, path: &'a [PathStep], depth: usize) -> Option<&'a str> {
        match (plan, path) {
            (Plan::Secret(name), []) => return Some(name),
            (Plan::Object(members), [PathStep::Key(key), rest @ ..]) => {
                let member = members.iter().find(|(name, _)| name == key.as_str());
                self.push(member.iter().map(|(_, plan)| plan), rest, depth);
            }
            (Plan::Array(items), [PathStep::Key(key), rest @ ..]) => {
                let item = key.index().and_then(|index| items.get(index));
                self.push(item.into_iter(), rest, depth);
            }
            (Plan::Object(members), _) => self.push(members.iter().map(|(_, plan)| plan), &[], depth),
            (Plan::Array(items) | Plan::Concat(items), _) => self.push(items.iter(), &[], depth),
            (Plan::If(branches), _) => self.push([&branches.yes, &branches.no].into_iter(), path, depth),
            // Also where the function lets none through: an argument that may not carry one is an error already.
            (Plan::Apply(apply), _) => self.push(apply.arguments.iter(), &[], depth),
            (Plan::Pick { from, .. } | Plan::Convert { from, .. }, _) => self.open.push((from, &[], depth)),
            (Plan::Shared(plan), _) => self.open.push((plan, path, depth)),
            (Plan::Read { section: Section::Constants, path }, _) => return self.constant(path, depth),
            // Data; a secret in a condition or a script was told where it stands, and a secret has no members.
            (
                Plan::Literal(_)
                | Plan::Secret(_)
                | Plan::Read { .. }
                | Plan::Timestamp
                | Plan::Uuid(_)
                | Plan::IsTrue(_)
                | Plan::Script(_),
                _,
            ) => {}
        }
        None
    }
}

impl<'a> Iterator for Search<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while let Some((plan, path, depth)) = self.open.pop() {
            let names = match plan {
                Plan::Object(members) => members.len(),
                _ => 1,
            };
            if !self.constants.may_look(names) {
                self.open.clear();
                return self.constants.any_secret.as_deref();
            }
            if let Some(secret) = self.look(plan, path, depth) {
                return Some(secret);
            }
        }
        None
    }
}
