use super::parse;

fn value(text: &str) -> String {
    parse(text).unwrap_or_else(|found| panic!("{}", found[0].render("text", text))).to_value().to_string()
}

fn codes(text: &str) -> Vec<&'static str> {
    parse(text).map_or_else(|found| found.iter().map(|found| found.code).collect(), |_| Vec::new())
}

#[test]
fn what_strict_json_accepts_is_accepted() {
    let text = r#" {"a":[1,2.50,{"b":null}],"c":true,"d":"\u00e9\n"} "#;
    assert_eq!(value(text), r#"{"a":[1,2.50,{"b":null}],"c":true,"d":"é\n"}"#);
    assert_eq!(value("\u{feff}[]"), "[]");
}

#[test]
fn what_is_relaxed() {
    assert_eq!(value("[1,]"), "[1]");
    assert_eq!(value("[1\n2 // two\n3]"), "[1,2,3]");
    assert_eq!(value("{\"a\":1\n\n\"b\":2,}"), r#"{"a":1,"b":2}"#);
    assert_eq!(value("{\"a\": ${x:{}} }"), r#"{"a":"${x:{}}"}"#);
    assert_eq!(value("/* { */ {} // }"), "{}");
}

#[test]
fn what_is_not() {
    for text in [
        "",
        "{",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "[,1]",
        "[1,,2]",
        "{\"a\"}",
        "{a:1}",
        "'a'",
        "+1",
        "01",
        "tru",
        "1 2",
        "[1}",
        "\"\u{1}\"",
    ] {
        assert_ne!(codes(text), Vec::<&str>::new(), "{text}");
    }
    assert_eq!(codes("{\"a\":1,\"\\u0061\":2}"), ["duplicate-key"]);
}

#[test]
fn hostile_texts_end_in_an_error() {
    for text in
        ["[", "{\"a\":", "[{\"a\":", "${", "${if:", "${evaluate:'", "\"${a:", "/*", "{\"a\" ", "[1 ", "]"]
    {
        assert_ne!(codes(&text.repeat(100_000)), Vec::<&str>::new(), "{text}");
    }
    assert_eq!(codes(&"[".repeat(100_000)), ["too-deep"]);
    assert_eq!(codes(&format!("\"{}\"", "a".repeat(5 << 20))), ["too-large"]);
    assert_eq!(codes(&format!("[{}]", "1,".repeat(200_001))), ["too-large"]);
}

#[test]
fn a_long_line_is_shown_in_part() {
    let text = format!("[{} oops]", "1,".repeat(50_000));
    let shown = parse(&text).unwrap_err()[0].render("long", &text);
    assert!(shown.contains("oops") && shown.contains("long:1:100003, in part"), "{shown}");
    assert!(shown.len() < 1_000, "{}", shown.len());
}

#[test]
fn a_place_inside_a_string_is_found_behind_escapes_and_line_breaks() {
    let text = "{\"a\":\n \"\\u00e9\\n\\\"x\ny ${oops}\"}";
    let document = parse(text).unwrap().into_root();
    let super::Kind::Text(inner) = &document.member("a").unwrap().kind else { panic!("not text") };
    let from = inner.as_str().find("oops").unwrap();
    assert_eq!(&text[inner.span(from..from + 4)], "oops");
    assert_eq!(&text[inner.span(0..2)], "\\u00e9");
}
