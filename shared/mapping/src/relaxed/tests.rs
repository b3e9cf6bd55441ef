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

/// What is longer is looked over first, by the same parser: it finds the same.
#[test]
fn long_text_is_told_the_same_as_short() {
    let many: String = (0..40).map(|index| format!("\"k{index}\": {index}, ")).collect();
    for text in [
        "{\"a\":1,\"\\u0061\":2,\"a\":3}",
        "{a:1, a:2, 'b c':3, 'b d':4}",
        "{\"a\\\"b\":1, \"a\\u0022b\":2}",
        "[1 2, tru, \"\\q\"]",
        "{\"a\" 1, \"b\":\n\"c\n}",
        "{\"a\":1 \"b\":[}",
        "{\"\":1,\"\":2,\"\\u0000\":3,\"é\":4,\"\\u00e9\":5}",
        &format!("{{{many}\"k\\u0037\": 1, \"k39\": 2, \"k7\": 3}}"),
        &format!("{{\"{}\":1,\"{0}\":2,{0}:3}}", "long".repeat(50)),
        &"x,".repeat(30),
        &"[".repeat(200),
    ] {
        let long = format!("{text}\n{}", "//\n".repeat(30_000));
        let told = |text: &str| -> Vec<_> {
            let found = parse(text).expect_err(text);
            found
                .iter()
                .map(|found| (found.code, found.span.clone(), found.message.clone(), found.help.clone()))
                .collect()
        };
        let end = |told: Vec<(&'static str, std::ops::Range<usize>, String, Option<String>)>| -> Vec<_> {
            // The end of the text is another one.
            told.into_iter()
                .map(|(code, span, message, help)| (code, span.start.min(text.len()), message, help))
                .collect()
        };
        assert_eq!(end(told(&long)), end(told(text)), "{text}");
    }
}

#[test]
fn a_key_that_stands_twice_is_found_among_many() {
    for count in [1, 15, 16, 17, 50, 51, 52, 5_000] {
        let members: String = (0..count).map(|index| format!("\"{index}\": 0,\n")).collect();
        assert_eq!(codes(&format!("{{{members}}}")), Vec::<&str>::new(), "{count}");
        for known in [0, count / 2, count - 1] {
            let text = format!("{{{members}\"{known}\": 1}}");
            let found = parse(&text).expect_err("it stands twice");
            assert_eq!((found.len(), found[0].line), (1, count + 1), "{count}, {known}");
            assert_eq!(
                found[0].message,
                format!("the key \"{known}\" is there already, on line {}", known + 1)
            );
        }
    }
}
