//! Every reason of the contract is one that some test provokes: a reason that nothing can produce would mislead those who
//! branch on it.

use std::{fs, path::Path};

use proto::errors::v1::Reason;

use crate::harness::project;

/// Every test file of the workspace, one after the other.
fn tests(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() && !["target", "node_modules"].contains(&&*name) && !name.starts_with('.') {
            tests(&path, text);
        } else if name.ends_with(".rs") && path.components().any(|part| part.as_os_str() == "tests")
            || name == "tests.rs"
        {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_reason_is_provoked_by_a_test_that_names_it() {
    let mut text = String::new();
    tests(&project(), &mut text);
    let missing: Vec<_> = (1..)
        .take(200)
        .filter_map(|number| Reason::try_from(number).ok())
        .filter(|reason| {
            let name = reason.as_str_name().trim_start_matches("REASON_");
            !text.contains(&format!("\"{name}\"")) && !text.contains(&format!("Reason::{reason:?}"))
        })
        .collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
}
