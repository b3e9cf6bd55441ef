use super::*;

/// The text of what a path leads to.
fn at<'a>(text: &'a str, path: &[Step<'_>]) -> &'a str {
    value(text, path).map_or("", |span| &text[span])
}

#[test]
fn values_are_found_whatever_stands_around_them() {
    let text = "\u{feff}{ // \"a\": 0 }\n \"a\" : [1, /* ] */ {\"b\": \"x\\\"}\"}]\n \"c\": ${x:{\"}\"}}\n \"d\": true, }";
    assert_eq!(at(text, &[Step::Key("a"), Step::Index(0)]), "1");
    assert_eq!(at(text, &[Step::Key("a"), Step::Index(1), Step::Key("b")]), "\"x\\\"}\"");
    assert_eq!(at(text, &[Step::Key("c")]), "${x:{\"}\"}}");
    assert_eq!(at(text, &[Step::Key("d")]), "true");
    assert_eq!(at(text, &[Step::Key("a")]), "[1, /* ] */ {\"b\": \"x\\\"}\"}]");
}

#[test]
fn a_key_is_found_where_it_stands() {
    let text = "{\"a\": {\"b\": 1}}";
    assert_eq!(key(text, &[Step::Key("a"), Step::Key("b")]).map(|span| &text[span]), Some("\"b\""));
    assert_eq!(key(text, &[]), None);
}

#[test]
fn a_path_beyond_the_text_ends_at_the_last_value_on_it() {
    let text = "{\"a\": {\"b\": 1}}";
    assert_eq!(at(text, &[Step::Key("a"), Step::Key("missing")]), "{\"b\": 1}");
    assert_eq!(at(text, &[Step::Key("a"), Step::Key("b"), Step::Index(3)]), "1");
}

#[test]
fn broken_text_ends_the_walk() {
    for text in ["", "{", "[", "{\"a", "{\"a\\", "{\"a\": ", "${", "/*", "{/", "\"", "{\"a\": /"] {
        let _ = value(text, &[Step::Key("a"), Step::Index(0)]);
    }
}
