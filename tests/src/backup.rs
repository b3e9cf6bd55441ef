//! `outgate backup` of a suite that is being written to, and `outgate restore` of what came of it.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use proto::registers::v1::{GetRegisterRequest, PutRegisterRequest};
use serde_json::json;

use crate::harness::{Answer, Authority, Canary, Counterpart, Known, Setup, Suite, anybody, bearer, run};

const REFUSED: i32 = 1;
const USAGE: i32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_suite_uses_the_secrets_of_the_one_that_was_backed_up() {
    let authority = Authority::new();
    let witness = Counterpart::start(&authority, |_| Answer::json(200, &json!("seen"))).await;
    let mut suite = Suite::start(&authority).await;
    let secret = Canary::new();
    suite.put_secret("crm", witness.url("/"), secret.text()).await;
    suite.create_integration("CRM", anybody(witness.url("/**"), bearer("crm"))).await;
    suite.put_register("KEPT", r#"{ "kept": true }"#).await.expect("the register is put");

    // Somebody writes all the time.
    let stop = Arc::new(AtomicBool::new(false));
    let (mut registers, stopped) = (suite.registers(), Arc::clone(&stop));
    let writer = tokio::spawn(async move {
        let mut number = 0_u64;
        while !stopped.load(Ordering::Relaxed) {
            let name = format!("tenants/default/registers/BUSY.{}", number % 50);
            let text = format!("{{ \"number\": {number} }}").into();
            let put = PutRegisterRequest { name, text, etag: String::new() };
            registers.put_register(put).await.expect("the register is put");
            number += 1;
        }
        number
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("suite.backup");
    let path = file.to_str().expect("text");
    let made = suite.command(&["--json", "backup", path]).await.success();
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.expect("the writer ends") > 0);
    let metadata = fs::metadata(&file).expect("the backup is there");
    assert_eq!(made["bytes"], json!(metadata.len()));
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(folder.path()).expect("the folder is read").count(),
        1,
        "nothing is left beside it"
    );

    // What came after it is not in it.
    suite.put_register("LATER", "{}").await.expect("the register is put");
    suite.kill().await;
    let key = suite.data().join("seal.key");
    let restore = ["--json", "restore", path, "--key-file", key.to_str().expect("text")];
    let refused = suite.command(&restore).await;
    assert!(refused.json()["error"]["message"].to_string().contains("never writes over data"), "{refused:?}");
    assert_eq!(refused.reason(USAGE), "FILE_INVALID");
    fs::rename(suite.data().join("store"), folder.path().join("store")).expect("the store is moved away");
    suite.command(&restore).await.success();
    suite.restart().await;

    suite.get("CRM", witness.url("/")).await.expect("a call with the secret works");
    assert_eq!(witness.last().header("authorization"), format!("Bearer {}", secret.text()));
    let get = |key: &str| GetRegisterRequest {
        name: format!("tenants/default/registers/{key}"),
        ..Default::default()
    };
    suite.registers().get_register(get("KEPT")).await.expect("it is there");
    suite.registers().get_register(get("LATER")).await.expect_err("it came after the backup");

    // Elsewhere the ledger comes along, and proves with the same keys.
    let elsewhere = folder.path().join("elsewhere");
    let elsewhere = elsewhere.to_str().expect("text");
    let restore = ["--json", "restore", path, "--key-file", key.to_str().expect("text"), "--data", elsewhere];
    let restored = run(&restore, "").await.success();
    assert!(restored["audited"].as_u64().is_some_and(|entries| entries > 0), "{restored}");
    fs::copy(&key, Path::new(elsewhere).join("seal.key")).expect("the keys are copied");
    let proved = run(&["--json", "audit", "verify", "--data", elsewhere], "").await.success();
    assert_eq!(proved["verified"][0]["entries"], restored["audited"]);
}

/// It holds every tenant, so an operator of one is not enough.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_takes_the_operator_of_all_tenants() {
    let one = Known::new("one", &["operator"]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let entry = one.entry(folder.path()).replace("\"*\"", "\"default\"");
    let suite = Setup::new(&Authority::new()).config(&entry).start().await;
    let token = one.token_file(folder.path());
    let file = folder.path().join("backup");
    let arguments =
        ["--json", "backup", file.to_str().expect("text"), "--token-file", token.to_str().expect("text")];
    let refused = suite.command(&arguments).await;
    assert_eq!(refused.reason(REFUSED), "ROLE_MISSING");
    assert!(!file.exists());
}

/// A stream that ends in an error is no backup, however much of it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_breaks_off_is_none() {
    let suite = Suite::start(&Authority::new()).await;
    suite.put_secret("crm", "https://crm.example.com".to_owned(), Canary::new().text()).await;
    let ledger = suite.data().join("ledger/00000000000000000001.jsonl");
    let length = fs::metadata(&ledger).expect("there is a ledger").len();
    File::options().write(true).open(&ledger).expect("it is ours").set_len(length - 10).expect("it is ours");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("backup");
    let broken = suite.command(&["--json", "backup", file.to_str().expect("text")]).await;
    assert_eq!(broken.reason(REFUSED), "AUDIT_UNAVAILABLE");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder is read").count(), 0, "nothing is left");
}
