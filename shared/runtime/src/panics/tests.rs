use std::{fs, panic::catch_unwind};

use super::*;

fn payload(panics: impl FnOnce() + panic::UnwindSafe) -> Box<dyn Any + Send> {
    catch_unwind(panics).expect_err("it panics")
}

#[test]
fn a_text_of_the_source_is_shown() {
    assert_eq!(text(&*payload(|| panic!("the pool is empty"))), "the pool is empty");
}

#[test]
fn a_text_with_a_value_in_it_is_withheld() {
    let value = std::hint::black_box("hunter2hunter2");
    for panics in [
        payload(move || panic!("{value} is wrong")),
        payload(move || assert_eq!(value.parse::<u16>().expect("it is a number"), 0)),
        payload(move || assert_eq!(value, "another")),
        payload(move || assert!(value.is_empty(), "{value}")),
        payload(move || panic::panic_any(value.to_owned())),
        payload(move || panic::panic_any(7)),
    ] {
        assert_eq!(text(&*panics), "(its text is withheld, since it may hold a value)");
    }
}

#[test]
fn the_hook_says_where_it_was_and_what_may_be_said() {
    let (told, hears) = std::sync::mpsc::channel();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let _ = told.send(words(info));
    }));
    let line = line!() + 1;
    let _ = payload(|| panic!("{}", std::hint::black_box("hunter2hunter2")));
    panic::set_hook(before);
    let here = format!("{}:{line}:", file!());
    let said: Vec<_> = hears.try_iter().flatten().filter(|said| said.contains(&here)).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].ends_with(": (its text is withheld, since it may hold a value)"), "{said:?}");
}

/// sled fails an assertion where two segments of its log say that they are the same one.
#[test]
fn a_panic_that_the_store_tells_as_an_error_is_not_told_twice() {
    let folder = tempfile::tempdir().unwrap();
    drop(store::SledStore::open(folder.path()).unwrap());
    let database = folder.path().join("sled");
    for entry in fs::read_dir(&database).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let mut log = fs::read(database.join("db")).unwrap();
    log.resize(8 << 20, 0);
    fs::write(database.join("db"), log.repeat(2)).unwrap();

    let (told, hears) = std::sync::mpsc::channel();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let _ = told.send(words(info));
    }));
    let opened = store::SledStore::open(folder.path());
    panic::set_hook(before);
    let error = opened.unwrap_err().to_string();
    assert!(error.contains("gave up at iterator.rs:"), "{error}");
    assert!(hears.try_iter().any(|said| said.is_none()), "it was no panic");
}
