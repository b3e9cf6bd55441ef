//! A change of one member of a value that is a JSON object, without anybody seeing the value.

use std::{borrow::Cow, fmt, time::Duration};

use proto::errors::v1::Reason;
use runtime::{Refusal, names::Name};
use seal::Plaintext;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use store::Precondition;
use zeroize::Zeroizing;

use super::{Metadata, Vault, check, refusals, seal};
use crate::{
    VALUE_BYTES,
    record::{Parts, Previous, Record},
};

/// A change on its way in.
pub(crate) struct Patch {
    pub(crate) name: Name,
    /// Which member.
    pub(crate) member: String,
    /// The text that it is set to; none removes it.
    pub(crate) text: Option<Zeroizing<String>>,
    /// How long the value before it stays in use.
    pub(crate) overlap: Option<Duration>,
    /// What the caller says must hold of the secret.
    pub(crate) precondition: Precondition,
    /// Who changes it.
    pub(crate) by: String,
}

impl Vault {
    /// Seals the changed value under the next version, with the terms of the one before it.
    pub(crate) async fn patch(&self, patch: Patch) -> Result<Metadata, Refusal> {
        let name = &patch.name;
        loop {
            let (found, old) = self.newest(name).await?.ok_or_else(|| refusals::not_found(name))?;
            check(name, patch.precondition, found.record.as_ref())?;
            let value = self.unseal(name, &old)?;
            let value = patched(value.expose(), &patch).map_err(|fault| fault.refusal(name))?;
            let now = self.clock.now();
            let overlaps = |overlap| Previous { version: old.version, until: now + overlap };
            let mut record = Record::new(Parts {
                scope: old.scope.clone(),
                version: found.next_version(name, Some(&old))?,
                created: old.created,
                updated: now.into(),
                updated_by: patch.by.clone(),
                token_origins: old.token_origins().to_vec(),
                expires: old.expires(),
                previous: patch.overlap.map(overlaps),
                // Whoever changes it has it for their own.
                saved: None,
            });
            // Held until the store has answered: the key that seals this lives as long.
            let sealing = self.ring.sealing();
            seal(&sealing, name, &mut record, &value)?;
            if let Some(revision) = self.write(name, &found, &record).await? {
                return self.metadata(patch.name, revision, Some(record)).await;
            }
        }
    }
}

/// Why a value cannot be changed so.
enum Fault {
    NoObject,
    TooLong,
}

impl Fault {
    fn refusal(self, name: &Name) -> Refusal {
        match self {
            Self::NoObject => {
                let text = format!("the value of the secret `{}` is no JSON object; put it whole", name.id);
                Refusal::new(Reason::SecretUnfit, text).with("secret", &name.id)
            }
            Self::TooLong => {
                let most = VALUE_BYTES.end();
                Refusal::field("value", format!("makes the secret's value longer than {most} bytes"))
            }
        }
    }
}

/// The members of an object, each value as the text that it is, where it stands.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A member's name, where it stands unless it has escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some((Key(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

/// The value with the member set, or without it. Whatever else is in it stays as it is written; a member that was there
/// several times is one then, behind the others.
fn patched(value: &[u8], patch: &Patch) -> Result<Plaintext, Fault> {
    let Members(members) = serde_json::from_slice(value).map_err(|_| Fault::NoObject)?;
    let text = patch.text.as_ref().map(|text| text.as_str());
    // An escape makes six bytes of one at most. Room for all of it at once: a vector that grew would leave a copy behind.
    let added = text.map_or(0, str::len) + patch.member.len();
    let mut out = Zeroizing::new(Vec::with_capacity((value.len() + added) * 6 + 16));
    out.push(b'{');
    for (name, value) in members.iter().filter(|(name, _)| *name != patch.member) {
        begin(name, &mut out);
        out.extend_from_slice(value.get().as_bytes());
    }
    if let Some(text) = text {
        begin(&patch.member, &mut out);
        string(text, &mut out);
    }
    out.push(b'}');
    if out.len() > *VALUE_BYTES.end() {
        return Err(Fault::TooLong);
    }
    Ok(Plaintext::new(std::mem::take(&mut *out)))
}

/// A member, up to its value.
fn begin(name: &str, out: &mut Vec<u8>) {
    if out.len() > 1 {
        out.push(b',');
    }
    string(name, out);
    out.push(b':');
}

/// Text as a JSON string (RFC 8259, 7).
fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            control if control < ' ' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes());
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
