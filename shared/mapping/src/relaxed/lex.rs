//! Relaxed JSON as tokens.

use super::parse::MOST_ERRORS;
use super::tree::Text;
use crate::diagnostic::{Diagnostic, Span};
use crate::expression;
use crate::limits::Limits;
use crate::value::{Number, number_length, unescape};

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// Whether it is the first token of its line.
    pub(super) fresh_line: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Open(char),
    Close(char),
    Colon,
    Comma,
    Text(Text),
    /// A bare `${…}`.
    Bare(Text),
    Number(Number),
    Word(String),
    End,
}

/// Reads, and keeps what strings and numbers are if it is to `HOLD` them.
pub(super) struct Lexer<'a, const HOLD: bool> {
    text: &'a str,
    at: usize,
    limits: &'a Limits,
    pub(super) found: Vec<Diagnostic>,
}

impl<'a, const HOLD: bool> Lexer<'a, HOLD> {
    pub(super) fn new(text: &'a str, limits: &'a Limits) -> Self {
        Self { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, limits, found: Vec::new() }
    }

    /// At a token that was read before.
    pub(super) fn at(text: &'a str, at: usize) -> Self {
        Self { text, at, limits: &Limits::AUTHORED, found: Vec::new() }
    }

    #[cfg_attr(test, track_caller)]
    pub(super) fn error(&mut self, code: &'static str, message: impl Into<String>, span: Span) {
        #[cfg(test)]
        if crate::tests::rules::is_removed(code) {
            return;
        }
        if !self.is_noise() {
            self.found.push(Diagnostic::error(code, message, self.text, span));
        }
    }

    /// Whether so much is wrong that nobody reads on. The text ends here then: each error takes the time to find its line.
    pub(super) fn is_noise(&self) -> bool {
        self.found.len() >= MOST_ERRORS
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn next(&mut self) -> Token {
        if self.is_noise() {
            self.at = self.text.len();
        }
        let fresh_line = self.space();
        let start = self.at;
        let kind = self.kind();
        Token { kind, span: start..self.at, fresh_line }
    }

    /// Skips space and comments; whether a line ended in them.
    fn space(&mut self) -> bool {
        let start = self.at;
        loop {
            let rest = self.rest();
            self.at +=
                rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{a0}', '\u{feff}']).len();
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                match rest.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => {
                        self.error(
                            "unclosed-comment",
                            "the comment is never closed: `*/` is missing",
                            self.at..self.at + 2,
                        );
                        self.at = self.text.len();
                    }
                }
            } else {
                return self.text[start..self.at].contains('\n');
            }
        }
    }

    fn kind(&mut self) -> Kind {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Kind::End };
        match first {
            '"' => return self.string(),
            '$' if rest.starts_with("${") => return self.bare(),
            '-' | '0'..='9' => return self.number(),
            '\'' => return self.single_quoted(),
            _ => {}
        }
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if word > 0 {
            self.at += word;
            return Kind::Word(rest[..word].to_owned());
        }
        self.at += first.len_utf8();
        match first {
            '{' | '[' => Kind::Open(first),
            '}' | ']' => Kind::Close(first),
            ':' => Kind::Colon,
            ',' => Kind::Comma,
            other => Kind::Word(other.to_string()),
        }
    }

    fn number(&mut self) -> Kind {
        let rest = self.rest();
        let whole =
            rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '-' | '.')).unwrap_or(rest.len());
        self.at += whole;
        match Number::parse(&rest[..whole]) {
            Some(number) if number_length(rest.as_bytes()) == whole => Kind::Number(number),
            _ => Kind::Word(rest[..whole].to_owned()),
        }
    }

    /// No notation of ours, but one that people try: one word, so that it is one error.
    fn single_quoted(&mut self) -> Kind {
        let rest = self.rest();
        let ends = rest[1..].find(['\'', '\n']);
        #[cfg(test)]
        crate::tests::work::done(ends.unwrap_or(rest.len()));
        let closing = ends.filter(|at| rest[1 + at..].starts_with('\''));
        let end = closing.map_or(1, |at| at + 2);
        self.at += end;
        Kind::Word(rest[..end].to_owned())
    }

    fn bare(&mut self) -> Kind {
        let (start, rest) = (self.at, self.rest());
        let end = expression::extent(rest, self.limits.expressions).unwrap_or_else(|problem| {
            self.error(problem.code, problem.message, start + problem.range.start..start + problem.range.end);
            rest.len()
        });
        self.at += end;
        Kind::Bare(if HOLD { Text::verbatim(&rest[..end], start) } else { Text::default() })
    }

    fn string(&mut self) -> Kind {
        let opening = self.at;
        self.at += 1;
        let mut text = if HOLD { Text::starting(self.at) } else { Text::default() };
        loop {
            if self.is_noise() {
                self.at = self.text.len();
            }
            let rest = self.rest();
            let stop = |byte: u8| {
                matches!(byte, b'"' | b'\\') || (byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t'))
            };
            let plain = rest.bytes().position(stop).unwrap_or(rest.len());
            if HOLD {
                text.push(&rest[..plain], self.at);
            }
            self.at += plain;
            match rest.as_bytes().get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Kind::Text(text);
                }
                Some(b'\\') => self.escape(&mut text),
                Some(_) => {
                    self.error(
                        "control-character",
                        "a control character must be escaped",
                        self.at..self.at + 1,
                    );
                    self.at += 1;
                }
                None => {
                    let message = "the string is never closed: a `\"` is missing";
                    self.error("unclosed-string", message, opening..opening + 1);
                    return Kind::Text(text);
                }
            }
        }
    }

    fn escape(&mut self, text: &mut Text) {
        let rest = self.rest();
        match unescape(rest) {
            Ok((character, length)) => {
                if HOLD {
                    text.push_escape(character, self.at, length);
                }
                self.at += length;
            }
            Err(message) => {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                self.error("bad-escape", message, self.at..self.at + length);
                self.at += length;
            }
        }
    }
}
