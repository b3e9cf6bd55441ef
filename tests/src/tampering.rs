//! Somebody who has the disk, and not the keys, changes records of a suite that is stopped: what was changed is named, and
//! never served.

use std::{collections::BTreeSet, process::Command};

use data_encoding::HEXLOWER;
use proto::{
    keys::v1::KeyStatus,
    secrets::v1::{ListSecretsRequest, PutSecretRequest},
};
use serde_json::json;

use crate::harness::{
    Answer, Authority, Canary, Counterpart, Suite, anybody, bearer, reason, sealing_keys, store_editor,
};

/// The key of a secret's record in the store.
fn record(tenant: &str, id: &str) -> String {
    format!("secrets/records/{tenant}/{id}")
}

/// The store of a suite that is stopped.
struct Disk(std::path::PathBuf);

impl Disk {
    fn edit(&self, arguments: &[&str]) -> String {
        let ended = Command::new(store_editor()).arg(&self.0).args(arguments).output().expect("it starts");
        assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).expect("its words are text").trim().to_owned()
    }

    fn get(&self, key: &str) -> Vec<u8> {
        HEXLOWER.decode(self.edit(&["get", key]).as_bytes()).expect("it is hexadecimal")
    }

    fn put(&self, key: &str, value: &[u8]) {
        self.edit(&["put", key, &HEXLOWER.encode(value)]);
    }
}

/// Each secret is called after what becomes of its record.
const DAMAGED: [&str; 10] = [
    "cut",
    "downgraded",
    "emptied",
    "flipped-first",
    "flipped-last",
    "foreign",
    "lengthened",
    "replayed",
    "swapped-one",
    "swapped-other",
];

/// Does to the records what their names say; `old` is the record that `replayed` had before.
fn damage(disk: &Disk, old: &[u8]) {
    let change = |id: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = disk.get(&record("default", id));
        change(&mut bytes);
        disk.put(&record("default", id), &bytes);
    };
    change("cut", &|bytes| bytes.truncate(bytes.len() / 2));
    // The format is the first member of the record.
    change("downgraded", &|bytes| {
        assert_eq!(bytes[..2], [8, 2], "the format of what is written");
        bytes[1] = 1;
    });
    change("emptied", &|bytes| bytes.clear());
    change("flipped-first", &|bytes| bytes[0] ^= 1);
    change("flipped-last", &|bytes| *bytes.last_mut().expect("a record has bytes") ^= 1);
    change("lengthened", &|bytes| bytes.push(0));
    disk.put(&record("default", "foreign"), &disk.get(&record("other", "foreign")));
    let (one, other) = (record("default", "swapped-one"), record("default", "swapped-other"));
    let values = (disk.get(&one), disk.get(&other));
    disk.put(&one, &values.1);
    disk.put(&other, &values.0);
    disk.put(&record("default", "replayed"), old);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_records_is_named_and_never_served() {
    let authority = Authority::new();
    let witness = Counterpart::start(&authority, |_| Answer::json(200, &json!("seen"))).await;
    let mut suite = Suite::start(&authority).await;
    let good = Canary::new();
    suite.put_secret("good", witness.url("/"), good.text()).await;
    for id in DAMAGED.iter().chain(&["good"]) {
        suite.create_integration(id, anybody(witness.url("/**"), bearer(id))).await;
        if *id != "good" {
            suite.put_secret(id, witness.url("/"), Canary::new().text()).await;
        }
    }
    let theirs = PutSecretRequest {
        name: "tenants/other/secrets/foreign".to_owned(),
        value: Canary::new().text().to_owned().into(),
        url: witness.url("/"),
        ..Default::default()
    };
    suite.secrets().put_secret(theirs).await.expect("the secret is kept");
    let disk = Disk(suite.data().join("store"));
    suite.terminate();
    assert!(suite.ended().await.success());
    let old = disk.get(&record("default", "replayed"));
    suite.restart().await;
    suite.put_secret("replayed", witness.url("/"), Canary::new().text()).await;
    suite.terminate();
    assert!(suite.ended().await.success());

    damage(&disk, &old);
    suite.restart().await;
    the_start_names_them(&suite).await;
    for id in DAMAGED {
        let refusal = suite.get(id, witness.url("/")).await.expect_err(id);
        assert_eq!(reason(&refusal), "SECRET_UNREADABLE", "{id}: {refusal:?}");
        assert!(refusal.message().contains(id), "it is named: {refusal:?}");
    }
    assert_eq!(witness.received().len(), 0, "nothing was served");
    suite.get("good", witness.url("/")).await.expect("nothing was done to it");
    assert_eq!(witness.only().header("authorization"), format!("Bearer {}", good.text()));
    the_list_is_whole(&suite).await;
    a_rotation_names_them(&suite).await;
    for id in DAMAGED {
        let anew = Canary::new();
        suite.put_secret(id, witness.url("/"), anew.text()).await;
        suite.get(id, witness.url("/")).await.unwrap_or_else(|refusal| panic!("{id}: {refusal:?}"));
        assert_eq!(witness.last().header("authorization"), format!("Bearer {}", anew.text()));
    }
    let retired = suite.command(&["keys", "retire", "--wait", "--json"]).await.success();
    assert_eq!(
        retired["keys"].as_array().map(Vec::len),
        Some(1),
        "nothing needs the old key any more: {retired}"
    );
}

