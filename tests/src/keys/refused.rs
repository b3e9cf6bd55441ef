//! Key files that stop the start.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::harness::run;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[tokio::test]
async fn a_key_file_that_is_absent_short_weak_or_readable_stops_the_start() {
    let line =
        |key: &str| format!("outgate-keyring 1\nactive 0123456789abcdef\nkey 0123456789abcdef {key}\n");
    let twice = format!("{}key fedcba9876543210 {KEY}\n", line(KEY));
    for (text, mode, told) in [
        (None, 0, "there is no key file"),
        (Some(String::new()), 0o600, "it is empty"),
        (Some(line(&KEY[..32])), 0o600, "has 16 bytes, and a key has 32"),
        (Some(line(&"0".repeat(64))), 0o600, "is all zeros"),
        (Some(line(&"7f".repeat(32))), 0o600, "repeats so few different bytes"),
        (Some(line(&"61626364656667686970".repeat(4)[..64])), 0o600, "is a text"),
        (Some(twice), 0o600, "one and the same key"),
        (Some(line(KEY)), 0o604, "mode 0604"),
        (Some(line(KEY)), 0o640, "mode 0640"),
        (Some(line(KEY)), 0o620, "mode 0620"),
        (
            Some(
                "outgate-keyring 1\nactive 0123456789abcdef\nwrapped 0123456789abcdef vault:v1:AA==\n"
                    .to_owned(),
            ),
            0o600,
            "seal.transit.address names none",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (key, config) = (folder.path().join("ring"), folder.path().join("outgate.toml"));
        if let Some(text) = text {
            fs::write(&key, text).expect("a temporary file can be written");
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("it is ours");
        }
        let toml = format!("[server]\nlisten = \"127.0.0.1:0\"\n[seal]\nkey_file = {key:?}\n");
        fs::write(&config, toml).expect("a temporary file can be written");
        let (data, config) = (folder.path().join("data").display().to_string(), config.display().to_string());
        let started = run(&["serve", "--json", "--data", &data, "--config", &config], "").await;
        assert_eq!(started.reason(1), "NOT_STARTED", "{told}");
        let message = started.json()["error"]["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(told) && message.lines().count() == 1, "{told}: {message}");
        assert!(message.contains(&key.display().to_string()), "it names the file: {message}");
        assert!(!message.contains(&KEY[..16]), "it shows no key: {message}");
    }
}
