//! A secret in every argument of every function: it goes out in a request, or the check says why not; and nothing that it
//! went through brings it to a place where none may end.

use super::NOW;
use crate::expression::{self, Piece};
use crate::function::{Example, FUNCTIONS, Function};
use crate::{Adapter, Content, Diagnostic, Register, Request, Run, Value};

/// The ways in which a secret comes to an argument.
const WAYS: [&str; 5] = [
    "{{secret:key}}",
    "${currentObject:constants.key}",
    "${currentObject:constants.deep.${currentObject:input.which}}",
    "${configRegister:SECRETS-A, key}",
    "${if:${isTrue:true},${base64:a{{secret:key}}},b}",
];

/// Places where no secret may end, `EXPRESSION` standing for what gives it.
const FORBIDDEN: [&str; 18] = [
    r#""preResponseMapping": { "a": EXPRESSION }"#,
    r#""responseMapping": { "a": EXPRESSION }"#,
    r#""responseMapping": { "properties": { "a": { "value": EXPRESSION, "type": "string" } } }"#,
    r#""responseMapping": { "a": "${currentObject:constants.made}" }"#,
    r#""responseMapping": { "a": "${configRegister:MADE}" }"#,
    r#""responseMapping": { "a": "${configRegister:MADE-PROPERTY}" }"#,
    r#""responseMapping": { "a": "${configRegister:MADE-PROPERTY, value}" }"#,
    r#""responseMapping": { "a": "${configRegister:MADE-LARGE}" }"#,
    r#""responseMapping": { "a": "${joinRegArray:MADE-LIST,MADE-LIST}" }"#,
    r#""responseMapping": { "a": "${hmac:sha256,${currentObject:constants.made},x}" }"#,
    r#""onResponseActions": [{ "action": "patchRegister", "parameter": "A-B", "data": { "value": { "a": EXPRESSION } } }]"#,
    r#""onResponseActions": [{ "action": "saveSecret", "data": { "key": "k", "value": EXPRESSION, "url": "https://x.y" } }]"#,
    r#""onResponseConnector": { "connector": "A-B", "data": { "a": [EXPRESSION] } }"#,
    r#""responseMapping": { "a": "${if:${isTrue:${currentObject:constants.made}},a,b}" }"#,
    r#""responseMapping": { "a": "${evaluate:${currentObject:constants.made}}" }"#,
    r#""responseMapping": { "a": "${currentObject:response.${currentObject:constants.made}}" }"#,
    r#""responseMapping": { "a": "${lower:${currentObject:constants.made}}" }"#,
    r#""responseMapping": { "a": "${default:${currentObject:response.a},x-${currentObject:constants.made}}" }"#,
];

#[test]
fn a_secret_goes_through_a_function_or_the_check_says_why_not() {
    let mut through = 0;
    for (function, example, expression) in everywhere() {
        match request(example, &expression) {
            Ok(request) => {
                assert!(function.secrets.is_some(), "`{}` lets a secret through", function.name);
                through += usize::from(has_key(&request));
            }
            Err(found) => {
                assert!(found.iter().any(Diagnostic::is_error), "{expression}");
                if function.secrets.is_none() && function.name != "evaluate" && takes_data(&found) {
                    let told = format!("the secret `key` cannot go through `{}`", function.name);
                    let is_told = |found: &Diagnostic| found.code == "secret-leak" && says(found, &told);
                    assert!(found.iter().any(is_told), "{expression}: {found:?}");
                }
            }
        }
    }
    assert!(through > 100, "{through} requests held the secret");
}

#[test]
fn what_went_through_a_function_ends_where_any_secret_may_end_and_nowhere_else() {
    let mut carried = 0;
    for (_, example, expression) in everywhere() {
        if !request(example, &expression).is_ok_and(|request| has_key(&request)) {
            continue;
        }
        carried += 1;
        for place in FORBIDDEN {
            let member = place.replace("EXPRESSION", &Value::from(expression.as_str()).to_string());
            let found = compile(example, &expression, "{}", &member).expect_err(place);
            let is_told = |found: &Diagnostic| found.code == "secret-leak" && says(found, "the secret `");
            assert!(found.iter().any(is_told), "{expression} in {place}: {found:?}");
        }
    }
    assert!(carried > 100, "{carried} expressions carried the secret");
}

