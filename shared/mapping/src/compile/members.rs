//! The members of an object whose members are laid down.

use super::Compiler;
use crate::relaxed::{Member, Node};
use crate::suggest;

/// An object whose members are laid down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// What it is, for messages: ``"`requestMapping`"``.
    pub(crate) name: &'static str,
    pub(crate) known: &'static [&'static str],
    pub(crate) required: &'static [&'static str],
}

/// An object, beside what is laid down.
pub(crate) struct Laid<'n> {
    shape: Shape,
    node: &'n Node,
    /// The required members that are missing and seem to be there misspelt.
    misspelt: Vec<(&'static str, &'n Member)>,
}

impl Shape {
    fn knows(&self, key: &str) -> bool {
        key == "_comment" || self.known.contains(&key)
    }
}

impl Compiler<'_> {
    /// Warns of members that are not known. One that seems to be a missing member, misspelt, is told as that.
    pub(crate) fn laid<'n>(&mut self, shape: Shape, node: &'n Node) -> Laid<'n> {
        let mut missing: Vec<&'static str> =
            shape.required.iter().copied().filter(|key| node.member(key).is_none()).collect();
        let mut misspelt = Vec::new();
        for member in node.members().unwrap_or_default().iter().filter(|member| !shape.knows(&member.key)) {
            // Nobody reads on, and seeing what each is most like takes time.
            if missing.is_empty() && self.is_full_of_warnings() {
                break;
            }
            let like = self.known_like(shape, &member.key);
            if let Some(at) = missing.iter().position(|key| like == Some(key)) {
                misspelt.push((missing.remove(at), member));
                continue;
            }
            let message =
                format!("{} has no member `{}`: it is ignored", shape.name, member.key.escape_debug());
            let help = suggest::proposed(like, shape.known.iter().copied());
            self.warn_at("unknown-member", message, &member.key_span, Some(help));
        }
        Laid { shape, node, misspelt }
    }

    /// The known member that is most like `key`, while there is time to look.
    fn known_like(&self, shape: Shape, key: &str) -> Option<&'static str> {
        if !self.may_look() {
            return None;
        }
        self.looked_among(shape.known.len().saturating_mul(Self::ALIKE));
        suggest::nearest(key, shape.known.iter().copied())
    }

    /// The member `key`, or `None`, and told.
    pub(crate) fn required<'n>(&mut self, laid: &Laid<'n>, key: &str) -> Option<&'n Node> {
        let Laid { shape, node, misspelt } = laid;
        let member = node.member(key);
        if member.is_none() {
            let message = format!("{} needs a member `{key}`", shape.name);
            let (span, help) = match misspelt.iter().find(|(missing, _)| *missing == key) {
                Some((_, misspelt)) => (&misspelt.key_span, Some(format!("did you mean `{key}`?"))),
                None => (&node.span, None),
            };
            self.error_at("member-missing", message, span, help);
        }
        member
    }
}
