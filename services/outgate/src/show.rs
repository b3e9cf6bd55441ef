//! Data as commands show it.

use base64::{Engine, engine::general_purpose::STANDARD};
use mapping::{Object, Value};
use proto::integrations::v1::Header;

/// A body as JSON shows it, and how it had to be encoded for that.
#[derive(Debug, PartialEq)]
pub(crate) struct Shown {
    /// JSON as it is, other text as a string, bytes as base64.
    pub(crate) value: Value,
    /// `base64`, where the body is no text.
    pub(crate) encoding: Option<&'static str>,
}

/// Shows a body by its content type; a body without one is taken for JSON where it is JSON.
pub(crate) fn body(content_type: Option<&str>, bytes: &[u8]) -> Shown {
    let json = content_type.is_none_or(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind.ends_with("/json") || kind.ends_with("+json")
    });
    if json && let Ok(value) = Value::from_json(bytes) {
        return Shown { value, encoding: None };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Shown { value: text.into(), encoding: None },
        Err(_) => Shown { value: STANDARD.encode(bytes).into(), encoding: Some("base64") },
    }
}

/// Headers as an object with lower-case names; what came more than once is an array.
pub(crate) fn headers(headers: &[Header]) -> Value {
    let mut shown = Object::default();
    for header in headers {
        let name = header.name.to_ascii_lowercase();
        let value = Value::from(String::from_utf8_lossy(&header.value).into_owned());
        match shown.get_mut(&name) {
            None => drop(shown.insert(name, value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![std::mem::take(first), value]),
        }
    }
    shown.into()
}

/// The first value of a header.
pub(crate) fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(&header.value).ok()
}

/// JSON over several lines, for people.
pub(crate) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            block('[', ']', items.iter(), depth, out, |item, out| write(item, depth + 1, out));
        }
        Value::Object(members) if !members.is_empty() => {
            block('{', '}', members.iter(), depth, out, |(key, value), out| {
                Value::from(key).write_json(out);
                out.push_str(": ");
                write(value, depth + 1, out);
            });
        }
        other => other.write_json(out),
    }
}

fn block<T>(
    open: char,
    close: char,
    items: impl Iterator<Item = T>,
    depth: usize,
    out: &mut String,
    mut each: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        out.push_str(&"  ".repeat(depth + 1));
        each(item, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

/// Rows under a heading, each column as wide as it must be.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let cells: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    let mut text = crate::output::styled(crate::output::BOLD, line(heading));
    for row in rows {
        text.push('\n');
        text.push_str(&line(row.each_ref().map(String::as_str)));
    }
    text
}

/// A time as RFC 3339 in UTC; empty where there is none.
pub(crate) fn time(time: Option<&prost_types::Timestamp>) -> String {
    time.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests;
