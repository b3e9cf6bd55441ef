use bytes::Bytes;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;

mod chunks;

use super::{MIN_SECRET, REPLACEMENT, Scrubber};

const SECRET: &[u8] = b"pa/ss+w\"o<r>d&'\\ \xc3\xa9~!*()9";

/// What a text that holds something of the secret becomes.
fn scrubbed(secret: &[u8], text: &[u8]) -> (String, bool) {
    let (clean, found) = Scrubber::new([secret].into_iter()).scrub(Bytes::copy_from_slice(text));
    (String::from_utf8_lossy(&clean).into_owned(), found > 0)
}

/// Asserts that nothing but the marks around the form is left.
fn assert_found(what: &str, form: &str) {
    let (clean, found) = scrubbed(SECRET, format!("<{form}>").as_bytes());
    assert!(found, "{what}: {form} was not found");
    assert_eq!(clean, "<[secret removed]>", "{what}: {form}");
}

#[test]
fn every_encoding_is_found() {
    let text = std::str::from_utf8(SECRET).unwrap();
    let percent = percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(text).unwrap();
    let all: String = HEXUPPER
        .encode(SECRET)
        .as_bytes()
        .chunks(2)
        .map(|pair| format!("%{}{}", pair[0] as char, pair[1] as char))
        .collect();
    assert_found("raw", text);
    assert_found("each byte percent-encoded", &all);
    assert_found("each byte percent-encoded, lower case", &all.to_lowercase());
    assert_found("hexadecimal", &HEXLOWER.encode(SECRET));
    assert_found("hexadecimal, upper case", &HEXUPPER.encode(SECRET));
    assert_found("JSON", &json[1..json.len() - 1]);
    // As JSON of other writers: PHP's slash, and nothing beyond ASCII.
    let php = r#"pa\/ss+w\"o<r>d&'\\ \u00e9~!*()9"#;
    assert_found("JSON as PHP writes it", php);
    assert_found("JSON safe for HTML", r#"pa/ss+w\"o\u003cr\u003ed\u0026\u0027\\ \u00e9~!*()9"#);
    assert_found("HTML", "pa/ss+w&quot;o&lt;r&gt;d&amp;&#39;\\ \u{e9}~!*()9");
    assert_found("XML", "pa/ss+w&quot;o&lt;r&gt;d&amp;&apos;\\ \u{e9}~!*()9");
    assert_found("RFC 3986", "pa%2Fss%2Bw%22o%3Cr%3Ed%26%27%5C%20%C3%A9~%21%2A%28%299");
    assert_found("a form", "pa%2Fss%2Bw%22o%3Cr%3Ed%26%27%5C+%C3%A9%7E%21*%28%299");
    let twice = "pa%252Fss%252Bw%2522o%253Cr%253Ed%2526%2527%255C%2B%25C3%25A9%257E%2521%2A%2528%25299";
    assert_found("a form in a form", twice);
    assert_found("a form in a form, lower case", &twice.to_lowercase());
    assert_found("encodeURIComponent", "pa%2Fss%2Bw%22o%3Cr%3Ed%26'%5C%20%C3%A9~!*()9");
    assert_found("lower case", "pa%2fss%2bw%22o%3cr%3ed%26%27%5c%20%c3%a9~%21%2a%28%299");
    assert_found(
        "twice",
        "pa%252Fss%252Bw%2522o%253Cr%253Ed%2526%2527%255C%2520%25C3%25A9~%2521%252A%2528%25299",
    );
    assert!(percent.contains("%7E"), "the strictest set is one of the two above, mixed: not promised");
}

#[test]
fn base64_is_found_at_every_offset_of_a_longer_text() {
    for before in ["", "u", "us", "user:", "some longer text before "] {
        for after in ["", "x", "xy", "xyz"] {
            let text = [before.as_bytes(), SECRET, after.as_bytes()].concat();
            for encoded in [BASE64.encode(&text), BASE64URL_NOPAD.encode(&text)] {
                let (clean, found) = scrubbed(SECRET, format!("Basic {encoded}").as_bytes());
                assert!(found, "{before:?} {after:?}: {encoded}");
                // At each end at most two digits are not the secret's alone.
                let left = clean.replace("Basic ", "").replace("[secret removed]", "");
                let apart =
                    BASE64.encode(before.as_bytes()).len() + BASE64.encode(after.as_bytes()).len() + 4;
                assert!(left.len() <= apart, "{left} is left of {encoded}");
            }
        }
    }
}

#[test]
fn a_secret_that_is_a_file_is_found_and_its_tables_stay_small() {
    let secret: Vec<u8> = (0..40_000_u32).map(|at| b' ' + (at * at % 89) as u8).collect();
    assert!(super::forms_of(&secret).iter().map(|form| form.len()).sum::<usize>() < 30 * secret.len());
    let text = std::str::from_utf8(&secret).unwrap();
    let json = serde_json::to_string(text).unwrap();
    for form in [text, &json[1..json.len() - 1], &BASE64.encode(&secret)[..53_333]] {
        let (clean, found) = scrubbed(&secret, format!("<{form}>").as_bytes());
        assert!(found && clean == "<[secret removed]>", "{}", clean.len());
    }
}

#[test]
fn several_secrets_and_several_places() {
    let secrets = [b"alpha-secret".as_slice(), b"beta-secret", b"alpha-secret-longer"];
    let scrubber = Scrubber::new(secrets.into_iter());
    let (clean, found) =
        scrubber.scrub(Bytes::from_static(b"alpha-secret,beta-secretbeta-secret,alpha-secret-longer"));
    assert_eq!(found, 4);
    assert_eq!(clean, "[secret removed],[secret removed][secret removed],[secret removed]");
}

#[test]
fn what_holds_no_secret_is_handed_on_uncopied() {
    let body = Bytes::from(vec![b'x'; 10_000]);
    let (same, found) = Scrubber::new([SECRET].into_iter()).scrub(body.clone());
    assert_eq!(found, 0);
    assert_eq!(same.as_ptr(), body.as_ptr());
}

#[test]
fn a_secret_too_short_to_tell_from_text_is_left_alone() {
    assert_eq!(scrubbed(b"abc", b"abcabc"), ("abcabc".to_owned(), false));
    assert_eq!(scrubbed(b"", b"abc"), ("abc".to_owned(), false));
    assert!(scrubbed(&b"abcdef"[..MIN_SECRET], b"abcdef").1);
}

proptest! {
    #[test]
    fn no_secret_survives_in_its_plain_form(
        secret in proptest::collection::vec(any::<u8>(), MIN_SECRET..40),
        before in proptest::collection::vec(any::<u8>(), 0..40),
        after in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let text = [before.as_slice(), &secret, &after].concat();
        let (clean, found) = Scrubber::new([secret.as_slice()].into_iter()).scrub(Bytes::from(text));
        prop_assert!(found > 0);
        prop_assert!(clean.windows(REPLACEMENT.len()).any(|window| window == REPLACEMENT));
    }
}
