//! Reads and writes formats for a comparison with other implementations: `tests/formats/` asks it.
//!
//! A JSON object a line in, one a line out:
//! `{"read": BASE64, "contentType": …, "forceArray": […]}` gives `{"value": …}`,
//! `{"write": VALUE, "contentType": …}` gives `{"contentType": …, "body": BASE64}`, and each of them `{"error": …}` where it is refused.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::io::BufRead as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mapping::{Adapter, Content, Part, Run, Template, Value};

fn main() -> Result<(), String> {
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let asked = Value::from_json(line.as_bytes()).map_err(|error| error.to_string())?;
        let answer = match asked.get("read") {
            Some(body) => read(&asked, body.as_str().unwrap_or_default()),
            None => write(&asked),
        };
        let answer = answer.unwrap_or_else(|error| Value::from([("error", error.into())]));
        println!("{answer}");
    }
    Ok(())
}

fn member<'v>(asked: &'v Value, name: &str) -> &'v str {
    asked.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn compile(text: &str) -> Result<Adapter, String> {
    Adapter::compile("ADAPTER.FORMATS", text, None, &())
        .map_err(|found| found.iter().map(|found| found.message.clone()).collect::<Vec<_>>().join("; "))
}

fn read(asked: &Value, body: &str) -> Result<Value, String> {
    let body = STANDARD.decode(body).map_err(|error| error.to_string())?;
    let force = asked.get("forceArray").cloned().unwrap_or(Value::Array(Vec::new()));
    let adapter = compile(&format!(
        r#"{{ "requestMapping": {{ "url": "https://example.com/" }}, "responseXml": {{ "forceArray": {force} }} }}"#
    ))?;
    let value = adapter.read(Some(member(asked, "contentType")), &body).map_err(|error| error.to_string())?;
    Ok(Value::from([("value", value)]))
}

fn write(asked: &Value) -> Result<Value, String> {
    let adapter = compile(
        r#"{ "requestMapping": { "method": "POST", "url": "https://example.com/",
            "headers": { "Content-Type": "${currentObject:input.contentType}" }, "body": "${currentObject:input.write}" } }"#,
    )?;
    let request = adapter
        .request(&Run { input: asked.clone(), ..Run::default() })
        .map_err(|error| error.to_string())?;
    let body = request.body.as_ref().map(bytes).transpose()?.unwrap_or_default();
    Ok(Value::from([
        ("contentType", request.headers[0].1.masked().into()),
        ("body", STANDARD.encode(body).into()),
    ]))
}

/// What leaves, were every secret its own name.
fn bytes(template: &Template) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Hole(hole) => {
                let plain = match &hole.content {
                    Content::Template(inner) => bytes(inner)?,
                    Content::Secret(name) | Content::Token(name) => name.clone().into_bytes(),
                    Content::Digest(_) => return Err("no body that is compared holds a digest".to_owned()),
                };
                hole.encoder.encode(&plain, &mut out).map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(out)
}
