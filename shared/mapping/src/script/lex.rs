//! Scripts as tokens.

use std::ops::Range;

use super::Refusal;
use crate::compile::{Compiler, Scope};
use crate::expression::{Argument, Piece};
use crate::plan::Plan;
use crate::relaxed::Text;

pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

pub(super) enum Kind {
    Number(f64),
    Text(Vec<Plan>),
    Value(Plan),
    Name(String),
    Sign(&'static str),
}

/// Longer ones before those they start with.
const SIGNS: [&str; 50] = [
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=",
    ">=", "&&", "||", "??", "?.", "++", "--", "**", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
    "^=", "+", "-", "*", "/", "%", "!", "<", ">", "?", ":", "(", ")", "[", "]", ".", "=", ",",
];

/// The tokens of a script. Nested expressions are compiled on the way, each to one token or to a part of a string.
pub(super) fn tokens(
    compiler: &mut Compiler<'_>,
    argument: &Argument,
    text: &Text,
    scope: Scope,
) -> Result<Vec<Token>, Refusal> {
    let mut lexer = Lexer { tokens: Vec::new(), open: None };
    for piece in &argument.pieces {
        match piece {
            Piece::Text(range) => lexer.text(text.as_str(), range.clone())?,
            nested => {
                let plan = compiler.piece(nested, text, scope);
                lexer.nested(plan, nested.range().clone());
            }
        }
    }
    match lexer.open {
        Some(open) => Err(Refusal::syntax("the quoted string is never closed", open.from..open.from + 1)),
        None => Ok(lexer.tokens),
    }
}

/// A quoted string that is not closed yet.
struct Quoted {
    quote: char,
    from: usize,
    parts: Vec<Plan>,
}

struct Lexer {
    tokens: Vec<Token>,
    open: Option<Quoted>,
}

impl Lexer {
    fn nested(&mut self, plan: Plan, range: Range<usize>) {
        match &mut self.open {
            Some(quoted) => quoted.parts.push(plan),
            None => self.tokens.push(Token { kind: Kind::Value(plan), range }),
        }
    }

    fn text(&mut self, text: &str, range: Range<usize>) -> Result<(), Refusal> {
        let mut at = range.start;
        while at < range.end {
            let rest = &text[at..range.end];
            at += match &mut self.open {
                Some(_) => self.quoted(rest, at)?,
                None => self.token(rest, at)?,
            };
        }
        Ok(())
    }

    /// A token, or the space before one; how long it is.
    fn token(&mut self, rest: &str, at: usize) -> Result<usize, Refusal> {
        let first = rest.chars().next().unwrap_or(' ');
        let length = first.len_utf8();
        match first {
            c if c.is_whitespace() => return Ok(length),
            '\'' | '"' => {
                self.open = Some(Quoted { quote: first, from: at, parts: Vec::new() });
                return Ok(length);
            }
            '`' => return Err(Refusal::needs("a template literal", at..at + 1)),
            '{' | '}' => return Err(Refusal::needs("braces", at..at + 1)),
            ';' => return Err(Refusal::needs("a second statement", at..at + 1)),
            '0'..='9' => return self.number(rest, at),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => return self.number(rest, at),
            c if is_name(c) => {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                self.push(Kind::Name(rest[..length].to_owned()), at, length);
                return Ok(length);
            }
            _ => {}
        }
        if rest.starts_with("//") || rest.starts_with("/*") {
            return Err(Refusal::needs("a comment", at..at + 2));
        }
        match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            // `a?.5:b` is a ternary.
            Some("?.") if rest[2..].starts_with(|c: char| c.is_ascii_digit()) => {
                self.push(Kind::Sign("?"), at, 1)
            }
            Some(sign) => self.push(Kind::Sign(sign), at, sign.len()),
            None => return Err(Refusal::needs(format!("`{first}`"), at..at + length)),
        }
        Ok(self.tokens.last().map_or(length, |token| token.range.len()))
    }

    fn push(&mut self, kind: Kind, at: usize, length: usize) {
        self.tokens.push(Token { kind, range: at..at + length });
    }

