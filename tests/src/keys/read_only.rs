//! A key file where the suite may not write, as where it is mounted: its keys are changed where it comes from.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use rustix::process::geteuid;

use super::{Scene, active, ids_in, is_over};
use crate::harness::{Authority, Setup, run, sealing_keys};

/// Takes root's right to write where the modes of files do not let it; others have none.
const AS_MODES_SAY: &[&str] = &["setpriv", "--bounding-set", "-dac_override"];

fn lock(folder: &Path, mode: u32) {
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// Has a command edit a copy of the file, and puts it in the file's place, as whoever mounts it does.
async fn edit(folder: &Path, file: &Path, action: &str, more: &[&str]) {
    let copy = folder.join("copy");
    fs::copy(file, &copy).expect("it can be read");
    let edited = run(&[&["keys", "file", action, copy.to_str().expect("text")], more].concat(), "").await;
    assert_eq!(edited.code, 0, "{edited:?}");
    let mount = file.parent().expect("it lies in a folder");
    lock(mount, 0o700);
    fs::rename(&copy, file).expect("it is ours");
    lock(mount, 0o500);
    sealing_keys(file);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_file_cannot_be_written_a_rotation_says_how_it_is_done_and_it_can_be_done_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mount = folder.path().join("mount");
    fs::create_dir(&mount).expect("a temporary folder can be made");
    let file = mount.join("ring");
    let path = file.to_str().expect("text");
    assert_eq!(run(&["keys", "file", "new", path], "").await.code, 0);
    sealing_keys(&file);
    lock(&mount, 0o500);
    let authority = Authority::new();
    let setup = Setup::new(&authority).config(&format!("[seal]\nkey_file = {file:?}\n"));
    let setup = if geteuid().is_root() { setup.under(AS_MODES_SAY) } else { setup };
    let scene = Scene::with(authority, setup.start().await).await;
    let value = scene.put("crm").await;
    let (before, old) = (fs::read(&file).expect("it is ours"), active(&scene.suite.key_status().await));

    let refused = scene.keys(&["rotate"]).await;
    assert_eq!(refused.reason(1), "KEYS_READ_ONLY");
    for text in [path, "outgate keys file add", "replace the file"] {
        assert!(refused.stdout.contains(text), "`{text}` is not in {refused:?}");
    }
    assert_eq!(scene.suite.key_status().await.keys.len(), 1, "nothing has changed");
    assert_eq!(fs::read(&file).expect("it is ours"), before);
    assert_eq!(fs::read_dir(&mount).expect("it is ours").count(), 1, "nothing is left beside it");
    scene.check("crm", &value).await;

    edit(folder.path(), &file, "add", &["--activate"]).await;
    let status = scene.suite.keys_until("nothing is sealed with the old key", |status| {
        let rewrap = status.rewrap.as_ref();
        active(status) != old
            && rewrap.is_some_and(|rewrap| !rewrap.running && rewrap.left == 0 && rewrap.rewrapped > 0)
    });
    let problem = status.await.rewrap.expect("it is told").problem;
    assert!(problem.contains(&old) && problem.contains("are not needed any more"), "{problem}");
    edit(folder.path(), &file, "remove", &[&old]).await;
    scene.suite.keys_until("the old key is gone", is_over).await;
    assert!(!ids_in(&fs::read_to_string(&file).expect("it is ours")).contains(&old));
    scene.check("crm", &value).await;
    lock(&mount, 0o700);
}
