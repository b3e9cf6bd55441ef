//! Scripts of simple shapes as tokens.

use std::ops::Range;

use super::Refusal;
use super::parts::{Part, Parts};

#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
    /// Whether a line ended before it: a statement may have, too.
    pub(super) line: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Number(f64),
    Text(String),
    /// A template literal.
    Template(Vec<Piece>),
    /// A value that is handed over, by its index.
    Value(usize),
    Name(String),
    Sign(&'static str),
}

/// A piece of a template literal.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(String),
    Value(usize),
}

/// Longer ones before those they start with.
const SIGNS: [&str; 52] = [
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=",
    ">=", "&&", "||", "??", "?.", "++", "--", "**", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "|=",
    "^=", "+", "-", "*", "/", "%", "!", "<", ">", "?", ":", "(", ")", "[", "]", ".", "=", ",", "{", "}",
];

/// The tokens of a script.
pub(super) fn tokens(parts: &Parts, text: &str) -> Result<Vec<Token>, Refusal> {
    let mut lexer = Lexer { tokens: Vec::new(), template: None, line: false };
    for part in &parts.parts {
        match part {
            Part::Source(range) => lexer.source(text, range.clone())?,
            Part::Value { index, range, key } => {
                if *key {
                    return Err(Refusal::needs("a key that is a value", range.clone()));
                }
                lexer.push(Kind::Value(*index), range.clone());
            }
            Part::Template { index, .. } => {
                if let Some((_, pieces)) = &mut lexer.template {
                    pieces.push(Piece::Value(*index));
                }
            }
        }
    }
    match lexer.template {
        Some((from, _)) => Err(Refusal::syntax("the template literal is never closed", from..from + 1)),
        None => Ok(lexer.tokens),
    }
}

struct Lexer {
    tokens: Vec<Token>,
    /// The template literal that is not closed yet, and where it starts.
    template: Option<(usize, Vec<Piece>)>,
    line: bool,
}

impl Lexer {
    fn push(&mut self, kind: Kind, range: Range<usize>) {
        self.tokens.push(Token { kind, range, line: std::mem::take(&mut self.line) });
    }

    fn source(&mut self, text: &str, range: Range<usize>) -> Result<(), Refusal> {
        let mut at = range.start;
        while at < range.end {
            let rest = &text[at..range.end];
            at += match &self.template {
                Some(_) => self.template(rest, at)?,
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
            c if c.is_whitespace() || c == '\u{feff}' => {
                self.line |= matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
                Ok(length)
            }
            '\'' | '"' => self.quoted(rest, at),
            '`' => {
                self.template = Some((at, Vec::new()));
                Ok(1)
            }
            ';' => Err(Refusal::needs("a second statement", at..at + 1)),
            '0'..='9' => self.number(rest, at),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(rest, at),
            c if is_name(c) => {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                self.push(Kind::Name(rest[..length].to_owned()), at..at + length);
                Ok(length)
            }
            _ if rest.starts_with("//") || rest.starts_with("/*") => {
                Err(Refusal::needs("a comment", at..at + 2))
            }
            _ => self.sign(rest, at, length),
        }
    }

    fn sign(&mut self, rest: &str, at: usize, length: usize) -> Result<usize, Refusal> {
        let sign = match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            // `a?.5:b` is a ternary.
            Some("?.") if rest[2..].starts_with(|c: char| c.is_ascii_digit()) => "?",
            Some(sign) => sign,
            None => {
                let first = &rest[..length];
                return Err(Refusal::needs(format!("`{first}`"), at..at + length));
            }
        };
        self.push(Kind::Sign(sign), at..at + sign.len());
        Ok(sign.len())
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
            Ok(number) => self.push(Kind::Number(number), at..at + length),
            Err(_) => return Err(Refusal::syntax("not a number", at..at + length)),
        }
        Ok(length)
    }

    /// A quoted string without expressions; those with some are values.
    fn quoted(&mut self, rest: &str, at: usize) -> Result<usize, Refusal> {
        let quote = &rest[..1];
        let (mut text, mut length) = (String::new(), 1);
        loop {
            let after = &rest[length..];
            let Some(first) = after.chars().next() else {
                return Err(Refusal::syntax("the quoted string is never closed", at..at + 1));
            };
            match first {
                _ if after.starts_with(quote) => break,
                '\\' => {
                    let here = at + length;
                    let (characters, taken) =
                        escape(after).ok_or_else(|| Refusal::needs("this escape", here..here + 1))?;
                    text.push_str(&characters);
                    length += taken;
                }
                other => {
                    text.push(other);
                    length += other.len_utf8();
                }
            }
        }
        self.push(Kind::Text(text), at..at + length + 1);
        Ok(length + 1)
    }

    /// A stretch of the open template literal; how long it is.
    fn template(&mut self, rest: &str, at: usize) -> Result<usize, Refusal> {
        let Some((from, pieces)) = &mut self.template else { return Ok(rest.len()) };
        let plain = rest.find(['`', '\\', '$', '\r']).unwrap_or(rest.len());
        if plain > 0 {
            pieces.push(Piece::Text(rest[..plain].to_owned()));
            return Ok(plain);
        }
        if rest.starts_with('`') {
            let (from, pieces) = (*from, std::mem::take(pieces));
            self.template = None;
            self.push(Kind::Template(pieces), from..at + 1);
            return Ok(1);
        }
        if rest.starts_with('$') && !rest.starts_with("${") {
            pieces.push(Piece::Text("$".to_owned()));
            return Ok(1);
        }
        let escaped = rest.starts_with('\\').then(|| escape(rest)).flatten();
        let (characters, length) =
            escaped.ok_or_else(|| Refusal::needs("an expression in a template literal", at..at + 1))?;
        pieces.push(Piece::Text(characters));
        Ok(length)
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// What the escape at the start of `rest` stands for (ECMAScript, 12.9.4), and how long it is.
pub(super) fn escape(rest: &str) -> Option<(String, usize)> {
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
        // Beyond eight digits it is none of ours, however far away its end is.
        let mut digits = inside.bytes().take(9);
        #[cfg(test)]
        crate::tests::work::done(digits.len());
        let length = digits.position(|byte| byte == b'}')?;
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
