use super::{among, did_you_mean, nearest, proposal};

#[test]
fn the_likest_is_proposed() {
    assert_eq!(nearest("respons", ["request", "response", "responseMapping"]), Some("response"));
    assert_eq!(nearest("RESPONSE", ["response"]), Some("response"));
    assert_eq!(nearest("apple", ["response"]), None);
    assert_eq!(nearest("x", []), None);
}

/// One slip in a short word: a letter more, less, other, or two swapped.
#[test]
fn a_slip_in_a_short_word_is_seen() {
    for word in ["cmr", "crms", "crn", "cr1m", "ncrm"] {
        assert_eq!(nearest(word, ["crm"]), Some("crm"), "{word}");
    }
    for word in ["c", "cm", "mrc", "bank"] {
        assert_eq!(nearest(word, ["xcrm"]), None, "{word}");
    }
}

#[test]
fn where_nothing_is_like_it_all_is_shown_if_that_is_not_much() {
    assert_eq!(proposal("zebra", ["one", "two"]), "known: `one`, `two`");
    assert_eq!(proposal("won", ["one", "wonder"]), "did you mean `wonder`?");
    assert_eq!(did_you_mean("zebra", ["one", "two"]), None);
    assert_eq!(among("zebra", []), None);
    let names: Vec<String> = (10..23).map(|n| format!("n{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(among("zebra", names[..12].iter().copied()).is_some_and(|help| help.starts_with("known: `n10`")));
    assert_eq!(among("zebra", names.iter().copied()), None);
    assert_eq!(among("n122", names.iter().copied()).as_deref(), Some("did you mean `n12`?"));
}
