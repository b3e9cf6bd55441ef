//! The audit ledger from outside: what was answered is in it whatever happens, and what is done to it shows.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use data_encoding::HEXLOWER;

use proto::secrets::v1::{
    Purpose, ReleaseSecretRequest, secret_release_service_client::SecretReleaseServiceClient,
};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tonic::service::interceptor::InterceptedService;

use crate::harness::{
    Answer, Authority, Bearer, Canary, Client, Counterpart, Known, Setup, Suite, Tap, anybody, bearer,
    free_port, random, run,
};

/// Connections that have secrets released at once, and calls at once on each.
const RELEASERS: usize = 4;
const AT_ONCE: usize = 8;
/// Rounds that end with a kill.
const ROUNDS: usize = 5;
/// The most releases that are answered before the kill.
const MOST: u64 = 200;

/// Every entry in the files of a suite's ledger, by its number.
fn entries(suite: &Suite) -> BTreeMap<u64, Value> {
    let lines = files(suite).into_iter().flat_map(|path| {
        let text = fs::read_to_string(path).expect("a file of the ledger is text");
        // After a kill the last line may be unfinished.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        text[..whole].lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines
        .map(|line| {
            let entry: Value = serde_json::from_str(&line).expect("an entry is JSON");
            (entry["sequence"].as_u64().expect("a number"), entry)
        })
        .collect()
}

fn files(suite: &Suite) -> Vec<PathBuf> {
    ledger(suite.data())
}

/// The files of the ledger in a data folder, in their order.
fn ledger(data: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(data.join("ledger")).expect("there is a ledger");
    let mut files: Vec<_> = found.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    files
}

/// Has a secret released until the connection breaks; tells the numbers that were answered.
async fn release(connection: Client, answered: UnboundedSender<u64>) {
    let request = ReleaseSecretRequest {
        name: "tenants/default/secrets/crm".to_owned(),
        destination_url: "https://crm.example.com/".to_owned(),
        purpose: Purpose::Call.into(),
        ..Default::default()
    };
    let calls = (0..AT_ONCE).map(|_| {
        let (mut client, request) = (SecretReleaseServiceClient::new(connection.clone()), request.clone());
        let answered = answered.clone();
        async move {
            while let Ok(released) = client.release_secret(request.clone()).await {
                answered.send(released.into_inner().release).expect("the test listens");
            }
        }
    });
    futures::future::join_all(calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_during_releases_loses_none_that_was_answered() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let link = Known::new("link", &[]);
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let config = format!(
        "[server]\ninternal_listen = \"{address}\"\n[links]\ntoken_file = {:?}\n",
        link.token_file(folder.path())
    );
    let mut suite = Setup::new(&authority).config(&config).start().await;
    let answer = "the answer of /outgate.secrets.v1.SecretReleaseService/ReleaseSecret";
    let secret = Canary::new().may_be_in(answer, "it is what is released to the suite's own services");
    suite.put_secret("crm", "https://crm.example.com".to_owned(), secret.text()).await;

    let mut answered = Vec::new();
    for _ in 0..ROUNDS {
        let (tell, mut told) = unbounded_channel();
        for _ in 0..RELEASERS {
            let connection = InterceptedService::new(Tap::to(address), Bearer::new(link.token()));
            tokio::spawn(release(connection, tell.clone()));
        }
        drop(tell);
        for _ in 0..=random() % MOST {
            answered.push(told.recv().await.expect("releases are answered until the kill"));
        }
        suite.kill().await;
        while let Some(number) = told.recv().await {
            answered.push(number);
        }
        let verified = suite.command(&["audit", "verify", "--json"]).await.success();
        let entries = entries(&suite);
        assert_eq!(verified["verified"][0]["entries"], entries.len());
        for number in &answered {
            let entry = entries.get(number).unwrap_or_else(|| panic!("release {number} is lost"));
            assert_eq!((&entry["kind"], &entry["by"]), (&json!("released"), &json!("service")));
        }
        suite.restart().await;
    }
    let mut once = answered.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), answered.len(), "two releases were answered with one number");
}

/// A suite with a call through it that used a secret.
async fn used(authority: &Authority, config: &str) -> (Suite, Counterpart) {
    let crm = Counterpart::start(authority, |_| Answer::json(200, &json!({ "id": 7 }))).await;
    let suite = Setup::new(authority).config(config).start().await;
    suite.put_secret("crm", crm.url("/"), Canary::new().text()).await;
    suite.create_integration("CRM", anybody(crm.url("/**"), bearer("crm"))).await;
    suite.get("CRM", crm.url("/v1?q=visible-nowhere")).await.expect("an answer");
    (suite, crm)
}

#[tokio::test]
async fn a_call_leaves_its_release_and_its_use_and_an_export_can_be_proved() {
    let authority = Authority::new();
    for config in ["", "[audit]\nstrict_tenants = [\"default\"]\n"] {
        let (mut suite, _crm) = used(&authority, config).await;
        // The end of the suite waits for what is on its way to the ledger.
        suite.terminate();
        assert!(suite.ended().await.success());
        suite.restart().await;
        let export = suite.command(&["audit", "export", "--all-tenants", "--json"]).await.success();
        let kinds: Vec<_> =
            export["entries"].as_array().expect("entries").iter().map(|e| &e["kind"]).collect();
        assert_eq!(kinds, ["put", "released", "used"], "{config}");
        assert_eq!(export["entries"][2]["release"], export["entries"][1]["sequence"]);
        assert!(!export.to_string().contains("visible-nowhere"));

        let text = suite.command(&["audit", "export", "--all-tenants"]).await;
        let file = suite.data().join("export.jsonl");
        fs::write(&file, &text.stdout).expect("a temporary file can be written");
        let head = suite.command(&["audit", "head"]).await.stdout;
        let verify = ["audit", "verify", "--json", "--head", head.trim(), file.to_str().expect("text")];
        assert_eq!(run(&verify, "").await.success()["verified"][0]["entries"], 3);
        a_head_that_was_noted_down_is_held_against_it(&file, head.trim()).await;
        let of = async |secret: &str| {
            let exported = suite.command(&["audit", "export", "--secret", secret, "--json"]).await.success();
            exported["entries"].as_array().expect("entries").len()
        };
        assert_eq!((of("crm").await, of("cr").await), (3, 0));
        // Of another tenant there is nothing.
        let other = suite.command(&["audit", "export", "--tenant", "other", "--json"]).await.success();
        assert_eq!(other["entries"], json!([]));
    }
}

/// Another head than that of the export is not its, and neither is a later one; and what is left out is said to be.
async fn a_head_that_was_noted_down_is_held_against_it(export: &Path, head: &str) {
    let (_, hash) = head.split_once(':').expect("a number and a hash");
    let other = if hash.starts_with('0') { "1" } else { "0" };
    for head in [format!("3:{other}{}", &hash[1..]), format!("4:{hash}")] {
        assert_eq!(verify(export, &["--head", &head]).await.reason(1), "LEDGER_BROKEN", "{head}");
    }
    let text = fs::read_to_string(export).expect("an export is text");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let some = export.with_extension("some");
    fs::write(&some, [lines[0], lines[2]].concat()).expect("a temporary file can be written");
    assert_eq!(verify(&some, &[]).await.reason(1), "LEDGER_BROKEN");
    let proved = verify(&some, &["--gaps"]).await.success();
    assert_eq!((&proved["verified"][0]["entries"], &proved["verified"][0]["gaps"]), (&json!(2), &json!(1)));
}

/// The same entries but for one, in a chain of their own, as somebody makes it who has the disk and not the keys.
fn written_anew(text: &str) -> String {
    let mut previous = "0".repeat(64);
    let mut written = String::new();
    for line in text.replacen("\"by\":\"operator\"", "\"by\":\"somebody\"", 1).lines() {
        let (entry, _) = line.split_once(",\"hash\":").expect("an entry has a hash");
        let (before, rest) = entry.split_once("\"previous\":\"").expect("an entry has one before");
        let entry = format!("{before}\"previous\":\"{previous}{}", &rest[previous.len()..]);
        previous = HEXLOWER.encode(digest(&SHA256, entry.as_bytes()).as_ref());
        written.push_str(&format!("{entry},\"hash\":\"{previous}\"}}\n"));
    }
    written
}

/// Before, and not soon after: whoever gets the bytes finds the use in the files.
#[tokio::test]
async fn where_a_tenant_is_strict_a_use_is_written_before_the_bytes_leave() {
    let authority = Authority::new();
    let folder = Arc::new(OnceLock::new());
    let place = folder.clone();
    let crm = Counterpart::start(&authority, move |_| {
        let suite: &PathBuf = place.get().expect("it is told before it is called");
        let lines = ledger(suite).into_iter().map(|file| fs::read_to_string(file).expect("it is text"));
        Answer::json(200, &json!(lines.map(|text| text.matches("\"kind\":\"used\"").count()).sum::<usize>()))
    })
    .await;
    let suite = Setup::new(&authority).config("[audit]\nstrict_tenants = [\"default\"]\n").start().await;
    folder.set(suite.data().to_owned()).expect("it is told once");
    suite.put_secret("crm", crm.url("/"), Canary::new().text()).await;
    suite.create_integration("CRM", anybody(crm.url("/**"), bearer("crm"))).await;
    for call in 1..=40 {
        let answer = suite.get("CRM", crm.url("/")).await.expect("an answer");
        assert_eq!(answer.body, call.to_string(), "the use of call {call}");
    }
}

async fn verify(path: &Path, more: &[&str]) -> crate::harness::Output {
    run(&[&["audit", "verify", "--json", path.to_str().expect("text")], more].concat(), "").await
}

/// The chain can be proved where nobody can unwrap the keys of the data folder; a key file that is named is to be of use.
async fn keys_that_are_wrapped_prove_no_checkpoint(suite: &Suite) {
    let (file, data) = (suite.data().join("seal.key"), suite.data().to_str().expect("text"));
    let own = fs::read(&file).expect("it is ours");
    let wrapped = "outgate-keyring 1\nactive 0123456789abcdef\nwrapped 0123456789abcdef vault:v1:none 1\n";
    fs::write(&file, wrapped).expect("it is ours");
    let own_keys = ["audit", "verify", "--json", "--data", data];
    let proved = run(&own_keys, "").await.success();
    assert_eq!(proved["verified"][0]["checkpoint"], "unproved");
    let named = [&own_keys[..], &["--key-file", file.to_str().expect("text")]].concat();
    let refused = run(&named, "").await;
    assert!(refused.code != 0 && refused.stdout.contains("is wrapped"), "{refused:?}");
    fs::write(&file, own).expect("it is ours");
}

#[tokio::test]
async fn what_is_done_to_the_ledger_is_named_and_stops_the_start() {
    let authority = Authority::new();
    let (mut suite, _crm) = used(&authority, "").await;
    suite.terminate();
    assert!(suite.ended().await.success());
    let ledger = suite.data().join("ledger");
    let keys = suite.data().join("seal.key");
    let keys = ["--key-file", keys.to_str().expect("text")];
    let file = files(&suite).remove(0);
    let whole = fs::read_to_string(&file).expect("a file of the ledger is text");
    let proved = verify(&ledger, &keys).await.success();
    assert_eq!(
        (&proved["verified"][0]["checkpoint"], &proved["verified"][0]["entries"]),
        (&json!("proved"), &json!(3))
    );
    assert_eq!(verify(&ledger, &[]).await.success()["verified"][0]["checkpoint"], "unproved");
    keys_that_are_wrapped_prove_no_checkpoint(&suite).await;

    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    for (broken, first) in [
        (whole.replace("\"version\":1,\"release\"", "\"version\":2,\"release\""), "3"),
        ([lines[0], lines[2]].concat(), "2"),
        ([lines[0], lines[1]].concat(), "3"),
        (whole[..whole.len() - 1].to_owned(), "3"),
        // Every hash fits; what does not is the checkpoint, which takes the keys.
        (written_anew(&whole), "3"),
    ] {
        assert_ne!(broken, whole);
        fs::write(&file, broken).expect("the file can be written");
        let output = verify(&ledger, &keys).await;
        assert_eq!(output.reason(1), "LEDGER_BROKEN");
        assert_eq!(output.json()["error"]["metadata"]["sequence"], first);
        let data = suite.data().to_str().expect("text");
        let started = run(&["serve", "--json", "--listen", "127.0.0.1:0", "--data", data], "").await;
        assert_eq!(started.reason(1), "NOT_STARTED");
        let message = started.json()["error"]["message"].to_string();
        assert!(message.contains(&format!("entry {first}")) && message.contains("restore it"), "{message}");
    }
    fs::write(&file, whole).expect("the file can be written");
    suite.restart().await;
}
