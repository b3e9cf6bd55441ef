//! One key file that two processes use.

use std::net::SocketAddr;

use super::{active, ids_in, is_over};
use crate::harness::{Authority, Known, Setup, free_port, run, sealing_keys};

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_share_a_file_take_a_new_key_over_and_leave_the_old_one_to_the_operator() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("ring");
    let path = file.display().to_string();
    assert_eq!(run(&["keys", "file", "new", &path], "").await.code, 0);
    sealing_keys(&file);
    let link = Known::new("link", &["caller"]);
    let internal = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let config = format!(
        "[server]\ninternal_listen = \"{internal}\"\n[seal]\nkey_file = {file:?}\n[links]\ntoken_file = {:?}\n",
        link.token_file(folder.path())
    );
    let secrets = Setup::new(&authority).only("secrets").config(&config).start().await;
    let to_secrets =
        config.replace(&format!("{internal}"), "127.0.0.1:0") + &format!("secrets = \"http://{internal}\"\n");
    let tokens = Setup::new(&authority).only("tokens").config(&to_secrets).start().await;
    secrets
        .put_secret("crm", "https://crm.example.com/".to_owned(), crate::harness::Canary::new().text())
        .await;
    let old = active(&tokens.key_status().await);

    let rotated = secrets.command(&["keys", "rotate", "--json"]).await.success();
    sealing_keys(&file);
    assert_eq!(rotated["keys"].as_array().map(Vec::len), Some(2), "{rotated}");
    for suite in [&secrets, &tokens] {
        let status = suite.keys_until("it has the new key and needs the old one no more", |status| {
            active(status) != old
                && status.rewrap.as_ref().is_some_and(|rewrap| rewrap.problem.contains("keys file remove"))
        });
        assert_eq!(status.await.keys.len(), 2, "another process may need the old key");
    }
    let waited = secrets.command(&["keys", "retire", "--wait", "--json"]).await;
    assert_eq!(waited.reason(1), "KEYS_REMAIN");

    assert_eq!(run(&["keys", "file", "remove", &path, &old], "").await.code, 0);
    for suite in [&secrets, &tokens] {
        suite.keys_until("the old key is gone", is_over).await;
    }
    let text = std::fs::read_to_string(&file).expect("there is a key file");
    assert!(!ids_in(&text).contains(&old));
}
