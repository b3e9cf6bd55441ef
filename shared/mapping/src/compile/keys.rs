//! Literals that look like keys.

use std::cell::OnceCell;
use std::ops::Range;

use super::Compiler;
use crate::credential::{self, Telling};
use crate::expression::{self, Piece};
use crate::limits::Limits;
use crate::relaxed::{Kind, Node, Text};

/// What a proposal calls the secret.
const HELP: &str = "keep it as a secret, and write `{{secret:name}}` here";

/// What a value is called: the key of the member it stands under. What that tells is seen once for all elements of an array.
struct Name<'n> {
    name: &'n str,
    telling: OnceCell<Option<Telling>>,
}

impl<'n> Name<'n> {
    fn new(name: &'n str) -> Self {
        Self { name, telling: OnceCell::new() }
    }

    fn telling(&self) -> Option<Telling> {
        *self.telling.get_or_init(|| Telling::of(self.name))
    }
}

impl Compiler<'_> {
    /// Warns of every text below `node` that looks like a key. What a run wrote is data and is not looked at.
    pub(crate) fn lint_keys(&mut self, node: &Node) {
        self.lint_keys_in(node, &Name::new(""));
    }

    fn lint_keys_in(&mut self, node: &Node, name: &Name<'_>) {
        match &node.kind {
            Kind::Text(text) => self.lint_text(text, name),
            Kind::Array(items) => items.iter().for_each(|item| self.lint_keys_in(item, name)),
            Kind::Object(members) => {
                // `{ "name": "Authorization", "value": … }`, as login bodies have it.
                let called = node.member("name").and_then(|called| match &called.kind {
                    Kind::Text(text) => Some(text.as_str()),
                    _ => None,
                });
                for member in members {
                    match (member.key.as_str(), called) {
                        ("value", None) => self.lint_keys_in(&member.value, name),
                        ("value", Some(called)) => self.lint_keys_in(&member.value, &Name::new(called)),
                        ("_comment" | "type" | "name", _) => self.lint_keys_in(&member.value, &Name::new("")),
                        (key, _) => self.lint_keys_in(&member.value, &Name::new(key)),
                    }
                }
            }
            _ => {}
        }
    }

    fn lint_text(&mut self, text: &Text, name: &Name<'_>) {
        let value = text.as_str();
        if value.len() < 4 {
            return;
        }
        let pieces = pieces(value);
        if let [Piece::Text(whole)] = pieces.as_slice()
            && let Some(telling) = name.telling()
            && let Some(range) = telling.credential(&value[whole.clone()])
        {
            return self.key(name.name, text, range);
        }
        self.lint_pieces(&pieces, text);
    }

    fn lint_pieces(&mut self, pieces: &[Piece], text: &Text) {
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Text(range) => {
                    // A value that goes on with an expression is not all literal.
                    let ends = index + 1 == pieces.len();
                    self.lint_literal(text, range, ends);
                }
                Piece::Call(call) => {
                    call.arguments.iter().for_each(|argument| self.lint_pieces(&argument.pieces, text))
                }
                Piece::Secret { .. } => {}
            }
        }
    }

    fn lint_literal(&mut self, text: &Text, range: &Range<usize>, ends: bool) {
        let literal = &text.as_str()[range.clone()];
        let within = |found: Range<usize>| range.start + found.start..range.start + found.end;
        if let Some(found) = credential::find(literal) {
            return self.key("", text, within(found));
        }
        for (name, value) in credential::pairs(literal) {
            let whole = value.end < literal.len() || ends;
            let found = Telling::of(name).and_then(|telling| telling.credential(&literal[value.clone()]));
            if let Some(found) = found.filter(|_| whole) {
                self.key(name, text, within(value.start + found.start..value.start + found.end));
            }
        }
    }

    fn key(&mut self, name: &str, text: &Text, range: Range<usize>) {
        /// A longer name tells no more, and may be that of many elements.
        const LONGEST: usize = 256;
        let message = match name {
            name if name.is_empty() || name.len() > LONGEST => "this looks like a key".to_owned(),
            name => format!("this looks like a key: the value of `{}`", name.escape_debug()),
        };
        self.hidden.entry(self.source.register.clone()).or_default().push(text.span(range.clone()));
        self.warn("looks-like-a-key", message, text, &range, Some(HELP.to_owned()));
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    match text.contains("${") || text.contains("{{") {
        true => expression::parse(text, Limits::AUTHORED.expressions).0,
        false => vec![Piece::Text(0..text.len())],
    }
}
