//! JSON, XML and forms, as text and from objects.

use std::sync::LazyLock;

use proptest::prelude::*;
use roxmltree::Document;
use serde_json::json;

use super::super::hostile;
use super::{Adapter, body, fits_xml, render, with_body};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const XML: &str = "application/xml";

static JSON_TEXT: LazyLock<Adapter> = LazyLock::new(|| {
    with_body(
        JSON,
        r#""{ \"in\": \"<${currentObject:input.v}>\", \"at\": ${currentObject:input.v}, \"o\": ${currentObject:input.o}, \"end\": 1 }""#,
    )
});
static JSON_OBJECT: LazyLock<Adapter> = LazyLock::new(|| {
    with_body(
        JSON,
        r#"{ "in": "<${currentObject:input.v}>", "at": "${currentObject:input.v}", "o": "${currentObject:input.o}", "end": 1 }"#,
    )
});
static FORM_TEXT: LazyLock<Adapter> = LazyLock::new(|| {
    with_body(
        FORM,
        r#""a=${currentObject:input.v}&b=<${currentObject:input.v}>&o[${currentObject:input.v}]=x&end=1""#,
    )
});
static FORM_OBJECT: LazyLock<Adapter> = LazyLock::new(|| {
    with_body(
        FORM,
        r#"{ "a": "${currentObject:input.v}", "b": "<${currentObject:input.v}>", "o": "${currentObject:input.o}", "end": 1 }"#,
    )
});
static XML_TEXT: LazyLock<Adapter> = LazyLock::new(|| {
    with_body(
        XML,
        r#""<r a=\"[${currentObject:input.v}]\" b='[${currentObject:input.v}]'><t>[${currentObject:input.v}]</t><end/></r>""#,
    )
});
static XML_OBJECT: LazyLock<Adapter> = LazyLock::new(|| {
    with_body(
        XML,
        r#"{ "r": { "@a": "[${currentObject:input.v}]", "@b": "[${currentObject:input.v}]", "t": "[${currentObject:input.v}]", "end": null } }"#,
    )
});

proptest! {
    #![proptest_config(hostile::many())]

    #[test]
    fn in_json(values in hostile::texts()) {
        for value in values {
            let around = format!("<{value}>");
            let expected = json!({ "in": around, "at": value, "o": { &value: "x" }, "end": 1 });
            for adapter in [&JSON_TEXT, &JSON_OBJECT] {
                let request = render(adapter, &value).unwrap();
                let sent: serde_json::Value = serde_json::from_str(body(&request)).unwrap();
                prop_assert_eq!(&sent, &expected);
            }
        }
    }

    #[test]
    fn in_a_form(values in hostile::texts()) {
        for value in values {
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let expected = [pair("a", &value), pair("b", &format!("<{value}>")), pair(&format!("o[{value}]"), "x"), pair("end", "1")];
            for adapter in [&FORM_TEXT, &FORM_OBJECT] {
                let request = render(adapter, &value).unwrap();
                let sent: Vec<_> = form_urlencoded::parse(body(&request).as_bytes()).into_owned().collect();
                prop_assert_eq!(&sent, &expected);
                // And so does our own reader of forms.
                let read = crate::answer::to_value(Some(FORM), body(&request).as_bytes()).unwrap();
                let read: Vec<_> = read.as_object().unwrap().iter().map(|(name, value)| pair(name, value.as_str().unwrap())).collect();
                prop_assert_eq!(&read, &expected);
            }
        }
    }

    #[test]
    fn in_xml(values in hostile::texts()) {
        for value in values {
            for adapter in [&XML_TEXT, &XML_OBJECT] {
                let Ok(request) = render(adapter, &value) else {
                    prop_assert!(!fits_xml(&value), "refused: {value:?}");
                    continue;
                };
                let around = format!("[{value}]");
                let document = Document::parse(body(&request)).unwrap();
                let root = document.root_element();
                let attributes: Vec<_> = root.attributes().map(|attribute| (attribute.name(), attribute.value())).collect();
                prop_assert_eq!(attributes, [("a", around.as_str()), ("b", around.as_str())]);
                let children: Vec<_> = root.children().map(|child| (child.tag_name().name(), child.text().unwrap_or_default())).collect();
                prop_assert_eq!(children, [("t", around.as_str()), ("end", "")]);
                prop_assert_eq!(document.root().children().count(), 1);
            }
        }
    }
}
