//! The parts of a multipart body, their names and the names of their files.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use multer::Multipart;
use proptest::prelude::*;

use super::super::hostile;
use super::{Adapter, bytes, text, with_body};
use crate::{EvalError, Request, Run, Value};

const FORM_DATA: &str = "multipart/form-data";

static PARTS: LazyLock<Adapter> = LazyLock::new(|| {
    with_body(
        FORM_DATA,
        r#"{ "v": "${currentObject:input.v}", "o": "${currentObject:input.o}", "f": "${currentObject:input.f}", "end": 1 }"#,
    )
});
static NAMES: LazyLock<Adapter> = LazyLock::new(|| with_body(FORM_DATA, r#""${currentObject:input}""#));

fn render(adapter: &LazyLock<Adapter>, input: Value) -> Result<Request, EvalError> {
    adapter.request(&Run { input, seed: [1; 16], ..Run::default() })
}

#[derive(Debug, PartialEq)]
struct Received {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    body: Vec<u8>,
}

fn received(
    name: &str,
    filename: Option<&str>,
    content_type: Option<&str>,
    body: impl Into<Vec<u8>>,
) -> Received {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Received {
        name: name.to_owned(),
        filename: owned(filename),
        content_type: owned(content_type),
        body: body.into(),
    }
}

/// The parts as another implementation reads them.
fn receive(request: &Request) -> Vec<Received> {
    let boundary = multer::parse_boundary(text(&request.headers[0].1)).unwrap();
    let body = bytes(request.body.as_ref().unwrap());
    let stream = futures::stream::iter([Ok::<_, Infallible>(body)]);
    let read = async {
        let mut parts = Multipart::new(stream, boundary);
        let mut received = Vec::new();
        while let Some(part) = parts.next_field().await.unwrap() {
            let name = part.name().unwrap().to_owned();
            let filename = part.file_name().map(str::to_owned);
            let content_type = part.content_type().map(ToString::to_string);
            let body = part.bytes().await.unwrap().to_vec();
            received.push(Received { name, filename, content_type, body });
        }
        received
    };
    read.now_or_never().expect("all of the body is there")
}

/// As browsers write names (WHATWG HTML, multipart form data).
fn escaped(name: &str) -> String {
    name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")
}

/// Whether a name can be told to every receiver.
fn fits_name(name: &str) -> bool {
    !name.chars().any(|c| c == '\\' || c == '\u{7f}' || (c < ' ' && !matches!(c, '\r' | '\n')))
}

fn array(values: &[String], of: impl Fn(&str) -> Value) -> Value {
    Value::Array(values.iter().map(|value| of(value)).collect())
}

proptest! {
    #![proptest_config(hostile::many())]

    #[test]
    fn in_a_part(values in hostile::texts()) {
        let input = Value::from([
            ("v", array(&values, |value| Value::from(value))),
            ("o", array(&values, |value| Value::from([("k", value.into())]))),
            ("f", array(&values, |value| Value::from([("base64", STANDARD.encode(value).into())]))),
        ]);
        let request = render(&PARTS, input).unwrap();
        let text = values.iter().map(|value| received("v", None, None, value.as_str()));
        let json = |value: &String| serde_json::json!({ "k": value }).to_string();
        let objects = values.iter().map(|value| received("o", None, Some("application/json"), json(value)));
        let files = values.iter().map(|value| received("f", None, Some("application/octet-stream"), value.as_str()));
        let expected: Vec<_> = text.chain(objects).chain(files).chain([received("end", None, None, "1")]).collect();
        prop_assert_eq!(receive(&request), expected);
    }

    #[test]
    fn in_the_name_of_a_part_or_a_file(values in hostile::texts()) {
        let (fit, unfit): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| fits_name(value));
        for value in unfit {
            let file = Value::from([("f", Value::from([("content", "x".into()), ("filename", value.as_str().into())]))]);
            prop_assert!(render(&NAMES, file).is_err(), "not refused: {value:?}");
            prop_assert!(render(&NAMES, Value::Object([(value, "x".into())].into_iter().collect())).is_err());
        }
        // The parser looks for `name=` also inside the quotes; tests/formats has one that does not.
        let fit: BTreeSet<String> = fit.into_iter().filter(|value| !value.contains("name=")).collect();
        let part = |value: &String| (value.clone(), Value::from([("content", "x".into()), ("filename", value.as_str().into())]));
        let request = render(&NAMES, Value::Object(fit.iter().map(part).collect())).unwrap();
        let expected: Vec<_> =
            fit.iter().map(|value| received(&escaped(value), Some(&escaped(value)), None, "x")).collect();
        prop_assert_eq!(receive(&request), expected);
    }
}
