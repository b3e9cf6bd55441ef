//! Scenarios join the oracle by what they are written with: there is no other way to the binary and to its listeners.

use std::{collections::BTreeSet, fs, path::Path};

use crate::harness::project;

/// What a scenario could start or reach a suite by, and the only files that do it.
const WAYS: [(&str, &[&str]); 6] = [
    // What it says is heard by the harness, but for two: a suite that serves over TLS and whose errors nobody reads, and a
    // command whose bytes are compared whole with those that it was given.
    ("command()", &["src/harness/command.rs", "src/harness/demo.rs", "src/starting.rs", "src/streams.rs"]),
    ("command_under(", &["src/harness/command.rs", "src/harness/setup.rs"]),
    ("OUTGATE_BIN", &["src/harness/prerequisites.rs"]),
    ("Command::new(outgate())", &["src/harness/command.rs"]),
    ("tonic::transport", &["src/harness/tap.rs"]),
    ("connect_lazy", &["src/harness/tap.rs"]),
];
/// This file names them all, and the search for other doors names some.
const NAMING: [&str; 2] = ["src/hearing/joining.rs", "src/one_door.rs"];

#[test]
fn no_scenario_starts_or_reaches_a_suite_unheard() {
    let tests = project().join("tests");
    let mut sources = Vec::new();
    collect(&tests.join("src"), &mut sources);
    for (way, known) in WAYS {
        let found: BTreeSet<&str> = sources
            .iter()
            .filter_map(|(path, text)| {
                text.replace("transport::{", "tonic::transport").contains(way).then_some(&**path)
            })
            .filter(|path| !NAMING.contains(path))
            .collect();
        assert_eq!(found, known.iter().copied().collect(), "`{way}`");
    }
}

fn collect(folder: &Path, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("the sources are there").path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source is text");
            let path = path.strip_prefix(project().join("tests")).expect("it lies there");
            sources.push((path.to_str().expect("its name is text").to_owned(), text));
        }
    }
}
