//! What calls itself a transit engine and is none, or lies: no key of its comes into use, and none is lost by it.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Mutex};

use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, Authority, Counterpart, Known, Output, run};

/// Thirty-two bytes that could be random.
const KEY: [u8; 32] = [
    0x3c, 0x91, 0x5f, 0x08, 0xe2, 0x77, 0xb4, 0x1d, 0xa6, 0x42, 0xcb, 0x90, 0x0e, 0x53, 0xf8, 0x67, 0x19,
    0xd4, 0x8a, 0x35, 0xbf, 0x6e, 0x21, 0xc7, 0x7d, 0x04, 0xe9, 0x58, 0xa1, 0x16, 0xdc, 0x4b,
];
const WRAPPED: &str =
    "outgate-keyring 1\nactive 0123456789abcdef\nwrapped 0123456789abcdef vault:v1:AAAA 1\n";

/// A folder, and an engine that answers everything alike.
struct Place {
    folder: TempDir,
    engine: Counterpart,
    token: Known,
}

impl Place {
    async fn new(authority: &Authority, answer: Answer) -> Self {
        let once = Mutex::new(answer);
        let answer = move |_: &_| once.lock().expect("nobody panics with it").clone();
        let place = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            engine: Counterpart::start(authority, answer).await,
            token: Known::new("engine", &[]),
        };
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[seal.transit]\naddress = {:?}\nkey = \"outgate\"\n\
             token_file = {:?}\nca_file = {:?}\n",
            place.engine.url(""),
            place.token.token_file(place.folder.path()),
            authority.ca_file()
        );
        fs::write(place.config(), config).expect("a temporary file can be written");
        fs::create_dir(place.data()).expect("a temporary folder can be made");
        place
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("outgate.toml")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn key_file(&self) -> PathBuf {
        self.data().join("seal.key")
    }

    fn keep(&self, keys: &str) {
        fs::write(self.key_file(), keys).expect("a temporary file can be written");
        fs::set_permissions(self.key_file(), fs::Permissions::from_mode(0o600)).expect("it is ours");
    }

    async fn start(&self) -> Output {
        let (data, config) = (self.data().display().to_string(), self.config().display().to_string());
        run(&["serve", "--json", "--data", &data, "--config", &config], "").await
    }

    #[track_caller]
    fn told(&self, output: &Output, text: &str) {
        assert_eq!(output.reason(1), "NOT_STARTED", "{text}");
        let message = output.json()["error"]["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(text), "`{text}` is not in: {message}");
        assert!(message.contains(&self.engine.url("")) && message.lines().count() == 1, "{message}");
        assert!(!self.data().join("store").exists(), "no store is opened with it");
    }
}

fn unwrapped(bytes: &[u8]) -> Value {
    json!({ "data": { "plaintext": BASE64.encode(bytes) } })
}

#[tokio::test]
async fn what_is_unwrapped_and_is_no_key_stops_the_start() {
    let authority = Authority::new();
    let misunderstood = "is no transit engine, or gives what is no key";
    for (answer, text) in [
        (Answer::json(200, &json!({})), misunderstood),
        (Answer::json(200, &json!([])), misunderstood),
        (Answer::json(200, &json!({ "errors": ["no"] })), misunderstood),
        (Answer::json(200, &json!({ "data": null })), misunderstood),
        (Answer::json(200, &json!({ "data": { "ciphertext": "vault:v1:AAAA" } })), misunderstood),
        (Answer::json(200, &json!({ "data": { "plaintext": "no base64!" } })), misunderstood),
        (Answer::json(200, &json!({ "data": { "plaintext": 7 } })), misunderstood),
        (Answer::json(200, &unwrapped(&[])), misunderstood),
        (Answer::json(200, &unwrapped(&KEY[..31])), misunderstood),
        (Answer::json(200, &unwrapped(&[&KEY[..], &[1]].concat())), misunderstood),
        (Answer::json(200, &unwrapped(&[0; 32])), misunderstood),
        (Answer::json(200, &unwrapped(&[0x7f; 32])), misunderstood),
        (Answer::json(200, &unwrapped(b"a key that somebody has typed in")), misunderstood),
        (Answer::bytes((&b"<html>it works</html>"[..]).into()), misunderstood),
        // Of a failure nothing is read, a key or none.
        (Answer::json(500, &unwrapped(&KEY)), "failed (status 500)"),
        (Answer::json(400, &unwrapped(&KEY)), "that fits (status 400)"),
        (Answer::json(403, &unwrapped(&KEY)), "refuses the token"),
        (Answer::json(503, &unwrapped(&KEY)), "is sealed or not ready"),
        (Answer::json(206, &unwrapped(&KEY)), "failed (status 206)"),
        (Answer::redirect(307, "https://127.0.0.1:1/v1/transit/decrypt/outgate".to_owned()), "(status 307)"),
        (Answer::bytes(vec![b' '; 1 << 20].into()), "cannot be reached"),
    ] {
        let place = Place::new(&authority, answer).await;
        place.keep(WRAPPED);
        place.told(&place.start().await, text);
        assert_eq!(fs::read_to_string(place.key_file()).expect("it is there"), WRAPPED);
        let asked = place.engine.only();
        assert_eq!(asked.path, "/v1/transit/decrypt/outgate");
        assert_eq!(asked.header("x-vault-token"), place.token.token());
    }
}

#[tokio::test]
async fn what_is_wrapped_and_cannot_stand_in_a_key_file_makes_none() {
    let authority = Authority::new();
    let line = "vault:v1:AAAA 1\nkey fedcba9876543210 00112233445566778899aabbccddeeff0123456789abcdef0f1e2d3c4b5a6978";
    for ciphertext in ["", "vault:v1:AA AA", "vault:v1:\u{e4}", line] {
        let answer = Answer::json(200, &json!({ "data": { "ciphertext": ciphertext } }));
        let place = Place::new(&authority, answer).await;
        place.told(&place.start().await, "is no transit engine, or gives what is no key");
        assert!(!place.key_file().exists(), "{ciphertext:?}");
    }
}

/// The engine gives another key back than it was given: what it wrapped would open nothing.
#[tokio::test]
async fn keys_that_do_not_come_back_are_not_overwritten() {
    let authority = Authority::new();
    let both = json!({ "data": { "ciphertext": "vault:v1:AAAA", "plaintext": BASE64.encode(&KEY) } });
    let place = Place::new(&authority, Answer::json(200, &both)).await;
    let (file, config) = (place.key_file().display().to_string(), place.config().display().to_string());
    assert_eq!(run(&["keys", "file", "new", &file], "").await.code, 0);
    crate::harness::sealing_keys(&place.key_file());
    let before = fs::read(place.key_file()).expect("it was made");
    let wrapped = run(&["keys", "file", "wrap", &file, "--config", &config, "--json"], "").await;
    assert_eq!(wrapped.reason(2), "FILE_INVALID");
    assert!(wrapped.stdout.contains("another key"), "{wrapped:?}");
    assert_eq!(fs::read(place.key_file()).expect("it is there"), before);
}
