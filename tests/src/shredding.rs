//! A secret that was deleted, for somebody who has the whole data folder: sealing keys, store and all.

use std::{fs, path::Path};

use serde_json::json;

use crate::harness::{Answer, Authority, Canary, Counterpart, Suite, anybody, bearer, reason};

/// What the store writes over in place.
const CELLS: &str = "store/cells";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is made");
    for entry in fs::read_dir(from).expect("the folder is read") {
        let entry = entry.expect("the folder is read");
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).expect("the file is copied");
        }
    }
}

/// Has a suite run over these files of a store, with the keys that it had all along.
async fn restart_over(suite: &mut Suite, store: &Path, cells: &Path) {
    suite.kill().await;
    fs::remove_dir_all(suite.data().join("store")).expect("the store is removed");
    copy(store, &suite.data().join("store"));
    fs::copy(cells, suite.data().join(CELLS)).expect("the cells are copied");
    suite.restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_secret_is_of_no_use_to_who_has_the_data_folder_and_its_keys() {
    let authority = Authority::new();
    let witness = Counterpart::start(&authority, |_| Answer::json(200, &json!("seen"))).await;
    let mut suite = Suite::start(&authority).await;
    for id in ["gone", "kept"] {
        suite.put_secret(id, witness.url("/"), Canary::new().text()).await;
        suite.create_integration(id, anybody(witness.url("/**"), bearer(id))).await;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [before, after] = ["before", "after"].map(|name| folder.path().join(name));
    copy(suite.data(), &before);
    suite.command(&["--json", "secret", "delete", "gone"]).await.success();
    // As it is when the command has ended, while the suite runs.
    copy(suite.data(), &after);

    // All that there was, but what was written over since.
    restart_over(&mut suite, &before.join("store"), &after.join(CELLS)).await;
    let refused = suite.get("gone", witness.url("/")).await.expect_err("its record does not open");
    assert_eq!(reason(&refused), "SECRET_UNREADABLE", "{refused:?}");
    suite.get("kept", witness.url("/")).await.expect("nothing else was lost");
    // All that there is.
    restart_over(&mut suite, &after.join("store"), &after.join(CELLS)).await;
    let refused = suite.get("gone", witness.url("/")).await.expect_err("it was deleted");
    assert_eq!(reason(&refused), "SECRET_NOT_FOUND", "{refused:?}");
    suite.get("kept", witness.url("/")).await.expect("nothing else was lost");
    assert_eq!(witness.received().len(), 2);
    // So it was the cell that was missing.
    restart_over(&mut suite, &before.join("store"), &before.join(CELLS)).await;
    suite.get("gone", witness.url("/")).await.expect("whoever has it all from before has the secret");
}
