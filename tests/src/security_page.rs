//! The page for reviewers names tests: each of them is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cargo_metadata::{MetadataCommand, Package};

use crate::harness::project;

/// What the page calls tests by: a crate and a name, as `cargo nextest run -p CRATE NAME` takes them.
fn named() -> BTreeSet<(String, String)> {
    let page = fs::read_to_string(project().join("docs/security.md")).expect("the page is there");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let codes = rows.flat_map(|row| row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2));
    let tests = codes.filter(|code| !code.contains('/')).map(|code| {
        let (part, test) = code.split_once(' ').unwrap_or_else(|| panic!("{code}: is no crate and test"));
        (part.to_owned(), test.to_owned())
    });
    tests.collect()
}

/// The sources of each crate.
fn parts() -> BTreeMap<String, String> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo tells");
    let part = |package: &Package| {
        let folder = package.manifest_path.parent().expect("a manifest is in a folder");
        (package.name.to_string(), sources(folder.as_std_path()))
    };
    metadata.packages.iter().map(part).collect()
}

/// Every source under a folder, one behind the other.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder of the project can be read").filter_map(Result::ok);
    entries
        .map(|entry| match (entry.path(), entry.file_type()) {
            (path, Ok(kind)) if kind.is_dir() => sources(&path),
            (path, _) if path.extension().is_some_and(|extension| extension == "rs") => {
                fs::read_to_string(path).expect("a source can be read")
            }
            _ => String::new(),
        })
        .collect()
}

#[test]
fn every_test_that_reviewers_are_told_of_is_there() {
    let (named, parts) = (named(), parts());
    assert!(named.len() > 50, "the page names tests: {}", named.len());
    let is_there = |(part, test): &&(String, String)| {
        parts.get(part).is_some_and(|sources| sources.contains(&format!("fn {test}(")))
    };
    let missing: Vec<_> = named.iter().filter(|test| !is_there(test)).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that are not there: {missing:#?}");
}
