//! Tokens as a tree.

use super::keys::{Keys, key};
use super::lex::{Kind as Is, Lexer, Token};
use super::tree::{Kind, Member, Node};
use crate::diagnostic::{Diagnostic, Span};
use crate::limits::Limits;
use crate::position;

/// The tree of a text, as far as there is one, and everything that is wrong with the text.
///
/// The text is looked over from end to end before anything of it is held, so that refusing it takes little memory beside it.
pub(super) fn document(text: &str, limits: &Limits) -> (Option<Node>, Vec<Diagnostic>) {
    let looked_over = Parser::<false>::read(text, limits);
    if looked_over.0.is_none() || !looked_over.1.is_empty() {
        return looked_over;
    }
    Parser::<true>::read(text, limits)
}

/// The parser cannot go on at all.
struct Abort;

/// Reads, and builds the tree if it is to `HOLD` it; else every value it gives is null.
struct Parser<'a, const HOLD: bool> {
    text: &'a str,
    lexer: Lexer<'a, HOLD>,
    token: Token,
    limits: &'a Limits,
    /// The brackets that close what is open, outermost first.
    closers: Vec<char>,
    nodes: usize,
    /// The last string that runs over several lines: where the text goes wrong after it, its closing quote may be missing.
    broken_string: Option<Span>,
}

/// After this many errors the rest is noise.
pub(super) const MOST_ERRORS: usize = 20;
/// So many characters of what is wrong are shown.
const SHOWN: usize = 40;

impl<'a, const HOLD: bool> Parser<'a, HOLD> {
    fn read(text: &'a str, limits: &'a Limits) -> (Option<Node>, Vec<Diagnostic>) {
        let mut lexer = Lexer::new(text, limits);
        if text.len() > limits.bytes {
            let message = format!("the text is longer than {} bytes (limit `bytes`)", limits.bytes);
            lexer.error("too-large", message, 0..0);
            return (None, lexer.found);
        }
        let token = lexer.next();
        let mut parser =
            Self { text, lexer, token, limits, closers: Vec::new(), nodes: 0, broken_string: None };
        let root = parser.root().ok();
        (root, parser.lexer.found)
    }

    fn root(&mut self) -> Result<Node, Abort> {
        let root = self.value()?;
        if !matches!(self.token.kind, Is::End) {
            self.unexpected("the end of the text")?;
        }
        Ok(root)
    }

    fn advance(&mut self) -> Token {
        let next = self.lexer.next();
        let token = std::mem::replace(&mut self.token, next);
        if matches!(token.kind, Is::Text(_)) && self.text[token.span.clone()].contains('\n') {
            self.broken_string = Some(token.span.clone());
        }
        token
    }

