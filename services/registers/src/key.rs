//! The names of registers.

use runtime::{
    Refusal,
    names::{Name, Parent},
};

/// The collection of registers in resource names (AIP-122).
pub(crate) const COLLECTION: &str = "registers";

/// Parses a register's name; `field` names the place in the request. Its id is `MAIN_KEY-SUB_KEY`, where the first
/// hyphen splits and the sub key may be absent with its hyphen.
///
/// # Errors
/// FIELD_INVALID.
pub(crate) fn parse(field: &str, text: &str) -> Result<Name, Refusal> {
    let name = Name::parse(field, COLLECTION, text)?;
    match name.id.as_str().split_once('-') {
        Some(("", _) | (_, "")) => {
            let text = format!("`{}` is no register: write `MAIN_KEY-SUB_KEY`, or `MAIN_KEY` alone", name.id);
            Err(Refusal::field(field, text))
        }
        _ => Ok(name),
    }
}

/// Parses the beginning of a register's id.
///
/// # Errors
/// FIELD_INVALID for what no id begins with.
pub(crate) fn parse_prefix(field: &str, text: &str) -> Result<String, Refusal> {
    let fits = text.len() <= runtime::names::MAX_ID;
    if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        return Ok(text.to_owned());
    }
    Err(Refusal::field(field, "no register begins like that: ids hold letters, digits, `.`, `_` and `-`"))
}

/// The name of the shared register behind a private one; none for a shared one.
pub(crate) fn shared(name: &Name) -> Option<Name> {
    name.parent.unit.as_ref()?;
    let parent = Parent { tenant: name.parent.tenant.clone(), unit: None };
    Some(Name { parent, id: name.id.clone() })
}

/// The name as it travels.
pub(crate) fn display(name: &Name) -> String {
    name.parent.child(COLLECTION, &name.id)
}
