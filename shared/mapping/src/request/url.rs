//! URLs: authored text is encoded once, values are escaped for the part they stand in.
//!
//! * What stands at the start, scheme and host, is URL text. From the author's own constants it is read as if it stood
//!   there; from data it must be a URL, and is taken as it is.
//! * A value in the path is one segment: `/` in it becomes `%2F`. A segment that a value makes `.` or `..` is refused.
//! * A value in the query is a value of the query. Authored query text is written unencoded and encoded once: `/`, `+`, a
//!   second `=` and everything that is no character of a query is percent-encoded, `%2F` is kept as it is.
//! * A fragment is never sent, so it is left out.

use crate::eval::{Context, refused};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Hole, Part, Template};

/// A part of the text of a URL.
#[derive(Clone, Debug)]
pub(super) enum UrlPart {
    Text(String),
    Value(Plan),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Before `://`.
    #[default]
    Start,
    Authority,
    Path,
    /// In a name of the query.
    Name,
    /// In a value of the query.
    Value,
    Fragment,
}

/// Who wrote URL text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// The author, unencoded.
    Author,
    /// A counterparty or a caller, as a whole URL.
    Data,
}

#[derive(Clone, Debug, Default)]
pub(super) struct UrlWriter {
    out: Template,
    pub(super) state: State,
    /// The text before `://`, until it ends.
    scheme: String,
    /// The segment of the path that is being written, and whether a value had a part in it.
    segment: Segment,
    valued: bool,
}

/// What matters of a segment: whether it is `.` or `..`, in whatever spelling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Segment {
    #[default]
    Empty,
    Dot,
    DotDot,
    Other,
}

impl Segment {
    /// The segment with text behind it, where any of `dots` stands for a dot.
    fn push(self, text: &str, dots: &[&str]) -> Self {
        let mut rest = text;
        let mut segment = self;
        while segment != Self::Other && !rest.is_empty() {
            let dot = dots.iter().find(|dot| rest.starts_with(**dot));
            segment = match (segment, dot) {
                (Self::Empty, Some(_)) => Self::Dot,
                (Self::Dot, Some(_)) => Self::DotDot,
                _ => Self::Other,
            };
            rest = &rest[dot.map_or(0, |dot| dot.len())..];
        }
        segment
    }
}

impl UrlPart {
    /// Whether it is the same in every run.
    pub(super) fn is_static(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Value(plan) => plan.is_static(),
        }
    }
}

impl UrlWriter {
    pub(super) fn part(&mut self, part: &UrlPart, context: &Context<'_>) -> Result<(), EvalError> {
        match part {
            UrlPart::Text(text) => self.text(text, From::Author),
            UrlPart::Value(plan) => {
                let value = context.eval(plan)?;
                context.weigh(&value)?;
                let before = self.size();
                self.value(&value, plan.is_static())?;
                context.spend(self.size() - before)
            }
        }
    }

    /// How many bytes were written.
    pub(super) fn size(&self) -> usize {
        self.out.size() + self.scheme.len()
    }