fn says(found: &Diagnostic, text: &str) -> bool {
    found.message.starts_with(text)
}

/// Whether what is wrong is the secret, and not that an option, a key or a path must be written out.
fn takes_data(found: &[Diagnostic]) -> bool {
    const WRITTEN_OUT: [&str; 7] = [
        "function-option",
        "unknown-computed",
        "unknown-format",
        "unknown-time-zone",
        "path",
        "unknown-section",
        "register-key",
    ];
    !found.iter().any(|found| WRITTEN_OUT.contains(&found.code)) && !found.iter().any(in_a_place)
}

/// Whether a secret is refused by a place that is no function: a path, a condition.
fn in_a_place(found: &Diagnostic) -> bool {
    found.code == "secret-leak" && found.message.contains("would end in")
}

/// Every function with the secret in each of its arguments: whole, and within a longer text.
fn everywhere() -> Vec<(&'static Function, &'static Example, String)> {
    let mut all = Vec::new();
    for function in FUNCTIONS {
        for example in function.examples {
            let (pieces, _) = expression::parse(example.text, crate::Limits::AUTHORED.expressions);
            let calls = pieces.into_iter().filter_map(|piece| match piece {
                Piece::Call(call) if call.name == function.name => Some(call),
                _ => None,
            });
            for call in calls {
                for argument in &call.arguments {
                    for way in WAYS {
                        for secret in [way.to_owned(), format!("x-{way}")] {
                            let mut text = example.text[call.range.clone()].to_owned();
                            let from = argument.range.start - call.range.start;
                            text.replace_range(from..argument.range.end - call.range.start, &secret);
                            all.push((function, example, text));
                        }
                    }
                }
            }
        }
    }
    all
}

/// The request whose header is what the expression gives.
fn request(example: &Example, expression: &str) -> Result<Request, Vec<Diagnostic>> {
    let headers = format!(r#"{{ "X": {} }}"#, Value::from(expression));
    let adapter = compile(example, "none", &headers, r#""responseMapping": null"#)?;
    let input = example.given.iter().find(|(name, _)| *name == "input");
    let input = input.map_or(Value::object(), |(_, text)| Value::from_json(text.as_bytes()).unwrap());
    let run = Run { input, timestamp_ms: NOW, ..Run::default() };
    // What the data makes an error is none of the check's.
    Ok(adapter.request(&run).unwrap_or_else(|_| Request {
        method: String::new(),
        url: crate::Template::default(),
        headers: Vec::new(),
        body: None,
        timeout: None,
        used: crate::Used::default(),
    }))
}

fn has_key(request: &Request) -> bool {
    let is_key = |content: &Content| matches!(content, Content::Secret(name) if name == "key");
    request.headers.iter().any(|(_, value)| value.holes().any(|hole| is_key(&hole.content)))
}

fn compile(
    example: &Example,
    expression: &str,
    headers: &str,
    member: &str,
) -> Result<Adapter, Vec<Diagnostic>> {
    let expression = Value::from(expression).to_string();
    let adapter = format!(
        r#"{{
            "constants": {{
                "key": "{{{{secret:key}}}}", "deep": {{ "a": "{{{{secret:key}}}}", "b": "plain" }}, "made": {expression}
            }},
            "requestMapping": {{ "url": "https://example.com/", "headers": {headers} }},
            {member}
        }}"#
    );
    let registers = |key: &str| match key {
        "SECRETS-A" => Some(Register::authored(r#"{ "key": "{{secret:key}}" }"#)),
        "MADE" => Some(Register::authored(expression.as_str())),
        "MADE-PROPERTY" => {
            Some(Register::authored(format!(r#"{{ "value": {expression}, "type": "string" }}"#)))
        }
        "MADE-LARGE" => {
            let room = "x".repeat(10_000);
            Some(Register::authored(format!(r#"{{ "room": "{room}", "made": [{expression}] }}"#)))
        }
        "MADE-LIST" => Some(Register::authored(format!("[{expression}]"))),
        key => {
            let given = example.given.iter().find(|(name, _)| *name == format!("register {key}"));
            given.map(|(_, text)| Register::authored(*text))
        }
    };
    Adapter::compile("ADAPTER.TEST", &adapter, None, &registers)
}
