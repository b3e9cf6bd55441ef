//! Canaries: values that are to be nowhere but where they are sent.

use std::{collections::hash_map::RandomState, hash::BuildHasher};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use memchr::memmem;

use super::ORACLE;

/// A value that must not come out of the suite.
#[derive(Clone, Debug)]
pub struct Canary(Vec<u8>);

impl Canary {
    /// The shortest text that no other holds by chance, in bytes.
    pub const SHORTEST: usize = 16;

    /// A new one: 32 random bytes in a printable form, with characters that every encoding has to do something about.
    #[expect(clippy::new_without_default, reason = "no two are the same")]
    pub fn new() -> Self {
        Self::beginning_with("")
    }

    /// The same behind a text that the test needs.
    pub fn beginning_with(text: &str) -> Self {
        let random = random_text();
        let (a, rest) = random.split_at(12);
        let (b, c) = rest.split_at(16);
        let (b, d) = b.split_at(8);
        Self::of_bytes("a secret of the test", format!("{text}{a}\"\\/&{b}+ <%>{d}'=~?!#{c}").into_bytes())
    }

    /// The value.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the canary is text")
    }

    /// Makes a canary of a value that something else made.
    ///
    /// # Panics
    /// When other texts could hold it by chance: then the test has to use [`Canary::new`].
    #[track_caller]
    pub fn known(what: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        assert!(
            value.len() >= Self::SHORTEST,
            "{what} of a test must be one that no other text holds by chance: use Canary::new() for it"
        );
        Self::of_bytes(what, value.to_owned())
    }

    fn of_bytes(what: &str, value: Vec<u8>) -> Self {
        for part in secret_parts(&value) {
            ORACLE.note(what, part);
        }
        Self(value)
    }

    /// Lets this canary alone be in the sink of this name alone (for a file: its path).
    pub fn may_be_in(self, sink: impl Into<String>, reason: &'static str) -> Self {
        assert!(!reason.is_empty(), "an exception needs a reason");
        let sink = sink.into();
        for part in secret_parts(&self.0) {
            ORACLE.permit(part, &sink);
        }
        self
    }
}

/// A canary as the oracle keeps it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) what: String,
    pub(super) value: Vec<u8>,
    /// The sinks in which it may be.
    pub(super) may_be_in: Vec<String>,
}

/// What is secret of a value: of PEM the lines of its private keys, of other texts all of it. A line that is in the
/// certificate too is the public key's.
fn secret_parts(value: &[u8]) -> Vec<&[u8]> {
    let Some(pem) = std::str::from_utf8(value).ok().filter(|text| text.contains("-----BEGIN ")) else {
        return vec![value];
    };
    let (mut private, mut lines, mut certificate) = (false, Vec::new(), String::new());
    for line in pem.lines() {
        if line.starts_with("-----") {
            private = line.contains("BEGIN") && line.contains("PRIVATE KEY");
        } else if private {
            lines.push(line);
        } else {
            certificate.push_str(line);
        }
    }
    // A key's first line begins with what all keys of its kind begin with.
    if lines.len() > 1 {
        lines.remove(0);
    }
    let certificate = STANDARD.decode(certificate).unwrap_or_default();
    let is_public =
        |line: &str| STANDARD.decode(line).is_ok_and(|bytes| memmem::find(&certificate, &bytes).is_some());
    lines.retain(|line| line.len() >= 2 * Canary::SHORTEST && !is_public(line));
    lines.into_iter().map(str::as_bytes).collect()
}

/// 32 random bytes, as text.
fn random_text() -> String {
    let bytes: Vec<u8> = (0..4).flat_map(|_| random().to_be_bytes()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A number that differs every time.
pub fn random() -> u64 {
    RandomState::new().hash_one(0)
}
