//! What is kept and what lies in files.

use tempfile::TempDir;

use super::*;

/// A folder with one file, deep in it.
fn folder(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let deep = folder.path().join("data/store");
    fs::create_dir_all(&deep)
        .and_then(|()| fs::write(deep.join(name), bytes))
        .expect("a file can be written");
    let file = deep.join(name);
    (folder, file)
}

#[test]
fn every_file_of_a_folder_is_searched_but_for_what_may_be_in_it() {
    let (oracle, canary) = oracle();
    let (folder, file) = folder("blob", format!("\0\0{canary}\u{1}").as_bytes());
    let found = oracle.leaks(&[folder.path()]);
    assert_eq!((found.len(), found[0].sink.as_str()), (1, &*file.display().to_string()));

    oracle.permit(canary.as_bytes(), "another file");
    assert_eq!(oracle.leaks(&[folder.path()]).len(), 1);
    oracle.permit(canary.as_bytes(), &file.display().to_string());
    assert_eq!(oracle.leaks(&[folder.path()]), []);
    oracle.sink("elsewhere").write(canary.as_bytes());
    assert_eq!(oracle.leaks(&[folder.path()]).len(), 1, "there it may be and nowhere else");
}

#[test]
fn a_core_file_is_a_leak_whatever_it_holds() {
    let (oracle, _) = oracle();
    let (folder, file) = folder("core.4711", b"\x7fELF");
    let found: Vec<_> = oracle.leaks(&[folder.path()]).into_iter().map(|leak| leak.sink).collect();
    assert_eq!(found, [file.display().to_string()]);
}

#[test]
fn a_sink_that_is_too_large_to_be_kept_is_searched_as_it_comes() {
    let (oracle, canary) = oracle();
    let sink = oracle.sink("a large answer");
    sink.write(canary.as_bytes());
    for _ in 0..40 {
        sink.write(&[b'.'; 1 << 20]);
    }
    assert_eq!(oracle.leaks(&[]).len(), 1);
    assert_eq!(oracle.leaks(&[]).len(), 0, "it is told once");
}

#[test]
fn what_a_counterpart_writes_down_becomes_a_canary_when_it_is_written() {
    let (oracle, _) = oracle();
    let (_folder, file) = folder("tokens", b"");
    lock(&oracle.written).push(file.clone());
    let token = random().to_string().repeat(3);
    oracle.sink("an answer").write(token.as_bytes());
    assert_eq!(oracle.leaks(&[]), []);
    fs::write(&file, format!("{token}\n")).expect("a file can be written");
    assert_eq!(oracle.leaks(&[]).len(), 1);
}
