//! A script as source text and the values in it.

use std::ops::Range;

use super::lex::escape;
use super::scan::{Kind, Place, Scanner};
use super::{Program, Refusal};
use crate::compile::{Compiler, Scope};
use crate::expression::{Argument, Piece};
use crate::plan::Plan;
use crate::relaxed::Text;

/// A stretch of a script.
#[derive(Debug)]
pub(super) enum Part {
    /// Text of the author's.
    Source(Range<usize>),
    /// A value, by its index: a nested expression, or a quoted string that has some in it.
    Value { index: usize, range: Range<usize>, key: bool },
    /// A value's text within a template literal.
    Template { index: usize, range: Range<usize> },
}

/// A script in parts. Its nested expressions are compiled on the way.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    pub(super) values: Vec<Plan>,
}

/// Takes a script apart.
pub(super) fn parts(
    compiler: &mut Compiler<'_>,
    argument: &Argument,
    text: &Text,
    scope: Scope,
) -> Result<Parts, Refusal> {
    let mut reader = Reader {
        text: text.as_str(),
        end: argument.range.end,
        scanner: Scanner::new(),
        made: Parts::default(),
        from: argument.range.start,
        quoted: None,
    };
    let mut refused = None;
    for piece in &argument.pieces {
        // What is nested is compiled all the same, for what is wrong in it.
        let plan = (!matches!(piece, Piece::Text(_))).then(|| compiler.piece(piece, text, scope));
        if refused.is_some() {
            continue;
        }
        refused = match plan {
            Some(plan) => reader.nested(plan, piece.range().clone()),
            None => reader.source(piece.range().clone()),
        }
        .err();
    }
    refused.map_or_else(|| reader.finish(), Err)
}

/// A quoted string that is not closed yet.
struct Quoted {
    from: usize,
    key: bool,
    parts: Vec<Plan>,
    nested: bool,
    /// What cannot be read as text; of no matter in a string that is JavaScript's alone.
    wrong: Option<Range<usize>>,
}

struct Reader<'t> {
    text: &'t str,
    end: usize,
    scanner: Scanner,
    made: Parts,
    /// From where on the source is not in a part yet.
    from: usize,
    quoted: Option<Quoted>,
}

