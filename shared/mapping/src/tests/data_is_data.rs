//! Data is never evaluated, and a value changes nothing around the place it is put in.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::{Adapter, Answer, Run, Value};

/// Text that looks like everything the language knows, and like the syntax of every place.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("${currentObject:constants.key}".to_owned()),
        Just("${evaluate:1+1}".to_owned()),
        Just("{{secret:key}}".to_owned()),
        Just("${".to_owned()),
        Just("}}".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("'".to_owned()),
        Just("</a>".to_owned()),
        Just("]]>".to_owned()),
        Just("&amp;".to_owned()),
        Just("%2F".to_owned()),
        Just("/../".to_owned()),
        Just("?a=b&c#d".to_owned()),
        Just("\u{1F600}\u{e9}".to_owned()),
        "[ -~]{0,8}",
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn adapter(text: &str) -> Adapter {
    Adapter::compile("A", text, None, &()).unwrap_or_else(|found| panic!("{}", found[0].render("A", text)))
}

fn run(value: &str) -> Run {
    Run { input: Value::from([("v", value.into())]), ..Run::default() }
}

fn body(adapter: &Adapter, value: &str) -> String {
    let body = adapter.request(&run(value)).unwrap().body.unwrap();
    assert!(!body.has_holes());
    body.masked()
}

fn config() -> Config {
    Config { cases: 500, failure_persistence: None, ..Config::default() }
}

const CONSTANTS: &str = r#""constants": { "key": "{{secret:key}}" },"#;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn text_renders_to_itself_in_a_result(value in hostile()) {
        static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| adapter(
            r#"{ "requestMapping": { "url": "https://x.y/" }, "responseMapping": {
                "whole": "${currentObject:input.v}", "text": "<${currentObjectPure:input.v}>",
                "script": "${evaluate:${currentObject:input.v} + ''}", "quoted": "${evaluate:'<${currentObject:input.v}>'}",
                "chosen": "${if:true,${currentObject:input.v},no}", "response": "${currentObject:response}" } }"#,
        ));
        let answer = Answer { response: Value::from(value.as_str()), meta: Value::Null };
        let result = ADAPTER.respond(&run(&value), &answer).unwrap();
        let around = Value::from(format!("<{value}>"));
        let value = Value::from(value);
        for (member, expected) in [("whole", &value), ("text", &around), ("script", &value), ("quoted", &around),
                                   ("chosen", &value), ("response", &value)] {
            prop_assert_eq!(result.get(member), Some(expected));
        }
    }

    #[test]
    fn a_value_in_a_json_body_stays_in_its_place(value in hostile()) {
        static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| adapter(&format!(r#"{{ {CONSTANTS} "requestMapping": {{ "method": "POST", "url": "https://x.y/",
            "body": "{{ \"in\": \"<${{currentObject:input.v}}>\", \"at\": ${{currentObject:input.v}}, \"end\": 1 }}" }} }}"#)));
        let sent = Value::from_json(body(&ADAPTER, &value).as_bytes()).unwrap();
        let expected = Value::from([("in", Value::from(format!("<{value}>"))), ("at", Value::from(value)), ("end", Value::from(1_i64))]);
        prop_assert_eq!(sent, expected);
    }

    #[test]
    fn a_value_in_an_xml_body_stays_in_its_place(value in hostile()) {
        static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| adapter(r#"{ "requestMapping": { "method": "POST", "url": "https://x.y/",
            "headers": { "Content-Type": "application/xml" },
            "body": "<r a=\"[${currentObject:input.v}]\"><t>[${currentObject:input.v}]</t><end/></r>" } }"#));
        let sent = body(&ADAPTER, &value);
        let read = crate::answer::to_value(Some("application/xml"), sent.as_bytes()).unwrap();
        let around = Value::from(format!("[{value}]"));
        prop_assert_eq!(read.get("r.@a"), Some(&around));
        prop_assert_eq!(read.get("r.t"), Some(&around));
        prop_assert_eq!(read.get("r.end"), Some(&Value::Null));
    }

    #[test]
    fn a_value_in_a_form_stays_in_its_place(value in hostile()) {
        static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| adapter(r#"{ "requestMapping": { "method": "POST", "url": "https://x.y/",
            "headers": { "Content-Type": "application/x-www-form-urlencoded" },
            "body": { "a": "${currentObject:input.v}", "b": "<${currentObject:input.v}>" } } }"#));
        let sent = body(&ADAPTER, &value);
        let read = crate::answer::to_value(Some("application/x-www-form-urlencoded"), sent.as_bytes()).unwrap();
        let expected = Value::from([("a", Value::from(value.as_str())), ("b", Value::from(format!("<{value}>")))]);
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn a_value_in_a_url_stays_in_its_place(value in hostile()) {
        static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| adapter(r#"{ "requestMapping": {
            "url": "https://x.y/a/v${currentObject:input.v}/b?q=${currentObject:input.v}&r=1" } }"#));
        let url = ADAPTER.request(&run(&value)).unwrap().url;
        prop_assert!(!url.has_holes());
        let url = url.masked();
        let (path, query) = url.strip_prefix("https://x.y/a/v").unwrap().split_once("/b?q=").unwrap();
        let plain = |text: &str| String::from_utf8(percent_encoding::percent_decode_str(text).collect()).unwrap();
        prop_assert!(!path.contains(['/', '?', '#', '&']));
        prop_assert_eq!(plain(path), value.as_str());
        prop_assert_eq!(plain(query.strip_suffix("&r=1").unwrap()), value.as_str());
    }

    #[test]
    fn a_header_holds_the_value_or_refuses_it(value in hostile(), broken in "[\r\n]") {
        static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| adapter(r#"{ "requestMapping": { "url": "https://x.y/", "headers": { "X-V": "a ${currentObject:input.v}" } } }"#));
        let request = ADAPTER.request(&run(&value)).unwrap();
        prop_assert_eq!(request.headers[0].1.masked(), format!("a {}", value));
        prop_assert!(!request.headers[0].1.has_holes());
        let split = format!("{value}{broken}X-Admin: 1");
        prop_assert!(ADAPTER.request(&run(&split)).is_err());
    }
}
