//! Which part may use which: the walls of the workspace, from `cargo metadata`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use crate::harness::project;

/// What each part of the suite may use of the others, in what is built of it. What is not here may not be. A part's own
/// tests may use more: a service is tested together with those that it calls.
const ALLOWED: [(&str, &[&str]); 16] = [
    ("egress", &["mapping", "seal"]),
    ("heap", &[]),
    ("integrations", &["egress", "mapping", "proto", "runtime", "seal", "store"]),
    ("mapping", &[]),
    ("maths", &[]),
    // Tests search with it. No part has it among what it may use, so none is built with it.
    ("oracle", &[]),
    (
        "outgate",
        &[
            "egress",
            "integrations",
            "mapping",
            "proto",
            "registers",
            "runtime",
            "scripts",
            "seal",
            "secrets",
            "store",
            "tokens",
        ],
    ),
    ("proto", &[]),
    ("registers", &["mapping", "proto", "runtime", "store"]),
    ("runtime", &["egress", "proto", "store"]),
    ("scripts", &["heap", "mapping", "maths"]),
    ("seal", &[]),
    ("secrets", &["proto", "runtime", "seal", "store"]),
    ("store", &[]),
    ("tests", &[]),
    ("tokens", &["egress", "mapping", "proto", "runtime", "seal", "store"]),
];

/// Packages that only these parts may use directly, and why they are kept together.
const KEPT_BY: [(&str, &[&str]); 7] = [
    // The one door: no other part can make a request of its own.
    ("reqwest", &["egress"]),
    // No sled type can reach a signature, so that the store can be another one.
    ("sled", &["store"]),
    // Keys and seals are made in one place; the others take digests and random bytes.
    ("ring", &["mapping", "outgate", "runtime", "seal", "secrets", "store", "tokens"]),
    // A contract is read once, into the types that everybody else uses.
    ("protox", &["proto"]),
    ("tonic-prost-build", &["proto"]),
    // Scripts run in processes of their own, and nowhere else. Their memory ends them.
    ("rquickjs", &["heap", "scripts"]),
    // The words of the command line.
    ("clap", &["outgate"]),
];

/// The one file beside the seal that encrypts, under keys that are written over: no key of the ring ever comes to it, and what
/// it is given is sealed already.
const SHREDDING: &str = "shared/store/src/shred/value.rs";

/// Cryptography and native libraries beside ring and rustls: one stack is enough to keep right.
const BANNED: [&str; 7] =
    ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "native-tls", "openssl", "openssl-sys", "boring-sys"];

#[test]
fn parts_use_only_what_they_may() {
    let metadata = metadata();
    let allowed: BTreeMap<_, _> = ALLOWED.into_iter().collect();
    let members: BTreeSet<_> = members(&metadata).map(|package| package.name.to_string()).collect();
    assert_eq!(
        members,
        allowed.keys().map(|name| name.to_string()).collect(),
        "parts come and go with their arrows"
    );
    for package in members_of(&metadata, &members) {
        let may = allowed[package.name.as_str()];
        for used in used(package).intersection(&members) {
            assert!(
                may.contains(&used.as_str()),
                "`{}` uses `{used}`, which it may not: ARCHITECTURE.md says why",
                package.name
            );
        }
    }
}

#[test]
fn these_tests_know_nothing_of_the_suite_but_the_contracts() {
    let metadata = metadata();
    let members: BTreeSet<_> = members(&metadata).map(|package| package.name.to_string()).collect();
    let tests = metadata.packages.iter().find(|package| package.name == "tests").expect("this package");
    let used: BTreeSet<_> = tests.dependencies.iter().map(|dependency| dependency.name.clone()).collect();
    assert_eq!(used.intersection(&members).collect::<Vec<_>>(), ["oracle", "proto"]);
}

#[test]
fn what_one_part_keeps_no_other_uses() {
    let metadata = metadata();
    for (kept, by) in KEPT_BY {
        let users: BTreeSet<_> = members(&metadata)
            .filter(|package| used(package).contains(kept))
            .map(|package| package.name.as_str())
            .collect();
        assert!(!users.is_empty(), "nobody uses `{kept}` any more: take it from this list");
        let strangers: Vec<_> = users.iter().filter(|user| !by.contains(*user)).collect();
        assert!(strangers.is_empty(), "{strangers:?} must not use `{kept}` directly");
    }
}

#[test]
fn only_the_seal_encrypts() {
    for package in members(&metadata()).filter(|package| package.name != "seal") {
        for file in sources(package) {
            let text = fs::read_to_string(&file).expect("a source can be read");
            let encrypts = text.contains("ring::aead") || text.contains("aead::");
            assert!(
                !encrypts || file.ends_with("arrows.rs") || file.ends_with(SHREDDING),
                "{} encrypts; that is the seal's",
                file.display()
            );
        }
    }
}

#[test]
fn ring_is_the_only_cryptography() {
    let lock = fs::read_to_string(project().join("Cargo.lock")).expect("the lock file is committed");
    let packages: BTreeSet<_> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    assert!(packages.contains("\"ring\""), "the lock file is read as it is written");
    for banned in BANNED {
        assert!(
            !packages.contains(format!("{banned:?}").as_str()),
            "`{banned}` came in; `cargo tree -i {banned}`"
        );
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(project().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace")
}

fn members(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata.packages.iter()
}

fn members_of<'a>(metadata: &'a Metadata, names: &BTreeSet<String>) -> impl Iterator<Item = &'a Package> {
    members(metadata).filter(|package| names.contains(package.name.as_str()))
}

/// What a package is built from, its build script included.
fn used(package: &Package) -> BTreeSet<String> {
    let built =
        package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    built.map(|dependency| dependency.name.clone()).collect()
}

fn sources(package: &Package) -> Vec<std::path::PathBuf> {
    let folder = package.manifest_path.parent().expect("a manifest lies in a folder").join("src");
    let mut folders = vec![folder.into_std_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a part has sources") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
