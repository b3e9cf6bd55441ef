//! A disk that is full, and has room again: in a file system of its own, which can be made smaller.

use std::{fs, path::Path};

use proto::secrets::v1::{PutSecretRequest, VerifySecretRequest};
use rustix::fs::statvfs;
use serde_json::json;
use tokio::time::{Duration, sleep};
use tonic::{Code, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::harness::{
    Answer, Authority, Canary, Counterpart, Setup, Suite, anybody, bearer, in_a_namespace, mount, reason, run,
};

const NAME: &str =
    "full_disk::nothing_is_released_or_written_on_a_full_disk_and_all_goes_on_when_there_is_room";
const BACKUPS: &str = "full_disk::a_backup_and_a_restore_without_room_leave_nothing";
/// Exit codes of the commands.
const REFUSED: i32 = 1;
const USAGE: i32 = 2;
/// What a suite has plenty of room in, in MiB.
const ROOM: u64 = 512;

/// Leaves so few bytes that the suite writes no more, and it is not the disk that stops it.
fn fill(folder: &Path) {
    let disk = statvfs(folder).expect("it is mounted");
    let used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize;
    mount(folder, used.div_ceil(1 << 20) + 16, true);
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, expected: &str) {
    let refusal = answer.expect_err("there is no room for it");
    assert_eq!((reason(&refusal).as_str(), refusal.code()), (expected, Code::Unavailable), "{refusal:?}");
}

/// Asks until that is its state.
async fn is(suite: &Suite, service: &str, wanted: ServingStatus) {
    loop {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = HealthClient::new(suite.channel()).check(request).await.expect("health answers");
        if answer.into_inner().status() == wanted {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn nothing_is_released_or_written_on_a_full_disk_and_all_goes_on_when_there_is_room() {
    in_a_namespace(NAME, async {
        let authority = Authority::new();
        let witness = Counterpart::start(&authority, |_| Answer::json(200, &json!("seen"))).await;
        let setup = Setup::new(&authority);
        let data = setup.data();
        fs::create_dir(&data).expect("a temporary folder can be made");
        mount(&data, ROOM, false);
        let mut suite = setup.start().await;
        let secret = Canary::new();
        suite.put_secret("crm", witness.url("/"), secret.text()).await;
        suite.create_integration("CRM", anybody(witness.url("/**"), bearer("crm"))).await;
        suite.put_register("KEPT", "{}").await.expect("the register is put");
        suite.get("CRM", witness.url("/before")).await.expect("there is room");
        // Its use is written down after it, and not to be missed below.
        is(&suite, "readiness", ServingStatus::Serving).await;

        fill(&data);
        let candidate = || Canary::new().text().to_owned().into();
        let name = || "tenants/default/secrets/crm".to_owned();
        let put = PutSecretRequest {
            name: name(),
            value: candidate(),
            url: witness.url("/"),
            ..Default::default()
        };
        let verify = VerifySecretRequest { name: name(), candidate: candidate() };
        refused(suite.get("CRM", witness.url("/full")).await, "AUDIT_UNAVAILABLE");
        refused(suite.secrets().put_secret(put).await, "AUDIT_UNAVAILABLE");
        refused(suite.secrets().verify_secret(verify).await, "AUDIT_UNAVAILABLE");
        refused(suite.put_register("KEPT", r#"{ "more": true }"#).await, "STORE_UNAVAILABLE");
        assert_eq!(witness.last().path, "/before", "nothing left");
        suite.has_logged("entries stop below").await;
        suite.has_logged("make room").await;
        for service in ["readiness", "", "outgate.secrets.v1.SecretService"] {
            is(&suite, service, ServingStatus::NotServing).await;
        }
        is(&suite, "liveness", ServingStatus::Serving).await;
        assert_eq!(suite.command(&["healthcheck"]).await.code, REFUSED);
        // What is only read goes on.
        let listed = suite.command(&["--json", "secret", "list"]).await.success();
        assert_eq!(
            (&listed["secrets"][0]["name"], &listed["secrets"][0]["version"]),
            (&json!("crm"), &json!(1))
        );

        mount(&data, ROOM, true);
        is(&suite, "readiness", ServingStatus::Serving).await;
        suite.get("CRM", witness.url("/after")).await.expect("there is room again");
        assert_eq!(witness.last().header("authorization"), format!("Bearer {}", secret.text()));
        suite.put_secret("crm", witness.url("/"), Canary::new().text()).await;
        suite.put_register("KEPT", "{}").await.expect("there is room again");
        suite.terminate();
        assert!(suite.ended().await.success());
        let proved = suite.command(&["audit", "verify", "--json"]).await.success();
        assert!(proved["verified"][0]["entries"].as_u64().is_some_and(|entries| entries >= 6), "{proved}");
        suite.restart().await;
        suite.get("CRM", witness.url("/restarted")).await.expect("nothing is lost");
    });
}

/// The names of what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries.map(|entry| entry.expect("it is there").file_name().into_string().expect("text")).collect()
}

#[test]
fn a_backup_and_a_restore_without_room_leave_nothing() {
    in_a_namespace(BACKUPS, async {
        let suite = Suite::start(&Authority::new()).await;
        let text = format!("{{ \"text\": \"{}\" }}", "x".repeat(900_000));
        for number in 0..4 {
            suite.put_register(&format!("LARGE.{number}"), &text).await.expect("the register is put");
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        mount(folder.path(), 1, false);
        let file = folder.path().join("suite.backup");
        let path = file.to_str().expect("text");
        let failed = suite.command(&["--json", "backup", path]).await;
        assert_eq!(failed.reason(USAGE), "FILE_INVALID");
        assert!(failed.stdout.contains("No space left"), "{failed:?}");
        assert_eq!(names(folder.path()), [""; 0]);
        mount(folder.path(), ROOM, true);
        suite.command(&["--json", "backup", path]).await.success();

        let place = tempfile::tempdir().expect("a temporary folder");
        let data = place.path().to_str().expect("text");
        let key = suite.data().join("seal.key");
        let restore = ["--json", "restore", path, "--key-file", key.to_str().expect("text"), "--data", data];
        for mebibytes in [1, 3, 6] {
            mount(place.path(), mebibytes, mebibytes > 1);
            let failed = run(&restore, "").await;
            assert_eq!(failed.reason(USAGE), "FILE_INVALID", "{mebibytes} MiB");
            assert!(
                failed.stdout.contains("No space left") || failed.stdout.contains("make room"),
                "{failed:?}"
            );
            assert_eq!(names(place.path()), [""; 0], "{mebibytes} MiB");
        }
        mount(place.path(), ROOM, true);
        assert!(run(&restore, "").await.success()["entries"].as_u64().is_some_and(|entries| entries > 4));
    });
}
