use std::panic::catch_unwind;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use serde_json::json;

use super::*;

mod files;
mod hearing;

/// An oracle that no other test shares, and a canary that it knows.
fn oracle() -> (&'static Oracle, String) {
    let oracle: &'static Oracle = Box::leak(Box::default());
    // Known to everybody's oracle too: a test that fails must not be able to hide it.
    let canary = Canary::new().text().to_owned();
    oracle.note("the canary", canary.as_bytes());
    (oracle, canary)
}

fn each(text: &str, encode: impl Fn(u8) -> String) -> String {
    text.bytes().map(encode).collect()
}

fn percent(text: &str) -> String {
    each(text, |byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    })
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn packed<W>(writer: W, text: &str, finish: impl FnOnce(W) -> std::io::Result<Vec<u8>>) -> Vec<u8>
where
    W: std::io::Write,
{
    let mut writer = writer;
    writer.write_all(text.as_bytes()).and_then(|()| finish(writer)).expect("memory takes it")
}

fn gzip(text: &str) -> Vec<u8> {
    packed(GzEncoder::new(Vec::new(), Compression::default()), text, GzEncoder::finish)
}

/// The canary in every encoding of statement 1, and in what else writes things down.
fn encoded(canary: &str) -> Vec<(String, Vec<u8>)> {
    let json = json!(canary).to_string();
    let mut all: Vec<(String, Vec<u8>)> = [
        ("raw", canary.to_owned()),
        ("percent", percent(canary)),
        ("percent, lower case", each(canary, |byte| format!("%{byte:02x}"))),
        (
            "percent, what a path needs",
            percent(canary).replace("%2F", "/").replace("%2B", "+").replace("%3D", "="),
        ),
        ("percent twice", percent(&percent(canary))),
        ("form", percent(canary).replace("%20", "+")),
        ("hex", each(canary, |byte| format!("{byte:02x}"))),
        ("hex, upper case", each(canary, |byte| format!("{byte:02X}"))),
        ("JSON", json.clone()),
        ("JSON with slashes", json.replace('/', "\\/")),
        ("JSON by numbers", each(canary, |byte| format!("\\u{byte:04X}"))),
        ("JSON twice", json!(json).to_string()),
        ("percent in JSON", json!(percent(canary)).to_string()),
        ("JSON in percent", percent(&json)),
        ("HTML", html(canary)),
        ("HTML by numbers", each(canary, |byte| format!("&#{byte};"))),
        ("HTML by hexadecimal numbers", each(canary, |byte| format!("&#x{byte:X};"))),
        ("HTML in JSON", json!(html(canary)).to_string()),
        ("Debug of text", format!("{canary:?}")),
        ("Debug of bytes", format!("{:?}", bytes::Bytes::from(canary.to_owned()))),
        ("Debug of a vector", format!("{:?}", canary.as_bytes())),
        ("JSON of a vector", json!(canary.as_bytes()).to_string()),
        ("Basic", format!("Basic {}", STANDARD.encode(format!("ada:{canary}")))),
        ("the first half", canary[..canary.len() / 2].to_owned()),
        ("the second half", canary[canary.len() / 2..].to_owned()),
        ("hex of percent", each(&percent(canary), |byte| format!("{byte:02X}"))),
        ("a vector of base64", format!("{:?}", STANDARD.encode(canary).as_bytes())),
        ("base64 of percent", STANDARD.encode(percent(canary))),
        ("base64 of gzip", STANDARD.encode(gzip(canary))),
        ("base64 of gzip of base64", URL_SAFE.encode(gzip(&STANDARD.encode(canary)))),
    ]
    .map(|(name, text)| (name.to_owned(), text.into_bytes()))
    .into();
    for offset in 0..3 {
        let text = format!("{}{canary} and more", "x".repeat(offset));
        all.push((format!("base64 at {offset}"), STANDARD.encode(&text).into_bytes()));
        all.push((format!("base64url at {offset}"), URL_SAFE.encode(&text).into_bytes()));
    }
    all.push(("gzip".to_owned(), gzip(canary)));
    all.push(("gzip of JSON".to_owned(), gzip(&json)));
    let zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    all.push(("zlib".to_owned(), packed(zlib, canary, ZlibEncoder::finish)));
    let deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    all.push(("deflate".to_owned(), packed(deflate, canary, DeflateEncoder::finish)));
    all
}

