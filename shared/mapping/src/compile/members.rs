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

impl Shape {
    /// A member whose key is unknown, and most like `key`.
    fn misspelt<'n>(&self, node: &'n Node, key: &str) -> Option<&'n Member> {
        let members = node.members().unwrap_or_default();
        members.iter().find(|member| {
            !self.knows(&member.key) && suggest::nearest(&member.key, self.known.iter().copied()) == Some(key)
        })
    }

    fn knows(&self, key: &str) -> bool {
        key == "_comment" || self.known.contains(&key)
    }
}

impl Compiler<'_> {
    /// Warns of members that are not known. One that seems to be a missing member, misspelt, is told as that.
    pub(crate) fn unknown_members(&mut self, shape: Shape, node: &Node) {
        let missing = |key: &str| {
            let missing = shape.required.iter().filter(|required| node.member(required).is_none());
            missing.filter_map(|required| shape.misspelt(node, required)).any(|member| member.key == key)
        };
        for member in node.members().unwrap_or_default() {
            if shape.knows(&member.key) || missing(&member.key) {
                continue;
            }
            let message =
                format!("{} has no member `{}`: it is ignored", shape.name, member.key.escape_debug());
            let help = suggest::proposal(&member.key, shape.known.iter().copied());
            self.warn_at("unknown-member", message, &member.key_span, Some(help));
        }
    }

    /// The member `key`, or `None`, and told.
    pub(crate) fn required<'n>(&mut self, shape: Shape, node: &'n Node, key: &str) -> Option<&'n Node> {
        let member = node.member(key);
        if member.is_none() {
            let message = format!("{} needs a member `{key}`", shape.name);
            let (span, help) = match shape.misspelt(node, key) {
                Some(misspelt) => (&misspelt.key_span, Some(format!("did you mean `{key}`?"))),
                None => (&node.span, None),
            };
            self.error_at("member-missing", message, span, help);
        }
        member
    }
}
