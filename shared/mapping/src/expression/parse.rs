//! Strings as pieces, in one pass.

use std::ops::Range;

use super::{Argument, Call, Piece, Problem};
use crate::function::{self, Split};
use crate::script::{Place, Scanner};

/// The pieces of a string, and what is wrong with it. Expressions may be nested `most` deep.
pub(crate) fn parse(text: &str, most: usize) -> (Vec<Piece>, Vec<Problem>) {
    let mut parser = Parser::new(text, most);
    let pieces = parser.pieces(Until::End);
    (pieces, parser.problems)
}

/// The length of the expression that `text` starts with, or why it has no end.
pub(crate) fn extent(text: &str, most: usize) -> Result<usize, Problem> {
    let mut parser = Parser::new(text, most);
    parser.call();
    let endless = |problem: &Problem| matches!(problem.code, "too-deep" | "unclosed-expression");
    match parser.problems.into_iter().find(endless) {
        Some(problem) => Err(problem),
        None => Ok(parser.at),
    }
}

/// What ends a run of pieces. It is left for the caller to take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The end of the string alone.
    End,
    /// `}`, or the end.
    Brace,
    /// `,` or `}` outside inner braces, or the end.
    Comma,
    /// As `Comma`; also right after an `${isTrue:X,A,B}`, which stands for the whole `if` it starts.
    Condition,
    /// `}` that closes nothing of the script's own, or the end.
    Script,
    /// This quote, outside inner braces.
    Quote(u8),
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    most: usize,
    closed: bool,
    problems: Vec<Problem>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, most: usize) -> Self {
        Self { text, at: 0, depth: 0, most, closed: true, problems: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn pieces(&mut self, until: Until) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut text_from = self.at;
        let mut braces = 0_usize;
        let mut script = (until == Until::Script).then(Scanner::new);
        loop {
            let rest = self.rest();
            let special = match &script {
                Some(script) => special_in_script(script, rest),
                None => rest.starts_with("${") || secret_opens(rest),
            };
            if special || rest.is_empty() {
                if text_from < self.at {
                    pieces.push(Piece::Text(text_from..self.at));
                }
                if rest.is_empty() {
                    return pieces;
                }
                pieces.extend(if rest.starts_with('$') { self.call() } else { self.secret() });
                text_from = self.at;
                if let Some(script) = &mut script {
                    script.nested();
                }
                if until == Until::Condition && is_short_condition(&pieces) {
                    return pieces;
                }
                continue;
            }
            if let Some(script) = &mut script {
                if script.ends(rest) {
                    break;
                }
                self.at += script.step(rest).1;
                continue;
            }
            match rest.as_bytes()[0] {
                next if until == Until::Quote(next) && braces == 0 => break,
                b'{' => braces += 1,
                b'}' if braces > 0 => braces -= 1,
                b'}' if until != Until::End => break,
                b',' if matches!(until, Until::Comma | Until::Condition) && braces == 0 => break,
                _ => {}
            }
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
        if text_from < self.at {
            pieces.push(Piece::Text(text_from..self.at));
        }
        pieces
    }

    /// `${…}`, from its `$`. Nothing but a problem if it is not one.
    fn call(&mut self) -> Option<Piece> {
        let start = self.at;
        self.at += 2;
        if self.depth == self.most {
            let message = format!("expressions are nested deeper than {} (limit `expressions`)", self.most);
            self.problem("too-deep", start..self.at, message);
            self.closed = false;
            self.at = self.text.len();
            return None;
        }
        self.depth += 1;
        let name_from = self.at;
        let length =
            self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        self.at += length;
        let (name, name_range) = (&self.text[name_from..self.at], name_from..self.at);
        let arguments = match self.rest().bytes().next() {
            Some(b':') => {
                self.at += 1;
                self.arguments(name)
            }
            _ => Vec::new(),
        };
        let mut call =
            Call { name: name.to_owned(), name_range, arguments, range: start..self.at, broken: false };
        if !self.one_brace_short(&mut call) {
            self.close(&mut call);
        }
        self.depth -= 1;
        Some(Piece::Call(call))
    }

    fn close(&mut self, call: &mut Call) {
        if self.rest().starts_with('}') {
            self.at += 1;
        } else if self.rest().is_empty() {
            if self.closed {
                let message = "the expression is never closed: `}` is missing".to_owned();
                self.problem("unclosed-expression", call.range.start..call.range.start + 2, message);
            }
            self.closed = false;
            call.broken = true;
        } else {
            call.broken = true;
            let message = "expected `:` or `}` after the name".to_owned();
            self.problem("syntax", self.at..self.at, message);
            self.pieces(Until::Brace);
            self.at += usize::from(self.rest().starts_with('}'));
        }
        call.range.end = self.at;
    }

    fn arguments(&mut self, name: &str) -> Vec<Argument> {
        let split = function::split(name);
        let mut arguments = Vec::new();
        loop {
            let from = self.at;
            let last = matches!(split, Split::Most(most) if arguments.len() + 1 >= most);
            if split != Split::Script
                && let Some(quote) = self.quote(last)
            {
                arguments.push(self.quoted(quote));
                if !self.rest().starts_with(',') {
                    return arguments;
                }
                self.at += 1;
                continue;
            }
            let pieces = self.pieces(match split {
                Split::Script => Until::Script,
                _ if last => Until::Brace,
                _ if name == "if" && arguments.is_empty() => Until::Condition,
                _ => Until::Comma,
            });
            arguments.push(self.trim(pieces, from..self.at));
            let short = name == "if" && arguments.len() == 1 && is_short_condition(&arguments[0].pieces);
            if short || !self.rest().starts_with(',') {
                return arguments;
            }
            self.at += 1;
        }
    }

    /// The quote that the argument here begins and ends with, if it does. Braces inside must pair; nothing is looked at beyond
    /// the end of the call, so that many arguments take no longer than their text.
    fn quote(&self, last: bool) -> Option<u8> {
        let text = self.rest().trim_start();
        let quote = text.bytes().next().filter(|first| matches!(first, b'"' | b'\''))?;
        let mut braces = 0_usize;
        for (at, byte) in text.bytes().enumerate().skip(1) {
            match byte {
                b'{' => braces += 1,
                b'}' => braces = braces.checked_sub(1)?,
                byte if byte == quote && braces == 0 => {
                    let behind = text[at + 1..].trim_start();
                    let ends = behind.starts_with('}') || (!last && behind.starts_with(','));
                    return ends.then_some(quote);
                }
                _ => {}
            }
        }
        None
    }

    /// An argument in quotes, which keeps its commas and the space at its ends.
    fn quoted(&mut self, quote: u8) -> Argument {
        self.space();
        let from = self.at;
        self.at += 1;
        let pieces = self.pieces(Until::Quote(quote));
        // It was looked for before. Only something inside that never ends can have run over it, and that was told.
        self.at += usize::from(self.rest().as_bytes().first() == Some(&quote));
        let range = from..self.at;
        self.space();
        Argument { pieces, range }
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Without the space at both ends.
    fn trim(&self, mut pieces: Vec<Piece>, mut range: Range<usize>) -> Argument {
        if let Some(Piece::Text(first)) = pieces.first_mut() {
            let text = &self.text[first.clone()];
            first.start += text.len() - text.trim_start().len();
            range.start = first.start;
        }
        if let Some(Piece::Text(last)) = pieces.last_mut() {
            last.end = last.start + self.text[last.clone()].trim_end().len();
            range.end = last.end;
        }
        pieces.retain(|piece| !piece.range().is_empty());
        Argument { pieces, range }
    }

    /// `${if:${isTrue:X,A,B}`: the form with one brace missing that many texts have, read as `${if:${isTrue:X},A,B}`.
    ///
    /// `isTrue` never takes three arguments, so there is no other reading: the text after its brace belongs to whatever
    /// stands around the `if`.
    fn one_brace_short(&mut self, call: &mut Call) -> bool {
        let condition = match call.arguments.first_mut().and_then(|argument| argument.pieces.last_mut()) {
            Some(Piece::Call(condition)) if call.name == "if" && is_short(condition) => condition,
            _ => return false,
        };
        let branches = condition.arguments.split_off(1);
        condition.range.end = condition.arguments[0].range.end;
        call.arguments.extend(branches);
        // At the top of a string a brace that follows can only be the missing one, set in the wrong place.
        if self.depth == 1 && self.rest().starts_with('}') {
            self.at += 1;
        }
        call.range.end = self.at;
        self.warning(
            "brace-missing",
            call.range.clone(),
            "`isTrue` takes one argument: this is read as `${if:${isTrue:X},A,B}`",
            "close `isTrue` after its argument",
        );
        true
    }

    /// `{{secret:name}}`, from its first brace.
    fn secret(&mut self) -> Option<Piece> {
        let start = self.at;
        let Some(length) = self.rest().find("}}") else {
            self.problem(
                "unclosed-secret",
                start..start + 2,
                "the secret is never closed: `}}` is missing".to_owned(),
            );
            self.at = self.text.len();
            return None;
        };
        self.at += length + 2;
        let range = start..self.at;
        let inside = &self.text[start + 2..start + length];
        let name = inside.split_once(':').map_or("", |(_, name)| name.trim());
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.is_empty() || !name.chars().all(fits) {
            let message =
                "a secret is named by letters, digits, `.`, `_` and `-`: `{{secret:name}}`".to_owned();
            self.problem("secret-name", range, message);
            return None;
        }
        Some(Piece::Secret { name: name.to_owned(), range })
    }

    #[cfg_attr(test, track_caller)]
    fn problem(&mut self, code: &'static str, range: Range<usize>, message: String) {
        self.found(Problem { code, range, message, help: None, warning: false });
    }

    #[cfg_attr(test, track_caller)]
    fn warning(&mut self, code: &'static str, range: Range<usize>, message: &str, help: &str) {
        let help = Some(help.to_owned());
        self.found(Problem { code, range, message: message.to_owned(), help, warning: true });
    }

    #[cfg_attr(test, track_caller)]
    fn found(&mut self, problem: Problem) {
        #[cfg(test)]
        if crate::tests::rules::is_removed(problem.code) {
            return;
        }
        self.problems.push(problem);
    }
}

/// Whether an expression starts here in a script. A secret is found wherever it would be used, to be refused there.
fn special_in_script(script: &Scanner, rest: &str) -> bool {
    match script.place() {
        Place::Comment => false,
        _ if rest.starts_with("${") => script.is_nested(rest),
        _ => secret_opens(rest),
    }
}

/// Whether a `{{secret:` starts here; space inside the braces is allowed, so that a slip never sends the text itself.
fn secret_opens(rest: &str) -> bool {
    let inside = rest.strip_prefix("{{").map(str::trim_start);
    inside
        .and_then(|inside| inside.strip_prefix("secret"))
        .is_some_and(|rest| rest.trim_start().starts_with(':'))
}

fn is_short_condition(pieces: &[Piece]) -> bool {
    matches!(pieces.last(), Some(Piece::Call(condition)) if is_short(condition))
}

fn is_short(condition: &Call) -> bool {
    condition.name == "isTrue" && condition.arguments.len() == 3
}