    fn value(&mut self) -> Result<Node, Abort> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return self
                .abort("too-large", format!("more than {} values (limit `nodes`)", self.limits.nodes));
        }
        let span = self.token.span.clone();
        let kind = match &self.token.kind {
            Is::Open('{') => return self.nested('}', Self::object),
            Is::Open(_) => return self.nested(']', Self::array),
            Is::Text(_) | Is::Bare(_) => return Ok(self.text_node()),
            Is::Number(number) => Kind::Number(number.clone()),
            Is::Word(word) if word == "null" => Kind::Null,
            Is::Word(word) if word == "true" => Kind::Bool(true),
            Is::Word(word) if word == "false" => Kind::Bool(false),
            _ => {
                self.unexpected("a value")?;
                // A word in the place of a value is taken for it; a comma or a bracket is what comes after.
                if !matches!(self.token.kind, Is::Word(_)) {
                    return Ok(Node { span, kind: Kind::Null });
                }
                Kind::Null
            }
        };
        self.advance();
        Ok(Node { span, kind })
    }

    fn text_node(&mut self) -> Node {
        let Token { kind, span, .. } = self.advance();
        match kind {
            Is::Text(text) | Is::Bare(text) => Node { span, kind: Kind::Text(text) },
            _ => Node { span, kind: Kind::Null },
        }
    }

    fn nested(
        &mut self,
        closer: char,
        parse: impl FnOnce(&mut Self, Span) -> Result<Node, Abort>,
    ) -> Result<Node, Abort> {
        if self.closers.len() == self.limits.depth {
            return self
                .abort("too-deep", format!("nested deeper than {} (limit `depth`)", self.limits.depth));
        }
        self.closers.push(closer);
        let open = self.advance().span;
        let node = parse(self, open)?;
        self.closers.pop();
        Ok(node)
    }

    fn array(&mut self, open: Span) -> Result<Node, Abort> {
        let mut items = Vec::new();
        loop {
            if let Some(end) = self.close(']', &open)? {
                return Ok(Node { span: open.start..end, kind: Kind::Array(items) });
            }
            let item = self.value()?;
            if HOLD {
                items.push(item);
            }
            self.separator("`,` or `]`")?;
        }
    }

    fn object(&mut self, open: Span) -> Result<Node, Abort> {
        let mut members: Vec<Member> = Vec::new();
        let mut keys = Keys::new(self.text);
        loop {
            if let Some(end) = self.close('}', &open)? {
                return Ok(Node { span: open.start..end, kind: Kind::Object(members) });
            }
            if let Some(member) = self.member()? {
                if let Some(first) = keys.insert(member.key_span.start) {
                    self.duplicate(&member.key_span, first);
                }
                if HOLD {
                    members.push(member);
                }
            }
            self.separator("`,` or `}`")?;
        }
    }

    fn member(&mut self) -> Result<Option<Member>, Abort> {
        match &self.token.kind {
            Is::Text(_) => {}
            Is::Word(word) => {
                let help = format!("keys stand in double quotes: \"{}\"", shown(word));
                self.unexpected("a key in double quotes")?;
                self.help(help);
            }
            _ => {
                self.unexpected("a key in double quotes")?;
                self.recover();
                return Ok(None);
            }
        }
        let Token { kind, span: key_span, .. } = self.advance();
        let key = match kind {
            Is::Text(text) => text.into_string(),
            Is::Word(word) if HOLD => word,
            _ => String::new(),
        };
        if !matches!(self.token.kind, Is::Colon) {
            self.unexpected("`:` after the key")?;
            self.recover();
            return Ok(None);
        }
        self.advance();
        let value = self.value()?;
        Ok(Some(Member { key, key_span, value }))
    }

    /// The end of the list, if it is closed here.
    fn close(&mut self, close: char, open: &Span) -> Result<Option<usize>, Abort> {
        match self.token.kind {
            Is::Close(found) if found == close => Ok(Some(self.advance().span.end)),
            Is::Close(found) => {
                self.unexpected(&format!("`{close}`"))?;
                // A bracket that closes something further out closes this too.
                if self.closers.contains(&found) {
                    return Ok(Some(self.token.span.start));
                }
                Ok(Some(self.advance().span.end))
            }
            Is::End => {
                // A string, comment or expression that swallowed the rest of the text is the one thing to tell.
                if !self.is_swallowed() {
                    let message =
                        format!("`{}` is never closed: `{close}` is missing", &self.text[open.clone()]);
                    self.lexer.error("unclosed-bracket", message, open.clone());
                    self.blame_string();
                }
                Err(Abort)
            }
            _ => Ok(None),
        }
    }

    /// Between two members or elements: a comma, or a new line.
    fn separator(&mut self, expected: &str) -> Result<(), Abort> {
        match self.token.kind {
            Is::Comma => {
                self.advance();
            }
            Is::Close(_) | Is::End => {}
            _ if self.token.fresh_line => {}
            _ => {
                self.unexpected(expected)?;
                self.recover();
                if matches!(self.token.kind, Is::Comma) {
                    self.advance();
                }
            }
        }
        Ok(())
    }

    /// Skips to where the list plausibly goes on: a comma or a bracket of this depth, or a string that starts a line.
    fn recover(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.token.kind {
                Is::End => return,
                Is::Comma | Is::Close(_) if open == 0 => return,
                Is::Text(_) if open == 0 && self.token.fresh_line => return,
                Is::Open(_) => open += 1,
                Is::Close(_) => open -= 1,
                _ => {}
            }
            self.advance();
        }
    }

    /// Whether the rest of the text belongs to a string, a comment or an expression that is never closed, which was told.
    fn is_swallowed(&self) -> bool {
        matches!(self.token.kind, Is::End)
            && self.lexer.found.last().is_some_and(|last| last.code.starts_with("unclosed"))
    }

    fn unexpected(&mut self, expected: &str) -> Result<(), Abort> {
        if self.lexer.is_noise() || self.is_swallowed() {
            return Err(Abort);
        }
        let found = match &self.token.kind {
            Is::End => "the end of the text".to_owned(),
            Is::Text(_) => "a string".to_owned(),
            Is::Bare(_) => "an expression".to_owned(),
            _ => format!("`{}`", shown(&self.text[self.token.span.clone()])),
        };
        self.lexer.error("syntax", format!("expected {expected}, found {found}"), self.token.span.clone());
        if found.starts_with("`'") {
            self.help("strings stand in double quotes".to_owned());
        }
        self.blame_string();
        if self.lexer.is_noise() { Err(Abort) } else { Ok(()) }
    }

    fn help(&mut self, help: String) {
        if let Some(last) = self.lexer.found.last_mut() {
            last.help = Some(help);
        }
    }

    fn blame_string(&mut self) {
        if let Some(string) = self.broken_string.take() {
            let line = position::of(self.text.as_bytes(), string.start).0;
            self.help(format!(
                "the string that starts on line {line} holds a line break: is its closing quote missing?"
            ));
        }
    }

    fn duplicate(&mut self, span: &Span, first: usize) {
        if self.lexer.is_noise() {
            return;
        }
        let line = position::of(self.text.as_bytes(), first).0;
        let key = key(self.text, span.start);
        let message = format!("the key \"{}\" is there already, on line {line}", shown(&key));
        self.lexer.error("duplicate-key", message, span.clone());
    }

    #[cfg_attr(test, track_caller)]
    fn abort<T>(&mut self, code: &'static str, message: String) -> Result<T, Abort> {
        self.lexer.error(code, message, self.token.span.clone());
        Err(Abort)
    }
}

/// The start of a text that may be very long.
fn shown(text: &str) -> &str {
    &text[..text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at)]
}