    /// A part whose value does not depend on data; for the check.
    pub(super) fn static_part(&mut self, part: &UrlPart) -> Result<bool, EvalError> {
        match part {
            UrlPart::Text(text) => self.text(text, From::Author)?,
            UrlPart::Value(Plan::Literal(value)) => self.value(&Rendered::Data(value), true)?,
            UrlPart::Value(Plan::Secret(name)) => self.value(&crate::rendered::secret(name), true)?,
            UrlPart::Value(plan) => match authored(plan) {
                Some(template) => self.value(&Rendered::Text(template), true)?,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Scheme, host and port, once they are written as a whole.
    pub(super) fn origin(&self) -> Option<&str> {
        match self.state {
            State::Start | State::Authority => None,
            _ => origin(&self.out),
        }
    }

    fn value(&mut self, value: &Rendered<'_>, authored: bool) -> Result<(), EvalError> {
        let template = value.to_template().map_err(refused)?;
        match self.state {
            State::Start | State::Authority if authored => self.at_start(&template, From::Author),
            State::Start => self.at_start(&template, From::Data),
            State::Authority => self.host(&template),
            State::Path => {
                self.valued = true;
                self.segment = match template.as_text() {
                    // The percent sign of a value is encoded itself.
                    Some(text) => self.segment.push(text, &["."]),
                    None => Segment::Other,
                };
                self.out.place(template, Encoder::PathSegment).map_err(refused)
            }
            State::Name | State::Value => self.out.place(template, Encoder::Query).map_err(refused),
            State::Fragment => Ok(()),
        }
    }

    /// A value at the start: read as if it stood there.
    fn at_start(&mut self, template: &Template, from: From) -> Result<(), EvalError> {
        for part in template.parts() {
            match part {
                Part::Text(text) => self.text(text, from)?,
                Part::Hole(hole) => self.hole(hole)?,
            }
        }
        Ok(())
    }

    fn hole(&mut self, hole: &Hole) -> Result<(), EvalError> {
        let encoder = match self.state {
            State::Start | State::Authority => {
                return Err(EvalError::new("a secret may not be part of the scheme or the host of a URL"));
            }
            State::Path => Encoder::PathSegment,
            _ => Encoder::Query,
        };
        self.segment = Segment::Other;
        let value = Template::hole(hole.content.clone(), hole.encoder);
        self.out.place(value, encoder).map_err(refused)
    }

    /// A value as a part of the host: nothing that could end the host or begin another one.
    fn host(&mut self, template: &Template) -> Result<(), EvalError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        match template.as_text() {
            Some(text) if text.chars().all(fits) => {
                self.out.push_text(text);
                Ok(())
            }
            Some(_) => {
                Err(EvalError::new("a value in the host holds letters, digits, `.`, `-`, `_` and `:` alone"))
            }
            None => Err(EvalError::new("a secret may not be part of the scheme or the host of a URL")),
        }
    }

    fn text(&mut self, text: &str, from: From) -> Result<(), EvalError> {
        let mut rest = text;
        while !rest.is_empty() {
            rest = match self.state {
                State::Start => self.start(rest)?,
                State::Authority => self.authority(rest),
                State::Path => self.path(rest)?,
                State::Name | State::Value => self.query(rest, from),
                State::Fragment => "",
            };
        }
        Ok(())
    }

    fn start<'t>(&mut self, text: &'t str) -> Result<&'t str, EvalError> {
        let before = self.scheme.len();
        self.scheme.push_str(text);
        // What stood there before was looked through; a sign may have begun at its end.
        let from = before.saturating_sub("://".len() - 1);
        let unseen = &self.scheme.as_bytes()[from..];
        #[cfg(test)]
        crate::tests::work::done(unseen.len());
        let found = unseen.windows("://".len()).position(|three| three == b"://");
        let Some(end) = found.map(|at| from + at) else { return Ok("") };
        let rest = &text[end + 3 - before..];
        self.scheme.truncate(end);
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !self.scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !self.scheme.chars().all(letters) {
            return Err(EvalError::new(NOT_ABSOLUTE));
        }
        self.out.push_text(&std::mem::take(&mut self.scheme));
        self.out.push_text("://");
        self.state = State::Authority;
        Ok(rest)
    }