    fn number(&mut self, rest: &str, at: usize) -> Result<usize, Refusal> {
        let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
        let whole = digits(0);
        let mut length = whole;
        if rest[length..].starts_with('.') {
            length += 1 + digits(length + 1);
        }
        if rest[length..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
            match digits(length + 1 + sign) {
                0 => return Err(Refusal::syntax("not a number", at..at + length + 1)),
                count => length += 1 + sign + count,
            }
        }
        let octal = whole > 1 && rest.starts_with('0');
        if octal || rest[length..].starts_with(is_name) {
            return Err(Refusal::needs("this form of a number", at..at + length));
        }
        match rest[..length].parse() {
            Ok(number) => self.push(Kind::Number(number), at, length),
            Err(_) => return Err(Refusal::syntax("not a number", at..at + length)),
        }
        Ok(length)
    }

    /// A stretch of the open string; how long it is.
    fn quoted(&mut self, rest: &str, at: usize) -> Result<usize, Refusal> {
        let Some(open) = &mut self.open else { return Ok(rest.len()) };
        let quote = open.quote;
        let plain = rest.find([quote, '\\', '\n', '\r']).unwrap_or(rest.len());
        append(&mut open.parts, &rest[..plain]);
        let after = &rest[plain..];
        if after.starts_with(quote) {
            let range = open.from..at + plain + 1;
            let parts = std::mem::take(&mut open.parts);
            self.open = None;
            self.tokens.push(Token { kind: Kind::Text(parts), range });
            return Ok(plain + 1);
        }
        if after.starts_with('\\') {
            let here = at + plain;
            let (characters, length) =
                escape(after).ok_or_else(|| Refusal::syntax("not an escape", here..here + 1))?;
            append(&mut open.parts, &characters);
            return Ok(plain + length);
        }
        if !after.is_empty() {
            return Err(Refusal::syntax(
                "a quoted string of a script ends on its line",
                at + plain..at + plain + 1,
            ));
        }
        Ok(plain)
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

fn append(parts: &mut Vec<Plan>, text: &str) {
    if !text.is_empty() {
        parts.push(Plan::text(text));
    }
}

/// What the escape at the start of `rest` stands for (ECMAScript, 12.9.4), and how long it is.
fn escape(rest: &str) -> Option<(String, usize)> {
    let mut characters = rest.chars();
    let second = characters.nth(1)?;
    let simple = match second {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'b' => "\u{8}",
        'f' => "\u{c}",
        'v' => "\u{b}",
        '\n' | '\u{2028}' | '\u{2029}' => "",
        '\r' if rest[2..].starts_with('\n') => return Some((String::new(), 3)),
        '\r' => "",
        '0' if !rest[2..].starts_with(|c: char| c.is_ascii_digit()) => "\0",
        '0'..='9' => return None,
        'x' => return hex(rest, 2, 2).map(|(code, end)| Some((char::from_u32(code)?.to_string(), end)))?,
        'u' => return unicode(rest),
        other => return Some((other.to_string(), 1 + other.len_utf8())),
    };
    Some((simple.to_owned(), 1 + second.len_utf8()))
}

fn unicode(rest: &str) -> Option<(String, usize)> {
    if let Some(inside) = rest.strip_prefix("\\u{") {
        let length = inside.find('}')?;
        let (code, _) = hex(inside, 0, length)?;
        return Some((char::from_u32(code)?.to_string(), 3 + length + 1));
    }
    let (first, end) = hex(rest, 2, 4)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character.to_string(), end));
    }
    let low = rest[end..].starts_with("\\u").then(|| hex(rest, end + 2, 4)).flatten();
    let (second, end) = low.filter(|(low, _)| first < 0xdc00 && (0xdc00..0xe000).contains(low))?;
    Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?.to_string(), end))
}

/// So many hexadecimal digits from an offset; their value and the offset after them.
fn hex(text: &str, from: usize, count: usize) -> Option<(u32, usize)> {
    let digits = text.get(from..from + count)?;
    let fits = (1..=8).contains(&count) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u32::from_str_radix(digits, 16).ok()).flatten().map(|value| (value, from + count))
}
