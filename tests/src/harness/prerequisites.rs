//! What has to be there before a test can start, each found in one place and missed out loud.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use oracle::random;

/// The project's folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project").to_owned()
}

/// The binary: the one that `OUTGATE_BIN` names, else the one that cargo built beside this test.
pub(crate) fn outgate() -> PathBuf {
    let beside = || target().join("outgate");
    let path = env::var_os("OUTGATE_BIN").map_or_else(beside, PathBuf::from);
    found(&path, "run `cargo build -p outgate` first, or tests/run, which does")
}

/// The program that changes what is in a store that nobody has open.
pub(crate) fn store_editor() -> PathBuf {
    found(
        &target().join("examples/edit"),
        "run `cargo build -p store --example edit` first, or tests/run, which does",
    )
}

/// Python with the packages of tests/requirements.txt.
pub(crate) fn python() -> PathBuf {
    tool("python3")
}

/// Node, version 20 or newer.
pub(crate) fn node() -> PathBuf {
    match env::var_os("OUTGATE_TEST_NODE") {
        Some(path) => found(Path::new(&path), "OUTGATE_TEST_NODE names it"),
        None => PathBuf::from("node"),
    }
}

/// A program of the Python environment that tests/run makes: in `OUTGATE_TEST_TOOLS`, else in the target folder.
pub(crate) fn tool(name: &str) -> PathBuf {
    let default = || target().parent().expect("a target folder has profiles").join("tools/venv/bin");
    let folder = env::var_os("OUTGATE_TEST_TOOLS").map_or_else(default, PathBuf::from);
    found(&folder.join(name), "tests/run installs it")
}

/// The folder of this build's profile, such as `target/debug`.
fn target() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    test.ancestors().nth(2).expect("a test lies in target/<profile>/deps").to_owned()
}

fn found(path: &Path, next: &str) -> PathBuf {
    assert!(path.is_file(), "{} is not there; {next}", path.display());
    // Whoever starts it may start it elsewhere.
    std::path::absolute(path).expect("this process has a folder")
}

/// A port of loopback that nothing listens on, below those that the system hands out by itself.
pub(crate) fn free_port() -> u16 {
    (0..200)
        .map(|_| 12_000 + u16::try_from(random() % 18_000).expect("fits"))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of 200 ports is free")
}

/// Lets this process, and what it starts, open as many files as the system allows.
pub(crate) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .expect("a process may raise its limit to its maximum");
}
