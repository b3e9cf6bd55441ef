//! Keys that OpenBao wraps: their file opens nothing by itself.

use std::fs;

use super::{Scene, ids_in, is_over};
use crate::harness::{Authority, Bao, Output, Setup, run};

async fn scene() -> (Scene, Bao) {
    let authority = Authority::new();
    let bao = Bao::start(&authority).await;
    let suite = Setup::new(&authority).config(&bao.config("outgate")).start().await;
    bao.canaries_in(&suite.data().join("seal.key")).await;
    (Scene::with(authority, suite).await, bao)
}

impl Scene {
    /// Starts what is not to start, over the data of the suite, which has ended.
    async fn start(&self) -> Output {
        let (data, config) = (self.suite.data().display().to_string(), self.suite.config_file());
        run(&["serve", "--json", "--data", &data, "--config", &config.display().to_string()], "").await
    }

    async fn stop(&mut self) {
        self.suite.terminate();
        assert!(self.suite.ended().await.success());
    }
}

fn told(started: &Output, bao: &Bao, texts: &[&str]) {
    assert_eq!(started.reason(1), "NOT_STARTED");
    let message = started.json()["error"]["message"].as_str().expect("a message").to_owned();
    assert_eq!(message.lines().count(), 1, "{message}");
    for text in [&[bao.address()], texts].concat() {
        assert!(message.contains(text), "`{text}` is not in: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrapped_keys_seal_are_rotated_and_come_back_after_a_restart() {
    let (mut scene, bao) = scene().await;
    let value = scene.put("crm").await;
    let first = ids_in(&scene.file());
    assert!(scene.file().lines().all(|line| !line.starts_with("key ")), "no key is in the clear");
    let rotated = scene.keys(&["rotate", "--wait"]).await.success();
    assert_eq!(rotated["source"], "transit", "{rotated}");
    bao.canaries_in(&scene.key_file()).await;
    assert!(ids_in(&scene.file()).is_disjoint(&first));
    assert!(scene.file().lines().all(|line| !line.starts_with("key ")), "no key is in the clear");
    scene.check("crm", &value).await;
    scene.stop().await;
    scene.suite.restart().await;
    scene.check("crm", &value).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_lost_stops_the_start_and_nothing_else() {
    let (mut scene, mut bao) = scene().await;
    let value = scene.put("crm").await;
    bao.seal().await;
    scene.check("crm", &value).await;
    let rotated = scene.keys(&["rotate"]).await;
    assert_eq!(rotated.reason(1), "KEYS_UNAVAILABLE");
    assert!(rotated.stdout.contains("is sealed or not ready"), "{rotated:?}");
    scene.stop().await;
    told(&scene.start().await, &bao, &["is sealed or not ready", "unseal it"]);

    bao.unseal().await;
    let token = bao.token();
    bao.keep_token("s.0123456789abcdefghijklmn");
    told(&scene.start().await, &bao, &["refuses the token", "renew it"]);
    bao.keep_token(&token);
    scene.suite.restart().await;
    scene.check("crm", &value).await;

    bao.kill().await;
    let later = scene.put("later").await;
    scene.check("later", &later).await;
    scene.stop().await;
    told(&scene.start().await, &bao, &["cannot be reached", "start it"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_another_key_wrapped_are_not_opened() {
    let (mut scene, bao) = scene().await;
    scene.stop().await;
    let wrong = fs::read_to_string(scene.suite.config_file()).expect("it was written");
    fs::write(scene.suite.config_file(), wrong.replace("key = \"outgate\"", "key = \"another\""))
        .expect("it is ours");
    // The policy of the token names one key, so that the engine does not even say whether there is another.
    told(&scene.start().await, &bao, &["refuses the token", "encrypt/another"]);
    fs::write(scene.suite.config_file(), &wrong).expect("it is ours");

    let damaged = scene.file().replacen("vault:v1:", "vault:v1:AAAA", 1);
    let kept = scene.file();
    fs::write(scene.key_file(), damaged).expect("it is ours");
    told(&scene.start().await, &bao, &["has no key `outgate` that fits"]);
    fs::write(scene.key_file(), kept).expect("it is ours");
    scene.suite.restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_the_clear_are_refused_until_they_are_wrapped() {
    let mut scene = Scene::new().await;
    let value = scene.put("crm").await;
    scene.stop().await;
    let bao = Bao::start(&scene.authority).await;
    let config = fs::read_to_string(scene.suite.config_file()).expect("it was written");
    fs::write(scene.suite.config_file(), config + &bao.config("outgate")).expect("it is ours");
    let started = scene.start().await;
    assert_eq!(started.reason(1), "NOT_STARTED");
    assert!(
        started.stdout.contains("in the clear") && started.stdout.contains("keys file wrap"),
        "{started:?}"
    );

    let ids = ids_in(&scene.file());
    let config = scene.suite.config_file().display().to_string();
    scene.edit("wrap", &["--config", &config]).await.success();
    assert_eq!(ids_in(&scene.file()), ids);
    assert!(scene.file().lines().all(|line| !line.starts_with("key ")), "no key is in the clear");
    scene.suite.restart().await;
    scene.check("crm", &value).await;
    scene.keys(&["rotate", "--wait"]).await.success();
    bao.canaries_in(&scene.key_file()).await;
    assert!(is_over(&scene.suite.key_status().await));
    scene.check("crm", &value).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_renewed_is_shown_from_the_next_request_on() {
    let (scene, bao) = scene().await;
    let token = bao.token();
    bao.keep_token("s.0123456789abcdefghijklmn");
    let refused = scene.keys(&["rotate"]).await;
    assert_eq!(refused.reason(1), "KEYS_UNAVAILABLE");
    assert!(refused.stdout.contains("refuses the token"), "{refused:?}");
    bao.keep_token(&token);
    scene.keys(&["rotate", "--wait"]).await.success();
    bao.canaries_in(&scene.key_file()).await;
}