impl Reader<'_> {
    fn source(&mut self, range: Range<usize>) -> Result<(), Refusal> {
        let mut at = range.start;
        while at < range.end {
            let key = self.scanner.may_be_key();
            let (kind, length) = self.scanner.step(&self.text[at..range.end]);
            let end = (at + length).min(range.end);
            match kind {
                Kind::Open => {
                    self.quoted =
                        Some(Quoted { from: at, key, parts: Vec::new(), nested: false, wrong: None });
                }
                Kind::Quoted => self.quoted(at..end)?,
                Kind::Close => self.close(end)?,
                Kind::Space | Kind::Other => {}
            }
            at = end;
        }
        Ok(())
    }

    fn quoted(&mut self, range: Range<usize>) -> Result<(), Refusal> {
        let stretch = &self.text[range.clone()];
        if stretch.starts_with(['\n', '\r']) {
            return Err(Refusal::syntax("a quoted string of a script ends on its line", range));
        }
        let Some(quoted) = &mut self.quoted else { return Ok(()) };
        if !stretch.starts_with('\\') {
            append(&mut quoted.parts, stretch);
            return Ok(());
        }
        match escape(stretch) {
            Some((characters, _)) => append(&mut quoted.parts, &characters),
            None => quoted.wrong = Some(range),
        }
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Refusal> {
        let Some(quoted) = self.quoted.take().filter(|quoted| quoted.nested) else { return Ok(()) };
        if let Some(range) = quoted.wrong {
            return Err(Refusal::syntax("this escape cannot stand in a string with an expression", range));
        }
        self.value(Plan::Concat(quoted.parts), quoted.from..end, quoted.key);
        Ok(())
    }

    fn nested(&mut self, plan: Plan, range: Range<usize>) -> Result<(), Refusal> {
        match self.scanner.place() {
            Place::Code if self.scanner.after_dot() => {
                let refusal = Refusal::syntax("a value cannot name a property here", range);
                return Err(refusal.help("write it in brackets: `[${…}]`"));
            }
            Place::Pattern => {
                let refusal = Refusal::syntax("a value cannot stand in a regular expression", range);
                return Err(refusal.help("write `new RegExp(${…})`"));
            }
            Place::Code | Place::Comment => {
                let key = self.scanner.may_be_key();
                self.scanner.nested();
                self.value(plan, range, key);
            }
            Place::Quoted => {
                if let Some(quoted) = &mut self.quoted {
                    quoted.parts.push(plan);
                    quoted.nested = true;
                }
            }
            Place::Template => {
                self.flush(range.clone());
                self.made.parts.push(Part::Template { index: self.made.values.len(), range });
                self.made.values.push(Plan::Concat(vec![plan]));
            }
        }
        Ok(())
    }

    fn value(&mut self, plan: Plan, range: Range<usize>, may_be_key: bool) {
        let key = may_be_key && self.text[range.end..self.end].trim_start().starts_with(':');
        self.flush(range.clone());
        self.made.parts.push(Part::Value { index: self.made.values.len(), range, key });
        self.made.values.push(plan);
    }

    /// Ends the part of source before `range`.
    fn flush(&mut self, range: Range<usize>) {
        if self.from < range.start {
            self.made.parts.push(Part::Source(self.from..range.start));
        }
        self.from = range.end;
    }

    fn finish(mut self) -> Result<Parts, Refusal> {
        if let Some(open) = &self.quoted {
            return Err(Refusal::syntax("the quoted string is never closed", open.from..open.from + 1));
        }
        self.flush(self.end..self.end);
        /// Each name that a value has in the program is longer than the longest run.
        const LONGEST: usize = 64;
        if !self.made.values.is_empty() && self.made.longest_run(self.text) > LONGEST {
            let message = format!("more than {LONGEST} `$` stand side by side in a script with expressions");
            return Err(Refusal::syntax(message, self.end..self.end));
        }
        Ok(self.made)
    }
}

fn append(parts: &mut Vec<Plan>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Plan::Literal(crate::value::Value::String(last))) = parts.last_mut() {
        last.push_str(text);
    } else {
        parts.push(Plan::text(text));
    }
}

impl Parts {
    /// How many `$` of the author's stand side by side at most.
    fn longest_run(&self, text: &str) -> usize {
        let runs = self.parts.iter().map(|part| match part {
            Part::Source(range) => text[range.clone()].split(|c| c != '$').map(str::len).max().unwrap_or(0),
            Part::Value { .. } | Part::Template { .. } => 0,
        });
        runs.max().unwrap_or(0)
    }

    /// The program: the author's text, with names where the values stand.
    pub(super) fn program(&self, argument: &Argument, text: &Text) -> Program {
        let written = &text.as_str()[argument.range.clone()];
        // No run of `$` in the text is as long, so that no name in it is one of these.
        let sign = "$".repeat(1 + self.longest_run(text.as_str()));
        let start = argument.range.start;
        let (mut source, mut places) = (String::with_capacity(written.len() + 16), Vec::new());
        for part in &self.parts {
            match part {
                Part::Source(range) => {
                    places.push((source.len(), range.start - start));
                    source.push_str(&text.as_str()[range.clone()]);
                }
                Part::Value { index, range, key } => {
                    // Space around it: what stands beside it must not become part of the name.
                    let (open, close) = if *key { ("[", "]") } else { (" ", " ") };
                    places.push((source.len(), range.start - start));
                    source.push_str(&format!("{open}{sign}{index}{close}"));
                }
                Part::Template { index, range } => {
                    places.push((source.len(), range.start - start));
                    source.push_str(&format!("${{{sign}{index}}}"));
                }
            }
        }
        let names = (0..self.values.len()).map(|index| format!("{sign}{index}")).collect();
        Program::mapped(source, names, written, places)
    }
}
