//! Resource names (AIP-122), their ids, and etags (AIP-154): parsed at the door, so that nothing behind it handles
//! text that may be wrong.

use std::fmt::{self, Write as _};

use store::Revision;

use crate::Refusal;

/// The longest id.
pub const MAX_ID: usize = 128;
/// What most names take, in bytes.
const COMMON: usize = 96;

/// An id of a tenant, a business unit, a register, an integration or a secret: 1 to 128 letters, digits, `.`, `_` and
/// `-`, and not only dots. It can stand in a store key or a path as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Box<str>);

impl Id {
    /// Takes an id apart from its text; `field` names the place in the request for the error.
    ///
    /// # Errors
    /// FIELD_INVALID when a character or the length is not allowed.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        if Self::is_one(text) {
            return Ok(Self(text.into()));
        }
        let shown: String = text.chars().take(40).collect();
        Err(Refusal::field(
            field,
            format!(
                "`{}` is no id: use 1 to {MAX_ID} letters, digits, `.`, `_` and `-`",
                shown.escape_debug()
            ),
        ))
    }

    /// Whether a text is an id.
    pub fn is_one(text: &str) -> bool {
        let fits = (1..=MAX_ID).contains(&text.len());
        let chars = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        fits && chars && text.bytes().any(|b| b != b'.')
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `tenants/{tenant}` or `tenants/{tenant}/businessUnits/{unit}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parent {
    /// The tenant that everything below belongs to.
    pub tenant: Id,
    /// The business unit, for private things.
    pub unit: Option<Id>,
}

impl Parent {
    /// Parses a parent name; `field` names the place in the request for the error.
    ///
    /// # Errors
    /// FIELD_INVALID when it is not of the form.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let mut segments = text.split('/');
        let segments: [_; 5] = std::array::from_fn(|_| segments.next());
        match segments {
            [Some("tenants"), Some(tenant), None, ..] => {
                Ok(Self { tenant: Id::parse(field, tenant)?, unit: None })
            }
            [Some("tenants"), Some(tenant), Some("businessUnits"), Some(unit), None] => {
                Ok(Self { tenant: Id::parse(field, tenant)?, unit: Some(Id::parse(field, unit)?) })
            }
            _ => Err(Refusal::field(
                field,
                "expected `tenants/{tenant}` or `tenants/{tenant}/businessUnits/{unit}`",
            )),
        }
    }

    /// Parses the name of a tenant, where business units have nothing of their own.
    ///
    /// # Errors
    /// FIELD_INVALID when it is not `tenants/{tenant}`.
    pub fn parse_tenant(field: &str, text: &str) -> Result<Id, Refusal> {
        match Self::parse(field, text)? {
            Self { tenant, unit: None } => Ok(tenant),
            Self { .. } => Err(Refusal::field(field, "expected `tenants/{tenant}`, without a business unit")),
        }
    }

    /// The name of a thing under this parent.
    pub fn child(&self, collection: &str, id: &Id) -> String {
        let mut name = String::with_capacity(COMMON);
        let _ = write!(name, "{self}/{collection}/{id}");
        name
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenants/{}", self.tenant)?;
        match &self.unit {
            Some(unit) => write!(f, "/businessUnits/{unit}"),
            None => Ok(()),
        }
    }
}

/// A parent and the id of a thing in one of its collections.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// Whose it is.
    pub parent: Parent,
    /// Its id.
    pub id: Id,
}

impl Name {
    /// Parses `{parent}/{collection}/{id}`; `field` names the place in the request for the error.
    ///
    /// # Errors
    /// FIELD_INVALID when it is not of the form.
    pub fn parse(field: &str, collection: &str, text: &str) -> Result<Self, Refusal> {
        let expected = || Refusal::field(field, format!("expected `tenants/{{tenant}}/{collection}/{{id}}`"));
        let (rest, id) = text.rsplit_once('/').ok_or_else(expected)?;
        let parent =
            rest.strip_suffix(collection).and_then(|rest| rest.strip_suffix('/')).ok_or_else(expected)?;
        Ok(Self { parent: Parent::parse(field, parent)?, id: Id::parse(field, id)? })
    }

    /// Parses `tenants/{tenant}/{collection}/{id}`, for what business units have no copies of.
    ///
    /// # Errors
    /// FIELD_INVALID when it is not of the form.
    pub fn parse_shared(field: &str, collection: &str, text: &str) -> Result<Self, Refusal> {
        let name = Self::parse(field, collection, text)?;
        match name.parent.unit {
            None => Ok(name),
            Some(_) => {
                Err(Refusal::field(field, format!("expected `tenants/{{tenant}}/{collection}/{{id}}`")))
            }
        }
    }
}

/// An etag: the store's revision in quotes (AIP-154).
pub fn etag(revision: Revision) -> String {
    format!("\"{revision}\"")
}

/// What an etag in a request asks of the write.
///
/// # Errors
/// FIELD_INVALID when the text is no etag.
pub fn precondition(field: &str, text: &str) -> Result<store::Precondition, Refusal> {
    Ok(match revision(field, text)? {
        None => store::Precondition::None,
        Some(revision) if revision == Revision::ZERO => store::Precondition::Create,
        Some(revision) => store::Precondition::Update(revision),
    })
}

/// The revision that an etag names; none for an empty text.
///
/// # Errors
/// FIELD_INVALID when the text is no etag.
pub fn revision(field: &str, text: &str) -> Result<Option<Revision>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .and_then(|digits| digits.parse::<u64>().ok())
        .map(|number| Some(Revision::new(number)))
        .ok_or_else(|| Refusal::field(field, "is no etag; send back the one that was read, quotes included"))
}

#[cfg(test)]
mod tests;