#[test]
fn a_canary_is_found_in_every_encoding() {
    let (oracle, canary) = oracle();
    for (name, bytes) in encoded(&canary) {
        assert_eq!(oracle.prepared().look("here", &bytes).len(), 1, "{name}");
        if name != "deflate" {
            let amid =
                [b"what comes before, 7% & more: \"", &bytes[..], b"\" and what comes behind\n"].concat();
            assert_eq!(oracle.prepared().look("here", &amid).len(), 1, "{name}, amid other things");
        }
    }
}

#[test]
fn what_is_no_canary_is_not_found_in_any_encoding() {
    let (oracle, _) = oracle();
    for (name, bytes) in encoded(Canary::new().text()) {
        assert_eq!(oracle.prepared().look("here", &bytes), [], "{name}");
    }
}

#[test]
fn a_canary_across_the_pieces_of_a_large_sink_is_found() {
    let (oracle, canary) = oracle();
    for (name, bytes) in
        [("raw", canary.clone()), ("percent", percent(&canary)), ("JSON", json!(canary).to_string())]
    {
        for before in [(1 << 20) - 40, (1 << 20) - 8, 1 << 20, (16 << 20) - 30] {
            let all = [&vec![b'.'; before][..], bytes.as_bytes()].concat();
            assert_eq!(oracle.prepared().look("here", &all).len(), 1, "{name} behind {before} bytes");
        }
    }
}

#[test]
fn of_a_private_key_every_line_is_secret_and_of_its_certificate_none() {
    let line = |letter: char| letter.to_string().repeat(64);
    let (public, head, key) = (line('P'), line('H'), random().to_string().repeat(4));
    let shared = line('S');
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{public}\n{shared}\n-----END CERTIFICATE-----\n\
         -----BEGIN PRIVATE KEY-----\n{head}\n{key}\n{shared}\n-----END PRIVATE KEY-----\n"
    );
    Canary::known("a key", &pem);
    let known = |text: &str| lock(&ORACLE.canaries).iter().any(|known| known.value == text.as_bytes());
    assert!(known(&key));
    for no_secret in [&head, &public, &shared, &pem] {
        assert!(!known(no_secret), "{no_secret}");
    }
}

#[test]
#[should_panic = "use Canary::new()"]
fn a_value_that_other_texts_hold_by_chance_is_no_canary() {
    Canary::known("a secret", "password");
}

fn a_leak() -> Vec<Leak> {
    let (oracle, canary) = oracle();
    oracle.prepared().look("a sink", canary.as_bytes())
}

#[test]
fn a_leak_fails_the_test_and_says_what_is_where() {
    let failure = catch_unwind(|| leak::tell(a_leak())).expect_err("it panics");
    let report = failure.downcast_ref::<String>().expect("a text");
    assert!(report.contains("the canary is in a sink (raw)"), "{report}");
    leak::tell(Vec::new());
}

/// Tells of a leak when it is dropped, as a suite does.
struct Leaky;

impl Drop for Leaky {
    fn drop(&mut self) {
        leak::tell(a_leak());
    }
}

#[test]
fn a_leak_of_a_test_that_fails_already_does_not_hide_why() {
    let failure = catch_unwind(|| {
        let _leaky = Leaky;
        panic!("the first");
    });
    let failure = failure.expect_err("it panics");
    assert_eq!(failure.downcast_ref::<&str>(), Some(&"the first"));
    catch_unwind(|| drop(Leaky)).expect_err("and otherwise it is what fails");
}
