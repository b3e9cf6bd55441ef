//! A value means itself in the place it is put in, and changes nothing around it: an independent parser reads each place.
//!
//! What a place cannot hold is an error, and only that.

mod body;
mod multipart;
mod url;

use std::sync::LazyLock;

use crate::{Adapter, EvalError, Part, Request, Run, Template, Value};

fn adapter(members: &str) -> Adapter {
    let text = format!(
        r#"{{ "constants": {{ "key": "{{{{secret:key}}}}" }}, "requestMapping": {{ "method": "POST", {members} }} }}"#
    );
    Adapter::compile("A", &text, None, &()).unwrap_or_else(|found| panic!("{}", found[0].render("A", &text)))
}

/// A body of a content type, made from `input.v`, or from `input.o`: an object whose key is the value.
fn with_body(content_type: &str, body: &str) -> Adapter {
    adapter(&format!(
        r#""url": "https://x.y/", "headers": {{ "Content-Type": "{content_type}" }}, "body": {body}"#
    ))
}

fn render(adapter: &LazyLock<Adapter>, value: &str) -> Result<Request, EvalError> {
    let keyed = Value::Object([(value.to_owned(), Value::from("x"))].into_iter().collect());
    let input = Value::from([("v", value.into()), ("o", keyed)]);
    adapter.request(&Run { input, seed: [1; 16], ..Run::default() })
}

/// The text of a template without holes: a value never becomes one.
fn text(template: &Template) -> &str {
    template.as_text().expect("a value became a hole")
}

fn body(request: &Request) -> &str {
    text(request.body.as_ref().unwrap())
}

/// What leaves: files as bytes.
fn bytes(template: &Template) -> Vec<u8> {
    let mut out = Vec::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Hole(hole) => match &hole.content {
                crate::Content::Template(inner) => {
                    hole.encoder.encode(text(inner).as_bytes(), &mut out).unwrap();
                }
                _ => panic!("a value became a secret"),
            },
        }
    }
    out
}

/// Whether XML 1.0 can hold the text.
fn fits_xml(text: &str) -> bool {
    text.chars().all(
        |c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'),
    )
}
