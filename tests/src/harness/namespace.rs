//! Tests that mount something: in a mount namespace of their own, which ends with them.

use std::{env, path::Path, process::Command};

use rustix::process::geteuid;

/// Tells the process within the namespace that it is there.
const WITHIN: &str = "OUTGATE_TEST_WITHIN";

/// Runs the test of this name once more, as a process in a mount namespace, and there `test`. Who is not root has a
/// namespace of users too, in which they are.
pub(crate) fn in_a_namespace(name: &str, test: impl Future<Output = ()>) {
    if env::var_os(WITHIN).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        return runtime.expect("a runtime").block_on(test);
    }
    let mut child = Command::new("unshare");
    child.arg("--mount").args((!geteuid().is_root()).then_some("--map-root-user"));
    child.arg(env::current_exe().expect("a test has a path")).args(["--exact", name, "--nocapture"]);
    let ended = child.env(WITHIN, "1").status().expect("`unshare` (util-linux) is there");
    assert!(
        ended.success(),
        "it failed, or no mount namespace can be made here (that takes root, or namespaces of users)"
    );
}

/// Mounts a file system in memory with so many MiB, or gives the one that is there another size.
pub(crate) fn mount(folder: &Path, mebibytes: u64, remount: bool) {
    let options = format!("{}size={mebibytes}M,mode=0700", if remount { "remount," } else { "" });
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder);
    assert!(mount.status().expect("`mount` is there").success());
}
