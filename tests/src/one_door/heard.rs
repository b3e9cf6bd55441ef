//! Scenarios within a process join the leak oracle by what they are written with: no test of a part that handles secrets
//! makes itself a door, a service or a secret beside the fixture of its part, which is what listens.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    product,
    sites::{Site, sites},
};
use crate::harness::project;

/// Something that only the fixture of a part may do in its tests.
struct Way {
    what: &'static str,
    /// The part's folder.
    part: &'static str,
    meets: fn(&Site, &[String]) -> bool,
    /// The files of its tests that do it.
    fixture: &'static [&'static str],
}

const WAYS: &[Way] = &[
    Way {
        what: "names the door itself",
        part: "shared/egress",
        meets: |site, path| {
            [&["crate", "Door"][..], &["crate", "door", "Door"]]
                .iter()
                .any(|door| path.starts_with(&owned(door)))
                || site.globs(&["crate"])
                || site.globs(&["crate", "door"])
        },
        fixture: &["src/door/tests/heard.rs"],
    },
    Way {
        what: "hands a secret to the door",
        part: "shared/egress",
        // The others fill templates, and send nothing.
        meets: |site, _| site.ends(&["Plaintext", "new"]),
        fixture: &["src/door/tests.rs", "src/fill/tests.rs", "src/fill/tests/digest.rs"],
    },
    Way {
        what: "makes a door",
        part: "services/integrations",
        // One of them sends nothing secret and times how long that takes.
        meets: |site, _| site.names("Door"),
        fixture: &["src/tests/streaming/direct.rs", "src/tests/world.rs"],
    },
    Way {
        what: "makes a door",
        part: "services/tokens",
        meets: |site, _| site.names("Door"),
        fixture: &["src/tests.rs"],
    },
    Way {
        what: "builds a service",
        part: "services/integrations",
        meets: builds,
        fixture: &["src/tests/world.rs"],
    },
    Way { what: "builds a service", part: "services/secrets", meets: builds, fixture: &["src/tests.rs"] },
    Way { what: "builds a service", part: "services/tokens", meets: builds, fixture: &["src/tests.rs"] },
    Way {
        what: "stores a secret",
        part: "services/integrations",
        meets: |site, _| site.names("PutSecretRequest"),
        fixture: &["src/tests/world.rs"],
    },
    Way {
        what: "answers with a secret",
        part: "services/tokens",
        meets: |site, _| site.names("ReleaseSecretResponse"),
        fixture: &["src/tests/secrets.rs"],
    },
];

fn builds(site: &Site, _: &[String]) -> bool {
    (2..=4).any(|arguments| site.calls("build", arguments))
}

#[test]
fn no_scenario_within_a_process_goes_unheard() {
    let product: BTreeSet<_> = product().into_iter().map(|source| source.path).collect();
    let mut wrong = Vec::new();
    for way in WAYS {
        let folder = project().join(way.part);
        let mut files = Vec::new();
        collect(&folder.join("src"), &mut files);
        let found: BTreeSet<String> = files
            .iter()
            .filter(|file| !product.contains(text(file.strip_prefix(project()).expect("it lies there"))))
            .filter(|file| does(way, file, &folder))
            .map(|file| text(file.strip_prefix(&folder).expect("it lies there")).to_owned())
            .collect();
        let fixture: BTreeSet<String> = way.fixture.iter().map(|file| (*file).to_owned()).collect();
        if found != fixture {
            wrong.push(format!("{} in {}: {found:?}, and not only {fixture:?}", way.what, way.part));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn does(way: &Way, file: &Path, folder: &Path) -> bool {
    let source = fs::read_to_string(file).expect("a source is text");
    let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let module = module(file.strip_prefix(folder.join("src")).expect("it lies there"));
    sites(&parsed).iter().any(|site| (way.meets)(site, &absolute(&site.path, &module)))
}

/// The module that a file is, from its crate on.
fn module(file: &Path) -> Vec<String> {
    let within = file.with_extension("");
    ["crate"]
        .into_iter()
        .chain(within.iter().map(|name| name.to_str().expect("a name is text")))
        .map(str::to_owned)
        .collect()
}

/// A name without `self` and `super`.
fn absolute(path: &[String], module: &[String]) -> Vec<String> {
    let mut start = module.to_owned();
    let ups = path.iter().take_while(|segment| *segment == "super" || *segment == "self").count();
    if ups == 0 {
        return path.to_owned();
    }
    for _ in path[..ups].iter().filter(|segment| *segment == "super") {
        start.pop();
    }
    [start, path[ups..].to_owned()].concat()
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|segment| (*segment).to_owned()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path is text")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("the sources are there").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
