//! A secret goes out as the same text would, had it been data: through every function, in every place.

use super::NOW;
use crate::{Adapter, Content, Part, Register, Request, Run, Template, Value};

/// What no place takes as it is.
const SECRET: &str = "s3c r&t/%2F+ü\"<'>\\?#=";

const EXPRESSIONS: [&str; 16] = [
    "SECRET",
    "a SECRET b",
    "${base64:SECRET}",
    "${base64:ada:SECRET}",
    "${base64:${base64:SECRET}}",
    "${base64Url:${hex:SECRET}-SECRET}",
    "${hex:${urlEncode:SECRET}}",
    "${urlEncode:${urlEncode:SECRET} SECRET}",
    "${hash:sha256,SECRET}",
    "${hash:sha512 base64,a,${base64:SECRET}}",
    "${hmac:sha256,SECRET,GET\n/orders}",
    "${hmac:sha384 base64Url,key,${hash:sha1,SECRET}}",
    "${hmac:sha1 base64,${hmac:sha256,AWS4SECRET,20261121},SECRET}",
    "${default:SECRET,never}",
    "${if:${isTrue:true},${join:${joinRegArray:LIST-A,LIST-A}, & },never}",
    "${currentObject:constants.base64} ${configRegister:LIST-A, [0]}",
];

#[test]
fn a_secret_is_sent_as_the_same_text_would_be() {
    for expression in EXPRESSIONS {
        for (format, body) in [
            ("application/json", r#"{ "a": EXPRESSION, "b": ["x", EXPRESSION] }"#),
            ("application/x-www-form-urlencoded", r#"{ "a": EXPRESSION }"#),
            ("text/xml", r#"{ "a": { "@b": EXPRESSION, "c": EXPRESSION } }"#),
            ("application/json", "TEXT"),
        ] {
            let hidden = request(expression, "{{secret:key}}", format, body);
            let plain = request(expression, "${currentObject:input.key}", format, body);
            assert!(hidden.body.as_ref().unwrap().has_holes(), "{expression}");
            assert_eq!(filled(&hidden.url), filled(&plain.url), "{expression} in the URL");
            for ((name, hidden), (_, plain)) in hidden.headers.iter().zip(&plain.headers) {
                assert_eq!(filled(hidden), filled(plain), "{expression} in {name}");
            }
            let (hidden, plain) = (hidden.body.unwrap(), plain.body.unwrap());
            assert!(!plain.has_holes());
            assert_eq!(filled(&hidden), filled(&plain), "{expression} in {format}");
        }
    }
}

fn request(expression: &str, secret: &str, format: &str, body: &str) -> Request {
    let text = expression.replace("SECRET", secret);
    let json = Value::from(text.as_str()).to_string();
    let body = match body {
        "TEXT" => Value::from(format!(r#"{{ "a": "x {text}", "b": {text} }}"#)).to_string(),
        body => body.replace("EXPRESSION", &json),
    };
    // In the middle of the path, the query and at the start, where a constant is read as if it stood there.
    let url = Value::from(format!("${{currentObject:constants.base}}p/{text}?q={text}")).to_string();
    let adapter = format!(
        r#"{{
            "constants": {{ "base": "https://x.y/${{base64Url:{secret}}}/", "base64": "${{base64:{secret}}}" }},
            "requestMapping": {{
                "method": "POST", "url": {url}, "query": {{ "again": {json} }},
                "headers": {{ "Content-Type": "{format}", "A": {json}, "B": ["x", {json}] }}, "body": {body}
            }}
        }}"#
    );
    let register = format!(r#"["{secret}", "b"]"#);
    let registers = |_: &str| Some(Register::authored(register.as_str()));
    let adapter = Adapter::compile("ADAPTER.TEST", &adapter, None, &registers).unwrap();
    let input = Value::from([("key", SECRET.into())]);
    adapter.request(&Run { input, timestamp_ms: NOW, ..Run::default() }).unwrap()
}

/// What the guarded client sends.
fn filled(template: &Template) -> String {
    String::from_utf8(fill(template)).unwrap()
}

fn fill(template: &Template) -> Vec<u8> {
    let mut out = Vec::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Hole(hole) => hole.encoder.encode(&content(&hole.content), &mut out).unwrap(),
        }
    }
    out
}

fn content(content: &Content) -> Vec<u8> {
    match content {
        Content::Secret(_) | Content::Token(_) => SECRET.as_bytes().to_vec(),
        Content::Template(inner) => fill(inner),
        Content::Digest(digest) => {
            let mut out = Vec::new();
            let key = digest.key.as_ref().map(fill);
            digest.algorithm.compute(key.as_deref(), &fill(&digest.message), &mut out);
            out
        }
    }
}