    fn authority<'t>(&mut self, text: &'t str) -> &'t str {
        let end = text.find(['/', '?', '#']).unwrap_or(text.len());
        self.out.push_text(&text[..end]);
        let rest = &text[end..];
        match rest.chars().next() {
            None => {}
            Some('/') => self.state = State::Path,
            Some(_) => {
                self.out.push_text("/");
                self.state = State::Path;
            }
        }
        rest
    }

    fn path<'t>(&mut self, text: &'t str) -> Result<&'t str, EvalError> {
        let end = text.find(['/', '?', '#']).unwrap_or(text.len());
        self.segment = self.segment.push(&text[..end], &[".", "%2e", "%2E"]);
        self.out.write_with(|out| encode(&text[..end], out, is_pchar));
        let rest = &text[end..];
        let Some(sign) = rest.chars().next() else { return Ok("") };
        self.end_segment()?;
        match sign {
            '/' => self.out.push_text("/"),
            '?' => {
                self.out.push_text("?");
                self.state = State::Name;
            }
            _ => self.state = State::Fragment,
        }
        Ok(&rest[1..])
    }

    fn end_segment(&mut self) -> Result<(), EvalError> {
        let segment = std::mem::take(&mut self.segment);
        if std::mem::take(&mut self.valued) && matches!(segment, Segment::Dot | Segment::DotDot) {
            return Err(EvalError::new(
                "a value makes a segment of the path `.` or `..`, which would name another path",
            ));
        }
        Ok(())
    }

    fn query<'t>(&mut self, text: &'t str, from: From) -> &'t str {
        if from == From::Data {
            let end = text.find('#').unwrap_or(text.len());
            let keeps = |byte| is_pchar(byte) || matches!(byte, b'/' | b'?' | b'[' | b']' | b'+');
            self.out.write_with(|out| encode(&text[..end], out, keeps));
            self.state = if end < text.len() { State::Fragment } else { State::Value };
            return "";
        }
        let stops: &[char] = if self.state == State::Name { &['&', '='] } else { &['&'] };
        let end = text.find(stops).unwrap_or(text.len());
        let keeps = |byte| is_pchar(byte) && !matches!(byte, b'+' | b'=' | b';' | b'&');
        self.out.write_with(|out| encode(&text[..end], out, keeps));
        let Some(sign) = text[end..].chars().next() else { return "" };
        self.out.write_with(|out| out.push(sign));
        self.state = if sign == '=' { State::Value } else { State::Name };
        &text[end + 1..]
    }

    /// A name and its value at the end of the query.
    pub(super) fn pair(&mut self, name: &str, value: Template) -> Result<(), EvalError> {
        match self.state {
            State::Start => return Err(EvalError::new(NOT_ABSOLUTE)),
            State::Authority => self.out.push_text("/?"),
            State::Path => {
                self.end_segment()?;
                self.out.push_text("?");
            }
            State::Name | State::Value | State::Fragment => {
                let joined = self.out.ends_with(&['?', '&']);
                self.out.push_text(if joined { "" } else { "&" });
            }
        }
        self.state = State::Value;
        self.out.place(Template::text(name), Encoder::Query).map_err(refused)?;
        self.out.push_text("=");
        self.out.place(value, Encoder::Query).map_err(refused)
    }

    pub(super) fn finish(mut self) -> Result<Template, EvalError> {
        if self.state == State::Start {
            return Err(EvalError::new(NOT_ABSOLUTE));
        }
        self.end_segment()?;
        Ok(self.out)
    }
}

/// Scheme, host and port of a URL.
pub(super) fn origin(url: &Template) -> Option<&str> {
    let Some(Part::Text(text)) = url.parts().next() else { return None };
    let host = text.find("://")? + 3;
    let end = text[host..].find(['/', '?']).map(|length| host + length);
    Some(&text[..end.unwrap_or(text.len())])
}

/// The text of a plan that the author's text alone decides, with its secrets as holes.
pub(super) fn authored(plan: &Plan) -> Option<Template> {
    fn write(plan: &Plan, out: &mut Template) -> Option<()> {
        match plan {
            Plan::Literal(value) => Rendered::Data(value).write_text(out).ok(),
            Plan::Secret(name) => crate::rendered::secret(name).write_text(out).ok(),
            Plan::Concat(parts) => parts.iter().try_for_each(|part| write(part, out)),
            _ => None,
        }
    }
    let mut out = Template::default();
    write(plan, &mut out)?;
    Some(out)
}

const NOT_ABSOLUTE: &str = "the URL must be absolute, such as \"https://example.com/path\"";

/// RFC 3986's `pchar` without the percent sign.
fn is_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// Appends text, percent-encoding what is not kept. What is percent-encoded already stays as it is.
fn encode(text: &str, out: &mut String, keeps: impl Fn(u8) -> bool) {
    let bytes = text.as_bytes();
    for (at, byte) in text.bytes().enumerate() {
        if keeps(byte) || (byte == b'%' && is_encoded(&bytes[at..])) {
            out.push(char::from(byte));
        } else {
            out.push_str(percent_encoding::percent_encode_byte(byte));
        }
    }
}

/// Whether `%XX` starts here.
pub(super) fn is_encoded(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}
