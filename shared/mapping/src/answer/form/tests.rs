use proptest::prelude::*;

use super::parse;
use crate::value::Value;

fn read(body: &[u8]) -> Option<String> {
    let value = parse(body).ok()?;
    value.as_object().and_then(|object| object.get("a")).and_then(Value::as_str).map(str::to_owned)
}

proptest! {
    /// Characters of every length end within a window and behind it.
    #[test]
    fn any_text_is_read_as_it_was_encoded(text in "(\\PC|%|\\+|é|€|😀){0,700}") {
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        prop_assert_eq!(read(format!("a={encoded}").as_bytes()), Some(text.clone()));
        // Nothing but the delimiters needs to be encoded.
        let plain = text.replace(['%', '+', '&'], "_");
        prop_assert_eq!(read(format!("a={plain}").as_bytes()), Some(plain));
    }

    #[test]
    fn a_character_that_is_cut_is_found_wherever_it_stands(before in 0_usize..600, after in 0_usize..600) {
        let whole = format!("a={}😀{}", "x".repeat(before), "y".repeat(after));
        prop_assert!(read(whole.as_bytes()).is_some());
        let cut = 2 + before + 3;
        let broken = [&whole.as_bytes()[..cut], &whole.as_bytes()[cut + 1..]].concat();
        prop_assert_eq!(read(&broken), None);
    }
}

#[test]
fn a_percent_sign_that_encodes_nothing_is_one() {
    for text in ["%", "%4", "%4g", "%g4", "100%", "%%41"] {
        assert_eq!(read(format!("a={text}").as_bytes()).as_deref(), Some(&*text.replace("%41", "A")));
    }
}
