//! The tree a text is parsed into.

use std::collections::HashMap;
use std::ops::Range;

use crate::diagnostic::Span;
use crate::value::{Number, Value};

/// A value of the text, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    /// A string that an author wrote.
    Text(Text),
    Array(Vec<Node>),
    Object(Vec<Member>),
    /// What a run wrote over the text. It is never read as a template.
    Data(Value),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

/// The text of a string, its escapes resolved, that still knows where each of its characters stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    value: String,
    /// Pairs (offset in `value`, offset in the source), ascending: from there on both advance together until the next pair.
    /// Half as wide as offsets elsewhere, because text may consist of escapes alone, each with a pair.
    anchors: Vec<(u32, u32)>,
    /// The end of the text in the source.
    end: usize,
}

impl Node {
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.value.clone()),
            Kind::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Object(members) => Value::Object(
                members.iter().map(|member| (member.key.clone(), member.value.to_value())).collect(),
            ),
            Kind::Data(value) => value.clone(),
        }
    }

    /// The members, if this is an object of the text.
    pub(crate) fn members(&self) -> Option<&[Member]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member `key`, if this is an object of the text that has it.
    pub(crate) fn member(&self, key: &str) -> Option<&Node> {
        self.members()?.iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// What kind of value this is, as a word for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::Array(_) => "an array",
            Kind::Object(_) => "an object",
            Kind::Data(value) => value.kind(),
        }
    }

    /// Lays a JSON merge patch (RFC 7396) over the tree. What the patch brings is data.
    pub(crate) fn merge(&mut self, patch: &Value) {
        let (Kind::Object(members), Value::Object(changes)) = (&mut self.kind, patch) else {
            let mut data = Value::Null;
            if let Kind::Data(old) = &mut self.kind {
                std::mem::swap(old, &mut data);
            }
            data.merge_patch(patch);
            self.kind = Kind::Data(data);
            return;
        };
        // By key, so that a large patch of a large text does not take the product of their sizes.
        let places: HashMap<String, usize> =
            members.iter().enumerate().map(|(at, member)| (member.key.clone(), at)).collect();
        for (key, change) in changes.iter() {
            match (change, places.get(key)) {
                (Value::Null, _) => {}
                (_, Some(at)) => members[*at].value.merge(change),
                (_, None) => {
                    let mut value = Self { span: self.span.clone(), kind: Kind::Data(Value::Null) };
                    value.merge(change);
                    members.push(Member { key: key.to_owned(), key_span: self.span.clone(), value });
                }
            }
        }
        members.retain(|member| !matches!(changes.get(&member.key), Some(Value::Null)));
    }
}

impl Text {
    /// Text that starts at an offset of the source.
    pub(crate) fn starting(at: usize) -> Self {
        Self { value: String::new(), anchors: vec![(0, narrow(at))], end: at }
    }

    /// Text that stands in the source as it is.
    pub(crate) fn verbatim(value: &str, at: usize) -> Self {
        let mut text = Self::starting(at);
        text.push(value, at);
        text
    }

    /// Appends what stands at `at` as it is.
    pub(crate) fn push(&mut self, value: &str, at: usize) {
        if self.end != at {
            self.anchor(at);
        }
        self.value.push_str(value);
        self.end = at + value.len();
    }

    /// Appends a character that is written as `length` bytes at `at`.
    pub(crate) fn push_escape(&mut self, character: char, at: usize, length: usize) {
        if self.end != at {
            self.anchor(at);
        }
        self.value.push(character);
        self.end = at + length;
        self.anchor(self.end);
    }

    fn anchor(&mut self, at: usize) {
        self.anchors.push((narrow(self.value.len()), narrow(at)));
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.value
    }

    pub(super) fn into_string(self) -> String {
        self.value
    }

    /// Where a range of the text stands in the source.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = self.offset(range.start);
        let end = if range.end == range.start { start } else { self.offset(range.end) };
        start..end.max(start)
    }

    fn offset(&self, at: usize) -> usize {
        let narrowed = narrow(at);
        let index = self.anchors.partition_point(|(value, _)| *value <= narrowed).saturating_sub(1);
        let (value, source) = self.anchors.get(index).copied().unwrap_or_default();
        (source as usize + (at - value as usize)).min(self.end)
    }
}

/// An offset into authored text, which is far shorter than four gigabytes.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
