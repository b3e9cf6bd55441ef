//! Canaries, and where they must not be.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::BuildHasher,
    path::{Path, PathBuf},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use data_encoding::{HEXLOWER, HEXUPPER};
use memchr::memmem;

/// A value that no other text holds by chance.
#[derive(Clone)]
pub(crate) struct Canary(String);

impl Canary {
    /// A new one of 32 bytes, with characters that every encoding has to do something about.
    pub(crate) fn new() -> Self {
        Self(format!("cn:{:016x}/{:011x}+", random(), random() >> 20))
    }

    /// The value.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The value in every form it could lie somewhere: raw, percent, JSON, base64 in both alphabets wherever it
    /// begins in a longer text, and hex.
    fn forms(&self) -> Vec<Vec<u8>> {
        let raw = self.0.as_bytes();
        let mut forms = vec![
            self.0.clone(),
            self.0.replace(':', "%3A").replace('/', "%2F").replace('+', "%2B"),
            self.0.replace(':', "%3a").replace('/', "%2f").replace('+', "%2b"),
            self.0.replace('/', "\\/"),
            HEXLOWER.encode(raw),
            HEXUPPER.encode(raw),
        ];
        for before in 0..3 {
            let text = [&vec![0; before][..], raw].concat();
            // Only groups that hold nothing but the canary look the same wherever it stands.
            let groups = (before.div_ceil(3) * 4)..(text.len() / 3 * 4);
            forms.push(STANDARD_NO_PAD.encode(&text)[groups.clone()].to_owned());
            forms.push(URL_SAFE_NO_PAD.encode(&text)[groups].to_owned());
        }
        forms.into_iter().map(String::into_bytes).collect()
    }

    /// The form of the canary that stands in some bytes, for the message of a failed test.
    pub(crate) fn find_in(&self, bytes: &[u8]) -> Option<String> {
        let form = self.forms().into_iter().find(|form| memmem::find(bytes, form).is_some())?;
        Some(String::from_utf8_lossy(&form).into_owned())
    }
}

/// Insists that a canary lies in none of these bytes, and in no file under these folders.
pub(crate) fn assert_nowhere(canary: &Canary, texts: &[(&str, &[u8])], folders: &[&Path]) {
    for (name, bytes) in texts {
        assert_eq!(canary.find_in(bytes), None, "the secret is in {name}");
    }
    let files: Vec<_> = folders.iter().flat_map(|folder| files(folder)).collect();
    assert!(folders.is_empty() || !files.is_empty(), "there are no files to look into");
    for file in files {
        let bytes = fs::read(&file).expect("a file of the data folder can be read");
        assert_eq!(canary.find_in(&bytes), None, "the secret is in {}", file.display());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// A number that differs every time.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[test]
fn a_canary_is_found_in_every_form() {
    let canary = Canary::new();
    assert_eq!(canary.text().len(), 32);
    for text in [
        format!("x{}y", canary.text()),
        HEXLOWER.encode(canary.text().as_bytes()),
        base64::engine::general_purpose::STANDARD.encode(format!("user:{}", canary.text())),
        base64::engine::general_purpose::STANDARD.encode(format!("users:{} and more", canary.text())),
        base64::engine::general_purpose::URL_SAFE.encode(format!("us:{}.", canary.text())),
    ] {
        assert!(canary.find_in(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(canary.find_in(Canary::new().text().as_bytes()), None);
}
