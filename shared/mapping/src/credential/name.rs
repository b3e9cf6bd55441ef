//! Names that say that their value is a credential.

use std::ops::Range;

/// What a name says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// The value is a password: people choose those, so hardly anything is none.
    Password,
    /// The value is a key or a token: machines make those, so it holds digits.
    Key,
}

const PASSWORDS: [&str; 5] = ["password", "passwd", "pwd", "passphrase", "passcode"];
const KEYS: [&str; 6] = ["authorization", "credential", "credentials", "apikey", "secret", "token"];
/// What makes a key of `…key`.
const KINDS_OF_KEY: [&str; 13] = [
    "access",
    "account",
    "api",
    "app",
    "application",
    "auth",
    "client",
    "encryption",
    "master",
    "private",
    "secret",
    "shared",
    "subscription",
];
/// What makes a `…token` something that is no secret: a place in a list, or a sign of the protocol.
const KINDS_OF_MARK: [&str; 9] =
    ["continuation", "delta", "next", "page", "pagination", "previous", "resume", "skip", "sync"];

/// What stands before a credential in `Authorization`.
const SCHEMES: [&str; 8] = ["bearer", "basic", "token", "apikey", "api-key", "key", "digest", "splunk"];

impl Telling {
    /// What a name says, in whatever spelling: `X-Api-Key`, `api_key`, `apiKey`, `APIKEY`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let words = words(name);
        #[cfg(test)]
        crate::tests::work::done(name.len());
        let mut last = words.iter().rev().map(String::as_str);
        let (word, before) = (last.next()?, last.next().unwrap_or_default());
        // Names written as one word, or as capitals alone, are looked at by their end.
        let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
        if ends(&PASSWORDS) {
            return Some(Self::Password);
        }
        let is_mark =
            KINDS_OF_MARK.iter().any(|kind| before == *kind || word.strip_suffix("token") == Some(kind));
        let is_key = word == "key" && KINDS_OF_KEY.contains(&before)
            || word.strip_suffix("key").is_some_and(|kind| KINDS_OF_KEY.contains(&kind));
        ((ends(&KEYS) && !is_mark) || is_key).then_some(Self::Key)
    }

    /// The part of a literal value that is the credential, if there seems to be one.
    pub(crate) fn credential(self, value: &str) -> Option<Range<usize>> {
        let trimmed = value.trim();
        let mut start = value.len() - value.trim_start().len();
        let mut word = trimmed;
        if let Some((scheme, rest)) = trimmed.split_once(' ')
            && SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
        {
            word = rest.trim_start();
            start += trimmed.len() - word.len();
        }
        let one_word = !word.contains(char::is_whitespace)
            && !word.contains("://")
            && !word.starts_with(['/', '<', '{', '$']);
        let enough = match self {
            Self::Password => word.len() >= 4,
            Self::Key => word.len() >= 6 && word.bytes().any(|byte| byte.is_ascii_digit()),
        };
        (one_word && enough).then(|| start..start + word.len())
    }
}

/// The words of a name, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (small && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}
