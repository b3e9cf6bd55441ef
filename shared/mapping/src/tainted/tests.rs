use static_assertions::assert_not_impl_any;

use super::Tainted;
use crate::tests::parse_answer;
use crate::{Action, Adapter, Environment, Register, Run};

// Does not compile once it implements one of them.
assert_not_impl_any!(Tainted:
    std::fmt::Debug,
    std::fmt::Display,
    std::hash::Hash,
    Clone,
    Copy,
    PartialEq,
    PartialOrd,
    AsRef<[u8]>,
    std::ops::Deref,
    Into<Vec<u8>>,
    Into<String>,
);

struct Nothing;

impl Environment for Nothing {
    fn register(&self, _: &str) -> Option<Register> {
        None
    }
}

const ANSWER: &str = r#"{ "token": "tok-1", "type": "Bearer", "pin": 90210, "other": "not it",
    "pair": { "user": "ada", "key": "k-22" }, "nothing": null, "many": [] }"#;

/// What is saved by `value`, and what it was made of.
fn saved(rest: &str, value: &str) -> Result<(String, Vec<String>), String> {
    let text = format!(
        r#"{{ "requestMapping": {{ "url": "https://x.y/" }}, {rest}
            "onResponseActions": [{{ "action": "saveSecret",
                "data": {{ "key": "k", "value": {value}, "url": "https://x.y" }} }}] }}"#
    );
    let adapter = Adapter::compile("ADAPTER.TEST", &text, None, &Nothing).unwrap();
    let (run, answer) = (Run::default(), parse_answer("200", ANSWER));
    let mapped = adapter.map(&run, &answer).unwrap();
    let actions = adapter.actions(&run, &answer, &mapped).map_err(|error| error.to_string())?.actions;
    let [crate::Due { index: 0, action: Action::SaveSecret { value, .. } }] = &actions[..] else {
        panic!("one secret is saved: {actions:?}")
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let sources = value.expose_sources().skip(1).map(text).collect();
    Ok((text(value.expose()), sources))
}

fn of(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn what_a_value_is_made_of_is_known_however_it_is_made() {
    let value = |value| saved("", value).unwrap();
    assert_eq!(value(r#""${currentObject:response.token}""#), ("tok-1".into(), of(&["tok-1"])));
    assert_eq!(value(r#""${currentObject:response.pin}""#), ("90210".into(), of(&["90210"])));
    assert_eq!(
        value(r#""${currentObject:response.type} ${currentObject:response.token}""#),
        ("Bearer tok-1".into(), of(&["Bearer", "tok-1"]))
    );
    assert_eq!(value(r#""${upper:${currentObject:response.pair.key}}""#), ("K-22".into(), of(&["k-22"])));
    // Of what is saved whole each part is a secret.
    let (text, mut sources) = value(r#""${currentObject:response.pair}""#);
    sources.sort_unstable();
    sources.dedup();
    assert_eq!((text.as_str(), sources), (r#"{"user":"ada","key":"k-22"}"#, of(&["ada", "k-22"])));
}

#[test]
fn what_the_mapping_made_of_it_before_leads_back_to_the_answer() {
    let rest = r#""preResponseMapping": { "other": "${currentObject:response.other}",
            "auth": { "header": "Bearer ${currentObject:response.token}" } },
        "responseMapping": { "properties": { "session": { "value": "${currentObject:preResponse.auth.header}", "type": "string" } } },"#;
    for value in
        [r#""${currentObject:preResponse.auth.header}""#, r#""${currentObject:responseMapping.session}""#]
    {
        let (text, sources) = saved(rest, value).unwrap();
        assert_eq!(text, "Bearer tok-1", "{value}");
        assert!(sources.contains(&"tok-1".to_owned()), "{value}: {sources:?}");
        assert!(!sources.contains(&"not it".to_owned()), "{value}: {sources:?}");
    }
}

#[test]
fn what_is_no_value_is_not_saved() {
    for value in [r#""${currentObject:response.nothing}""#, r#""${currentObject:response.missing}""#, r#""""#]
    {
        let error = saved("", value).unwrap_err();
        assert_eq!(
            error,
            "onResponseActions[0].data.value: there is nothing to save: text, a number, an object or an array is needed",
            "{value}"
        );
    }
}
