//! Where a secret may end.

use std::ops::Range;

use super::{Compiler, Scope};
use crate::function;
use crate::plan::Plan;
use crate::relaxed::Text;
use crate::section::Stage;

/// Whether a secret may end where an expression stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holes {
    /// In a URL, a header, a body; or in a constant, which is looked at where it is read.
    Allowed,
    /// Nowhere else; the text says where this is, for messages: `"the result"`.
    Forbidden(&'static str),
    /// In an argument of this function, which cannot carry one on.
    Through(&'static str),
}

impl Scope {
    /// A place where a secret may end.
    pub(crate) const fn open(stage: Stage) -> Self {
        Self { stage, holes: Holes::Allowed }
    }

    /// `place`, where no secret may end.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn closed(stage: Stage, place: &'static str) -> Self {
        Self::open(stage).without_holes(place)
    }

    /// The same place, but what is made here goes into `place`, where no secret may end.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn without_holes(self, place: &'static str) -> Self {
        self.narrowed(Holes::Forbidden(place))
    }

    /// The same place, but what is made here goes into an argument of `function`, which no secret can go through.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn through(self, function: &'static str) -> Self {
        self.narrowed(Holes::Through(function))
    }

    #[cfg_attr(test, track_caller)]
    fn narrowed(self, holes: Holes) -> Self {
        #[cfg(test)]
        if crate::tests::rules::is_removed("secret-leak") {
            return self;
        }
        match self.holes {
            Holes::Allowed => Self { holes, ..self },
            Holes::Forbidden(_) | Holes::Through(_) => self,
        }
    }
}

impl Compiler<'_> {
    /// The secret `name` would come to the place that `range` stands in.
    #[cfg_attr(test, track_caller)]
    pub(super) fn taint(&mut self, name: &str, text: &Text, range: &Range<usize>, scope: Scope) {
        #[cfg(test)]
        if crate::tests::rules::is_removed("secret-leak") {
            return;
        }
        let (message, help) = match scope.holes {
            Holes::Allowed => return,
            Holes::Forbidden(place) => (
                format!("the secret `{name}` would end in {place}"),
                "a secret may end only in the URL, a header or the body of the request".to_owned(),
            ),
            Holes::Through(function) => (
                format!("the secret `{name}` cannot go through `{function}`"),
                format!("secrets go through {}", function::carriers()),
            ),
        };
        self.error("secret-leak", message, text, range, Some(help));
    }

    /// As [`Self::taint`], for a plan that may give a secret.
    #[cfg_attr(test, track_caller)]
    pub(super) fn taint_of(&mut self, plan: &Plan, text: &Text, range: &Range<usize>, scope: Scope) {
        if matches!(scope.holes, Holes::Allowed) {
            return;
        }
        if let Some(name) = self.constants.hole_under(plan, &[]).map(str::to_owned) {
            self.taint(&name, text, range, scope);
        }
    }
}
