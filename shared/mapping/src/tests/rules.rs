//! Every rule of the check is held by a language test: with the rule removed, one of them gives something else.
//!
//! A rule is a place in the source that tells something, or that says that no secret may end where it stands. Each is removed
//! in turn, and the files that it spoke in are run again; one whose files all still give what they expect has survived, and
//! so has one that spoke nowhere.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::path::Path;

use super::{Case, files};

/// A place in the source, and what it tells.
type Rule = (String, u32, &'static str);

#[derive(Default)]
struct Rules {
    removed: Option<Rule>,
    spoke: BTreeSet<Rule>,
}

thread_local! {
    static RULES: RefCell<Rules> = RefCell::default();
}

/// Whether the rule that speaks here is the one that is removed. Called where findings are kept.
#[track_caller]
pub(crate) fn is_removed(code: &'static str) -> bool {
    let place = Location::caller();
    let file = place.file().rsplit_once("src/").map_or(place.file(), |(_, file)| file);
    let rule = (file.to_owned(), place.line(), code);
    RULES.with_borrow_mut(|rules| {
        let removed = rules.removed.as_ref() == Some(&rule);
        rules.spoke.insert(rule);
        removed
    })
}

/// What a case gives without a rule, and the rules that spoke.
fn run(case: &Case, removed: Option<&Rule>) -> (String, BTreeSet<Rule>) {
    RULES.set(Rules { removed: removed.cloned(), spoke: BTreeSet::new() });
    let given = case.run();
    let rules = RULES.take();
    (given, rules.spoke)
}

#[test]
fn no_rule_can_be_removed_unseen() {
    let cases: Vec<Case> =
        files().iter().map(|file| Case::parse(&std::fs::read_to_string(file).unwrap())).collect();
    let mut spoken: BTreeMap<Rule, Vec<(&Case, String)>> = BTreeMap::new();
    for case in &cases {
        let (given, spoke) = run(case, None);
        for rule in spoke {
            spoken.entry(rule).or_default().push((case, given.clone()));
        }
    }
    let survives = |(rule, cases): &(&Rule, &Vec<(&Case, String)>)| {
        cases.iter().all(|(case, given)| run(case, Some(rule)).0 == *given)
    };
    let survivors: Vec<_> = spoken.iter().filter(survives).map(|(rule, _)| rule).collect();
    assert!(survivors.is_empty(), "no language test sees that these are gone: {survivors:#?}");

    let silent: Vec<_> = places().into_iter().filter(|place| !spoke_at(&spoken, place)).collect();
    assert!(silent.is_empty(), "no language test hears these: {silent:#?}");
    assert!(spoken.len() > 120, "{} rules: are they still found?", spoken.len());
}

/// A place in the source that tells something: file, line, and the code if it stands beside it.
type Place = (String, u32, Option<String>);

fn spoke_at<T>(spoken: &BTreeMap<Rule, T>, (file, line, code): &Place) -> bool {
    let code = code.as_deref();
    spoken.keys().any(|(at, on, said)| at == file && on == line && code.is_none_or(|code| code == *said))
}

/// Every place in the source that is a rule, by the names of the functions that make it one.
fn places() -> Vec<Place> {
    const TELLS: [&str; 7] =
        [".error(", ".warn(", ".error_at(", ".warn_at(", ".problem(", ".abort(", ".warning("];
    const KEEPS_SECRETS_OUT: [&str; 7] = [
        "Scope::closed(",
        ".without_holes(",
        ".through(",
        ".taint(",
        ".taint_of(",
        "site.plain(",
        ".on_text(",
    ];
    /// They hand on what their callers say.
    const HAND_ON: [&str; 2] = ["compile/taint.rs", "function/operation.rs"];
    let mut places = Vec::new();
    for (file, text) in sources() {
        let line = |at: usize| text[..at].matches('\n').count() as u32 + 1;
        for (at, tells) in TELLS.iter().flat_map(|tells| text.match_indices(tells)) {
            let code = text[at + tells.len()..].trim_start().strip_prefix('"');
            let code = code.and_then(|code| Some(code.split_once('"')?.0.to_owned()));
            // Without a code it hands on what another place tells.
            if code.is_some() && file != HAND_ON[0] {
                places.push((file.clone(), line(at), code));
            }
        }
        if !HAND_ON.contains(&file.as_str()) {
            let found = KEEPS_SECRETS_OUT.iter().flat_map(|name| text.match_indices(name));
            places.extend(found.map(|(at, _)| (file.clone(), line(at), None)));
        }
    }
    places
}

/// The source, without tests: paths below `src`, and what stands there.
pub(super) fn sources() -> Vec<(String, String)> {
    fn add(folder: &Path, root: &Path, into: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, root, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                into.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    add(&root, &root, &mut sources);
    sources.retain(|(name, _)| !name.split(['/', '.']).any(|part| part == "tests"));
    sources
}
