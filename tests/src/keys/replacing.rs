//! A key file that changes under a running suite: taken over whole, or not at all.

use std::{fs, os::unix::fs::PermissionsExt};

use super::{Scene, active, ids_in, is_over};

impl Scene {
    /// Puts a text in the place of the key file, as an editor or a mount does, and waits for what is said about it.
    async fn replace(&self, text: &str, mode: u32, told: &str) {
        let new = self.suite.data().join("seal.key.next");
        fs::write(&new, text).expect("it is ours");
        fs::set_permissions(&new, fs::Permissions::from_mode(mode)).expect("it is ours");
        fs::rename(&new, self.key_file()).expect("it is ours");
        self.until_told(told).await;
    }

    async fn until_told(&self, told: &str) {
        let status = self.suite.keys_until(told, |status| match told {
            "" => status.problem.is_empty(),
            told => status.problem.contains(told),
        });
        let problem = status.await.problem;
        assert!(problem.is_empty() || problem.contains("the keys of before stay in use"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_added_to_the_file_is_taken_over() {
    let scene = Scene::new().await;
    let value = scene.put("crm").await;
    let first = active(&scene.suite.key_status().await);
    let added = scene.edit("add", &[]).await.success();
    assert_eq!(added["active"], first.as_str(), "it opens, and does not seal yet");
    let both = scene.suite.keys_until("the new key is there", |status| status.keys.len() == 2).await;
    assert_eq!(active(&both), first);

    let second = ids_in(&scene.file()).into_iter().find(|id| *id != first).expect("there is another one");
    scene.edit("activate", &[&second]).await.success();
    let after =
        scene.suite.keys_until("the old key ends", |status| is_over(status) && active(status) == second);
    after.await;
    assert_eq!(ids_in(&scene.file()), [second].into());
    scene.check("crm", &value).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_good_changes_nothing_and_is_told() {
    let scene = Scene::new().await;
    let value = scene.put("crm").await;
    let (good, id) = (scene.file(), active(&scene.suite.key_status().await));
    let other = "00112233445566778899aabbccddeeff0123456789abcdef0f1e2d3c4b5a6978";
    let alone = format!("outgate-keyring 1\nactive 00000000000000aa\nkey 00000000000000aa {other}\n");
    let differs = format!("outgate-keyring 1\nactive {id}\nkey {id} {other}\n");
    let half = &good[..good.len() - 20];
    for (text, mode, told) in [
        ("", 0o600, "it is empty"),
        (half, 0o600, "has"),
        (&*alone, 0o600, "is the active one"),
        (&*differs, 0o600, "another key"),
        (&*good, 0o644, "0644"),
        (&*good, 0o640, "0640"),
    ] {
        scene.replace(text, mode, told).await;
        assert_eq!(active(&scene.suite.key_status().await), id, "{told}");
        scene.check("crm", &value).await;
        let rotated = scene.keys(&["rotate"]).await;
        assert_eq!(rotated.reason(1), "KEYS_UNAVAILABLE", "{told}: nothing is built on it: {rotated:?}");
    }
    fs::remove_file(scene.key_file()).expect("it is ours");
    scene.until_told("there is no key file").await;
    let later = scene.put("later").await;
    scene.check("later", &later).await;
    assert!(scene.suite.said("stderr").contains("the keys of before stay in use"), "the log says so, too");

    scene.replace(&good, 0o600, "").await;
    scene.keys(&["rotate", "--wait"]).await.success();
    scene.check("crm", &value).await;
    scene.check("later", &later).await;
}
