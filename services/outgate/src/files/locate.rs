//! Where a value stands in relaxed JSON.
//!
//! The text has been parsed and found good; this walks over it once more to a value that typed reading, which sees
//! data and no text, has found wrong.

use std::ops::Range;

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// A member.
    Key(&'a str),
    /// An element.
    Index(usize),
}

/// Where the value at a path stands; of a path that goes on beyond the text, the last value on it.
pub(super) fn value(text: &str, path: &[Step<'_>]) -> Option<Range<usize>> {
    Walk { text, at: 0 }.to(path).map(|found| found.value)
}

/// Where the key of the member at a path stands.
pub(super) fn key(text: &str, path: &[Step<'_>]) -> Option<Range<usize>> {
    Walk { text, at: 0 }.to(path).and_then(|found| found.key)
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
}

#[derive(Debug)]
struct Found {
    key: Option<Range<usize>>,
    value: Range<usize>,
}

impl Walk<'_> {
    fn to(&mut self, path: &[Step<'_>]) -> Option<Found> {
        self.blank();
        let start = self.at;
        let (open, rest) = (self.peek()?, path.split_first());
        if let Some((step, rest)) = rest
            && matches!(open, b'{' | b'[')
            && let Some(found) = self.children(*step, rest)
        {
            return Some(found);
        }
        self.at = start;
        self.value();
        Some(Found { key: None, value: start..self.at })
    }

    /// Goes through the members or elements up to the one that is meant.
    fn children(&mut self, step: Step<'_>, rest: &[Step<'_>]) -> Option<Found> {
        let object = self.peek()? == b'{';
        self.at += 1;
        for index in 0.. {
            self.blank();
            if matches!(self.peek()?, b'}' | b']') {
                return None;
            }
            let key = object.then(|| {
                let start = self.at;
                self.string();
                let end = self.at;
                self.blank();
                start..end
            });
            let here = match (step, &key) {
                (Step::Key(name), Some(key)) => {
                    self.text.get(key.start + 1..key.end.saturating_sub(1)) == Some(name)
                }
                (Step::Index(wanted), None) => wanted == index,
                _ => false,
            };
            if here {
                let found = self.to(rest)?;
                return Some(Found {
                    key: if rest.is_empty() { key } else { found.key },
                    value: found.value,
                });
            }
            self.blank();
            self.value();
        }
        None
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips what stands between values: blanks, commas, colons, comments, a byte order mark.
    fn blank(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let length = if let Some(comment) = rest.strip_prefix("//") {
                2 + comment.find('\n').unwrap_or(comment.len())
            } else if let Some(comment) = rest.strip_prefix("/*") {
                2 + comment.find("*/").map_or(comment.len(), |end| end + 2)
            } else {
                let blank = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '\u{feff}');
                rest.find(|c| !blank(c)).unwrap_or(rest.len())
            };
            if length == 0 {
                return;
            }
            self.at += length;
        }
    }

    /// Skips a value: up to its closing bracket, its closing quote, or what ends a bare word.
    fn value(&mut self) {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.nested(),
            Some(b'$') => {
                self.at += 1;
                self.nested();
            }
            _ => {
                let rest = &self.text[self.at..];
                let end = |c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']' | '/');
                self.at += rest.find(end).unwrap_or(rest.len()).max(usize::from(!rest.is_empty()));
            }
        }
    }

    fn nested(&mut self) {
        let mut depth = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'/' => {
                    let before = self.at;
                    self.blank();
                    if self.at > before {
                        continue;
                    }
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => return,
                _ => {}
            }
        }
        self.at = self.at.min(bytes.len());
    }
}

#[cfg(test)]
mod tests;
