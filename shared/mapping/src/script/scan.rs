//! What stands where in a script: code, strings, template literals, comments, regular expressions (ECMAScript, 12).
//!
//! It knows just enough to find where a script ends and which `${…}` in it are the adapter's, in any text: what is no
//! script is told later, by who reads its grammar.

use super::lex::escape;

/// What the text at a place of a script is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Code,
    /// `'…'` or `"…"`.
    Quoted,
    /// The text of a template literal.
    Template,
    Comment,
    /// A regular expression.
    Pattern,
}

/// What a stretch of a script is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Space, a line end, a comment or a stretch of one.
    Space,
    /// The quote that opens a string.
    Open,
    /// Text within quotes; an escape is a stretch of its own.
    Quoted,
    /// The quote that closes a string.
    Close,
    /// Everything else.
    Other,
}

/// What a `/` after it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// An operator, a statement's start: a regular expression.
    Operator,
    /// A value: a division.
    Value,
    /// `.`: a name follows, whatever it is called.
    Dot,
    /// `if`, `while`, `for`, `with`: after their parentheses a statement starts.
    Head,
}

/// What is open around a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Parenthesis {
        head: bool,
    },
    Bracket,
    Brace,
    /// `${` of a template literal.
    Substitution,
}

impl Around {
    fn is_brace(self) -> bool {
        matches!(self, Self::Brace | Self::Substitution)
    }
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Code,
    Quoted(u8),
    Template,
    Line,
    Block,
    Pattern { class: bool },
}

/// Goes through a script, stretch by stretch.
#[derive(Debug)]
pub(crate) struct Scanner {
    mode: Mode,
    around: Vec<Around>,
    /// How many of those are braces.
    braces: usize,
    before: Before,
    /// Whether the last thing was `{` or `,` right inside braces: a key may stand here.
    key: bool,
}