/// What cannot even be read is marked, for programs and for people, and hides nothing else.
async fn the_list_is_whole(suite: &Suite) {
    let request = ListSecretsRequest { parent: "tenants/default".to_owned(), ..Default::default() };
    let listed = suite.secrets().list_secrets(request).await.expect("the operator may").into_inner().secrets;
    assert_eq!(listed.len(), DAMAGED.len() + 1, "{listed:?}");
    let marked: BTreeSet<_> = listed
        .iter()
        .filter(|secret| secret.damaged)
        .map(|secret| secret.name.rsplit('/').next().expect("a name"))
        .collect();
    assert!(marked.is_superset(&["cut", "emptied", "flipped-first", "lengthened"].into()), "{marked:?}");
    assert!(!marked.contains("good"));
    let for_people = suite.command(&["secret", "list"]).await.stdout;
    for id in marked {
        let line = for_people.lines().find(|line| line.starts_with(&format!("{id} "))).expect("it is listed");
        assert!(line.contains("damaged: put it anew, or delete it"), "{line}");
    }
}

/// The records that do not open. What was replayed does, and is not the newest.
fn unopened() -> BTreeSet<String> {
    DAMAGED.iter().filter(|id| **id != "replayed").map(|id| record("default", id)).collect()
}

/// Those that are told to whoever asks for the state of the keys.
fn named(status: KeyStatus) -> BTreeSet<String> {
    status.rewrap.expect("it is told").unreadable_records.into_iter().collect()
}

fn assert_told(text: &str) {
    for name in unopened() {
        assert!(text.contains(&format!("does not open: {name}")), "{name} is not in:\n{text}");
    }
}

/// A start opens everything, with the active key, too: what does not open is named before anybody uses it. So does whoever
/// asks for it.
async fn the_start_names_them(suite: &Suite) {
    let looked = |status: &KeyStatus| status.rewrap.as_ref().is_some_and(|rewrap| rewrap.end_time.is_some());
    let status = suite.keys_until("all records are looked through", looked).await;
    assert_eq!(named(status), unopened());
    let again = suite.command(&["keys", "retire", "--wait"]).await;
    assert_eq!(again.code, 0, "no key has to go: {again:?}");
    assert_told(&again.stdout);
}

/// A rotation opens everything: what does not open is named, and keeps its key.
async fn a_rotation_names_them(suite: &Suite) {
    let rotated = suite.command(&["keys", "rotate", "--wait", "--json"]).await;
    sealing_keys(&suite.data().join("seal.key"));
    assert_eq!(rotated.reason(1), "KEYS_REMAIN");
    let status = suite.key_status().await;
    assert_eq!(status.keys.len(), 2, "{status:?}");
    assert_eq!(named(status), unopened());
    assert_told(&suite.command(&["keys", "status"]).await.stdout);
}
