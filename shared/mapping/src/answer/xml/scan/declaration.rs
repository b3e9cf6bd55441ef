//! `<?xml version="1.0" encoding="utf-8" standalone="yes"?>`.

use super::{Fault, SPACE, Scan};

impl Scan<'_> {
    /// Passes over the declaration, if there is one (XML 1.0, productions 23 to 32 and 80). What it says of the encoding
    /// was heard before.
    pub(super) fn declaration(&mut self) -> Result<(), Fault> {
        if !self.text.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with(SPACE)) {
            return Ok(());
        }
        self.at = "<?xml".len();
        let version = |value: &str| value.bytes().all(is_of_version);
        let encoding = |value: &str| {
            value.starts_with(|c: char| c.is_ascii_alphabetic()) && value.bytes().all(is_of_encoding)
        };
        if !self.says("version", version)? {
            return self.fault("the declaration has no version");
        }
        self.says("encoding", encoding)?;
        self.says("standalone", |value| matches!(value, "yes" | "no"))?;
        self.space();
        if self.skip("?>") { Ok(()) } else { self.fault("the declaration is not well formed") }
    }

    /// Whether the declaration has this part next.
    fn says(&mut self, name: &str, fits: impl Fn(&str) -> bool) -> Result<bool, Fault> {
        let before = self.at;
        if !self.space() || !self.skip(name) {
            self.at = before;
            return Ok(false);
        }
        if fits(self.quoted()?) { Ok(true) } else { self.fault("the declaration is not well formed") }
    }
}

fn is_of_version(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte)
}

fn is_of_encoding(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}