/// Words that a value never ends with.
const OPERATORS: [&str; 17] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "extends",
    "finally",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "try",
    "typeof",
    "void",
    "yield",
];
const HEADS: [&str; 4] = ["for", "if", "while", "with"];

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { mode: Mode::Code, around: Vec::new(), braces: 0, before: Before::Operator, key: false }
    }

    pub(crate) fn place(&self) -> Place {
        match self.mode {
            Mode::Code => Place::Code,
            Mode::Quoted(_) => Place::Quoted,
            Mode::Template => Place::Template,
            Mode::Line | Mode::Block => Place::Comment,
            Mode::Pattern { .. } => Place::Pattern,
        }
    }

    /// Whether the script ends before this `}`, because it closes nothing of the script's own.
    pub(crate) fn ends(&self, rest: &str) -> bool {
        matches!(self.mode, Mode::Code) && rest.starts_with('}') && self.braces == 0
    }

    /// Whether the `${` that `rest` starts with is the adapter's, and not JavaScript's.
    ///
    /// JavaScript has a `${` of its own in template literals alone. No expression starts with `name:`, so the colon decides
    /// there; in a comment nothing is an expression; a pattern may hold `$` before `{`.
    pub(crate) fn is_nested(&self, rest: &str) -> bool {
        match self.place() {
            Place::Code | Place::Quoted => true,
            Place::Comment => false,
            Place::Template | Place::Pattern => {
                let name = rest.get(2..).unwrap_or("");
                let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                length.is_some_and(|length| length > 0 && name[length..].starts_with(':'))
            }
        }
    }

    /// Whether the key of a property may stand here.
    pub(crate) fn may_be_key(&self) -> bool {
        self.key
    }

    /// Whether a property's name must stand here.
    pub(crate) fn after_dot(&self) -> bool {
        matches!(self.mode, Mode::Code) && self.before == Before::Dot
    }

    /// An expression of the adapter stood here.
    pub(crate) fn nested(&mut self) {
        if matches!(self.mode, Mode::Code) {
            self.value();
        }
    }

    /// What `rest`, which is not empty, starts with, and how long that is.
    pub(crate) fn step(&mut self, rest: &str) -> (Kind, usize) {
        let first = rest.chars().next().unwrap_or(' ');
        let length = first.len_utf8();
        match self.mode {
            Mode::Code => self.code(rest, first),
            Mode::Quoted(quote) if first == char::from(quote) => {
                self.mode = Mode::Code;
                self.value();
                (Kind::Close, 1)
            }
            Mode::Quoted(_) if first == '\\' => {
                (Kind::Quoted, escape(rest).map_or(1 + escaped(rest), |(_, end)| end))
            }
            Mode::Quoted(_) => (Kind::Quoted, length),
            Mode::Template => (Kind::Other, self.template(rest, length)),
            Mode::Line => {
                if is_line_end(first) {
                    self.mode = Mode::Code;
                }
                (Kind::Space, length)
            }
            Mode::Block if rest.starts_with("*/") => {
                self.mode = Mode::Code;
                (Kind::Space, 2)
            }
            Mode::Block => (Kind::Space, length),
            Mode::Pattern { class } => (Kind::Other, self.pattern(rest, first, class)),
        }
    }

    fn value(&mut self) {
        (self.before, self.key) = (Before::Value, false);
    }

    fn code(&mut self, rest: &str, first: char) -> (Kind, usize) {
        let length = first.len_utf8();
        match first {
            c if c.is_whitespace() || c == '\u{feff}' => return (Kind::Space, length),
            '\'' | '"' => {
                self.mode = Mode::Quoted(first as u8);
                return (Kind::Open, 1);
            }
            '`' => self.mode = Mode::Template,
            '/' if rest.starts_with("//") => {
                self.mode = Mode::Line;
                return (Kind::Space, 2);
            }
            '/' if rest.starts_with("/*") => {
                self.mode = Mode::Block;
                return (Kind::Space, 2);
            }
            '/' if self.before != Before::Value => self.mode = Mode::Pattern { class: false },
            c if c.is_ascii_digit() => return (Kind::Other, self.number(rest)),
            c if is_word(c) && !rest.starts_with("${") => return (Kind::Other, self.word(rest)),
            _ => return (Kind::Other, self.sign(rest, first)),
        }
        (Kind::Other, length)
    }

    fn number(&mut self, rest: &str) -> usize {
        self.value();
        let digits = word_length(rest);
        digits + usize::from(rest[digits..].starts_with('.'))
    }

    fn word(&mut self, rest: &str) -> usize {
        let length = word_length(rest);
        let word = &rest[..length];
        let before = match self.before {
            Before::Dot => Before::Value,
            _ if OPERATORS.contains(&word) => Before::Operator,
            _ if HEADS.contains(&word) => Before::Head,
            _ => Before::Value,
        };
        (self.before, self.key) = (before, false);
        length
    }

    fn sign(&mut self, rest: &str, first: char) -> usize {
        if rest.starts_with("++") || rest.starts_with("--") {
            return 2;
        }
        if rest.starts_with("...") {
            (self.before, self.key) = (Before::Operator, false);
            return 3;
        }
        let mut before = Before::Operator;
        match first {
            '(' => self.open(Around::Parenthesis { head: self.before == Before::Head }),
            '[' => self.open(Around::Bracket),
            '{' => self.open(Around::Brace),
            ')' | ']' => {
                let closed = self.close();
                if closed != Some(Around::Parenthesis { head: true }) {
                    before = Before::Value;
                }
            }
            '}' => self.close_brace(),
            '.' => before = Before::Dot,
            _ => {}
        }
        self.before = before;
        self.key = matches!(first, '{' | ',') && self.around.last() == Some(&Around::Brace);
        first.len_utf8()
    }

    fn close_brace(&mut self) {
        if self.close() == Some(Around::Substitution) {
            self.mode = Mode::Template;
        }
    }

    fn open(&mut self, around: Around) {
        self.braces += usize::from(around.is_brace());
        self.around.push(around);
    }

    fn close(&mut self) -> Option<Around> {
        let closed = self.around.pop();
        self.braces -= usize::from(closed.is_some_and(Around::is_brace));
        closed
    }

    fn template(&mut self, rest: &str, length: usize) -> usize {
        if rest.starts_with('`') {
            self.mode = Mode::Code;
            self.value();
        } else if rest.starts_with("${") {
            self.mode = Mode::Code;
            self.open(Around::Substitution);
            (self.before, self.key) = (Before::Operator, false);
            return 2;
        }
        length + escaped(rest)
    }

    fn pattern(&mut self, rest: &str, first: char, class: bool) -> usize {
        match first {
            '[' => self.mode = Mode::Pattern { class: true },
            ']' => self.mode = Mode::Pattern { class: false },
            '/' if !class => {
                self.mode = Mode::Code;
                self.value();
            }
            // A pattern ends on its line; what follows is told as code.
            c if is_line_end(c) => self.mode = Mode::Code,
            _ => {}
        }
        first.len_utf8() + escaped(rest)
    }
}

/// The length of the word or number at the start; an expression of the adapter may follow at once.
fn word_length(rest: &str) -> usize {
    let ends = |(at, c): (usize, char)| !is_word(c) || rest[at..].starts_with("${");
    rest.char_indices().find(|found| ends(*found)).map_or(rest.len(), |(at, _)| at)
}

/// The length of the character that a `\` takes with it.
fn escaped(rest: &str) -> usize {
    rest.strip_prefix('\\').and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '\\' | '#' | '\u{200c}' | '\u{200d}')
}
