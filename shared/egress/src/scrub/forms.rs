//! The forms that a secret is looked for in.

mod charsets;

use std::fmt::{self, Write as _};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};
use zeroize::Zeroizing;

/// The shortest derived form that is looked for: a shorter one would be found in unrelated text by chance.
const MIN_FORM: usize = 6;
/// The longest secret that is looked for in every form, in bytes: longer than any password, key or common token.
const LONG: usize = 16 << 10;

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
    if secret.len() > LONG {
        return of_long(secret);
    }
    let mut forms: Vec<Vec<u8>> = Vec::new();
    forms.extend(every_byte_escaped(secret));
    forms.push(HEXLOWER.encode(secret).into_bytes());
    forms.push(HEXUPPER.encode(secret).into_bytes());
    forms.extend(base64(secret));
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.extend(every_character_escaped(text).map(String::into_bytes));
    }
    // Most secrets are of letters, digits and these, which stay themselves but where everything else is escaped.
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    if secret.iter().all(plain) {
        let text = std::str::from_utf8(secret).unwrap_or_default();
        forms.extend(all_but_letters(text).map(String::into_bytes));
    } else {
        forms.extend(percent(secret));
        if let Ok(text) = std::str::from_utf8(secret) {
            let escaped = json(text).into_iter().chain(markup(text)).chain(all_but_letters(text));
            forms.extend(escaped.map(String::into_bytes));
            forms.extend(charsets::of(text));
        }
    }
    forms.retain(|form| form.len() >= MIN_FORM);
    forms.push(secret.to_vec());
    forms.sort_unstable();
    forms.dedup();
    forms.into_iter().map(Zeroizing::new).collect()
}

/// The forms that a whole file may come back in. All of them would take sixty times its size.
fn of_long(secret: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = base64(secret);
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.push(json_escaped(text, |_| false, false).into_bytes());
    }
    forms.push(secret.to_vec());
    forms.sort_unstable();
    forms.dedup();
    forms.into_iter().map(Zeroizing::new).collect()
}

/// Percent-encoded once and twice, as different writers do it.
fn percent(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for set in [UNRESERVED, FORM, COMPONENT, QUERY] {
        let once = percent_encode(secret, set).to_string();
        let lower = lower_escapes(&once);
        forms.push(percent_encode(once.as_bytes(), UNRESERVED).to_string());
        forms.push(lower_escapes(&percent_encode(lower.as_bytes(), UNRESERVED).to_string()));
        if set == FORM {
            for form in [once.replace("%20", "+"), lower.replace("%20", "+")] {
                let twice = percent_encode(form.as_bytes(), UNRESERVED).to_string();
                forms.push(lower_escapes(&twice));
                forms.push(twice);
                forms.push(form);
            }
        }
        forms.push(lower);
        forms.push(once);
    }
    forms.into_iter().map(String::into_bytes).collect()
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

/// Every byte percent-encoded, once and twice.
fn every_byte_escaped(secret: &[u8]) -> [Vec<u8>; 4] {
    let escape = |before: &[u8], digits: String| {
        let bytes = digits.into_bytes();
        let mut escaped = Vec::with_capacity(bytes.len() / 2 * (before.len() + 2));
        for pair in bytes.chunks(2) {
            escaped.extend_from_slice(before);
            escaped.extend_from_slice(pair);
        }
        escaped
    };
    let (upper, lower) = (|| HEXUPPER.encode(secret), || HEXLOWER.encode(secret));
    [escape(b"%", upper()), escape(b"%", lower()), escape(b"%25", upper()), escape(b"%25", lower())]
}

/// Every character escaped, as JSON and as markup.
fn every_character_escaped(text: &str) -> [String; 5] {
    let mut forms = [const { String::new() }; 5];
    let [json, json_upper, decimal, lower, upper] = &mut forms;
    for character in text.chars() {
        push_unicode(character, false, json);
        push_unicode(character, true, json_upper);
        let code = u32::from(character);
        // Writing to a string does not fail.
        let _ = write!(decimal, "&#{code};");
        let _ = write!(lower, "&#x{code:x};");
        let _ = write!(upper, "&#x{code:X};");
    }
    forms
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
    let least = json_escaped(text, |_| false, false);
    let html = |character| matches!(character, '<' | '>' | '&' | '\'');
    let beyond_ascii = |character: char| !character.is_ascii();
    let both = |character: char| html(character) || beyond_ascii(character);
    let mut forms = vec![least.replace('/', "\\/"), least];
    for upper in [false, true] {
        for which in [&beyond_ascii as &dyn Fn(char) -> bool, &html, &both] {
            let escaped = json_escaped(text, which, upper);
            forms.push(escaped.replace('/', "\\/"));
            forms.push(escaped);
        }
    }
    forms
}

fn json_escaped(text: &str, as_unicode: impl Fn(char) -> bool, upper: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            _ if as_unicode(character) => push_unicode(character, upper, &mut out),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() => push_unicode(character, upper, &mut out),
            character => out.push(character),
        }
    }
    out
}

fn push_unicode(character: char, upper: bool, out: &mut String) {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        out.push_str("\\u");
        for shift in [12, 8, 4, 0] {
            out.push(char::from(digits[usize::from(*unit >> shift & 15)]));
        }
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
    let mut forms = vec![
        quoted.replace('\'', "&#39;"),
        quoted.replace('\'', "&#x27;"),
        quoted.replace('\'', "&apos;"),
        least.replace('"', "&#34;").replace('\'', "&#39;"),
        numeric,
        quoted,
        least,
    ];
    for index in 0..forms.len() {
        forms.extend(forms.get(index).filter(|form| !form.is_ascii()).map(|form| numbered(form)));
    }
    forms
}

/// What is beyond ASCII as decimal references.
fn numbered(text: &str) -> String {
    referenced(text, char::is_ascii, |code, out| write!(out, "&#{code};"))
}

/// All but letters and digits as references, decimal and in hexadecimal digits of either case.
fn all_but_letters(text: &str) -> [String; 3] {
    let letter = char::is_ascii_alphanumeric;
    let decimal = |code: u32, out: &mut String| write!(out, "&#{code};");
    let lower = |code: u32, out: &mut String| write!(out, "&#x{code:x};");
    let upper = |code: u32, out: &mut String| write!(out, "&#x{code:X};");
    [referenced(text, letter, decimal), referenced(text, letter, lower), referenced(text, letter, upper)]
}

/// All but what is left as a reference.
fn referenced(
    text: &str,
    left: impl Fn(&char) -> bool,
    reference: impl Fn(u32, &mut String) -> fmt::Result,
) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if left(&character) {
            out.push(character);
        } else {
            // Writing to a string does not fail.
            let _ = reference(character.into(), &mut out);
        }
    }
    out
}
