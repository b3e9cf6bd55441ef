//! The forms that a secret is looked for in.

use std::collections::BTreeSet;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};
use zeroize::Zeroizing;

/// The shortest derived form that is looked for: a shorter one would be found in unrelated text by chance.
const MIN_FORM: usize = 6;

/// RFC 3986, 2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// `application/x-www-form-urlencoded` (WHATWG URL, 5.1), but for its `+`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');
/// ECMAScript's `encodeURIComponent`.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
/// What a URL parser leaves in a query (WHATWG URL, 1.3).
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// Every form of a secret, the secret itself among them, each once.
pub(crate) fn of(secret: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms: BTreeSet<Vec<u8>> = BTreeSet::new();
    for set in [UNRESERVED, FORM, COMPONENT, QUERY] {
        let once = percent_encode(secret, set).to_string();
        forms.insert(percent_encode(once.as_bytes(), UNRESERVED).to_string().into_bytes());
        forms.insert(lower_escapes(&once).into_bytes());
        forms.insert(
            lower_escapes(&percent_encode(lower_escapes(&once).as_bytes(), UNRESERVED).to_string()).into(),
        );
        if set == FORM {
            forms.insert(once.replace("%20", "+").into_bytes());
            forms.insert(lower_escapes(&once.replace("%20", "+")).into_bytes());
        }
        forms.insert(once.into_bytes());
    }
    forms.extend(every_byte_escaped(secret));
    forms.insert(HEXLOWER.encode(secret).into_bytes());
    forms.insert(HEXUPPER.encode(secret).into_bytes());
    forms.extend(base64(secret));
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.extend(json(text).into_iter().chain(markup(text)).map(String::into_bytes));
    }
    forms.retain(|form| form.len() >= MIN_FORM);
    forms.insert(secret.to_vec());
    forms.into_iter().map(Zeroizing::new).collect()
}

/// `%AB` as `%ab`, and nothing else changed.
fn lower_escapes(text: &str) -> String {
    let mut left = 0;
    text.chars()
        .map(|character| {
            left = if character == '%' { 2 } else { i32::max(left - 1, -1) };
            if left >= 0 { character.to_ascii_lowercase() } else { character }
        })
        .collect()
}

fn every_byte_escaped(secret: &[u8]) -> [Vec<u8>; 2] {
    let escape = |digits: String| {
        let bytes = digits.into_bytes();
        bytes.chunks(2).flat_map(|pair| [b"%", pair].concat()).collect()
    };
    [escape(HEXUPPER.encode(secret)), escape(HEXLOWER.encode(secret))]
}

/// The digits of base64 that the secret alone decides, wherever it begins within a longer text.
fn base64(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for offset in 0..3 {
        let text = Zeroizing::new([&[0; 2][..offset], secret].concat());
        // Digits before the first whole one belong to what stands before, and those after the last to what follows.
        let from = (offset * 8).div_ceil(6);
        let to = text.len() * 8 / 6;
        for encoding in [BASE64_NOPAD, BASE64URL_NOPAD] {
            let digits = encoding.encode(&text).into_bytes();
            forms.extend(digits.get(from..to).map(<[u8]>::to_vec));
            // A URL or a JSON text may hold the padded alphabet escaped.
            if let Some(Ok(digits)) = digits.get(from..to).map(std::str::from_utf8) {
                forms.push(percent_encode(digits.as_bytes(), UNRESERVED).to_string().into_bytes());
                forms.push(digits.replace('/', "\\/").into_bytes());
            }
        }
    }
    forms
}

/// JSON's escapes (RFC 8259, 7), as different writers make them.
fn json(text: &str) -> Vec<String> {
    let least = json_escaped(text, |_| false, "");
    let html = |character| matches!(character, '<' | '>' | '&' | '\'');
    let beyond_ascii = |character: char| !character.is_ascii();
    let both = |character: char| html(character) || beyond_ascii(character);
    let all = |_| true;
    let mut forms = vec![least.replace('/', "\\/"), least];
    for digits in ["lower", "upper"] {
        for which in [&beyond_ascii as &dyn Fn(char) -> bool, &html, &both, &all] {
            let escaped = json_escaped(text, which, digits);
            forms.push(escaped.replace('/', "\\/"));
            forms.push(escaped);
        }
    }
    forms
}

fn json_escaped(text: &str, as_unicode: impl Fn(char) -> bool, digits: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            _ if as_unicode(character) => push_unicode(character, digits, &mut out),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() => push_unicode(character, digits, &mut out),
            character => out.push(character),
        }
    }
    out
}

fn push_unicode(character: char, digits: &str, out: &mut String) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        out.push_str(&if digits == "upper" { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") });
    }
}

/// Entities of HTML and XML, as different writers make them.
fn markup(text: &str) -> Vec<String> {
    let least = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = least.replace('"', "&quot;");
    let numeric = text
        .replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;");
    vec![
        quoted.replace('\'', "&#39;"),
        quoted.replace('\'', "&#x27;"),
        quoted.replace('\'', "&apos;"),
        least.replace('"', "&#34;").replace('\'', "&#39;"),
        numeric,
        quoted,
        least,
    ]
}
