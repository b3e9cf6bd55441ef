//! What a sealed value is bound to.

use std::{borrow::Cow, fmt::Write as _};

use runtime::names::Name;
use seal::Context;

use super::{FIRST_FORMAT, Record};

/// What `seal` binds a secret's record to, beside its own name.
const KIND: &str = "secret";
/// No numbers of terms, and what stands between them, take more bytes.
const NUMBERS: usize = 80;

/// Whose a value is and all that decides over its use, as it is bound to the value: a record in which any of it was changed,
/// or that stands in another's place, does not open.
pub(crate) struct Binding<'a> {
    name: &'a Name,
    within: Cow<'a, str>,
    version: u64,
    terms: String,
}

impl<'a> Binding<'a> {
    /// The binding of the value in a name's record.
    pub(crate) fn of(name: &'a Name, record: &Record) -> Self {
        // Ids hold no `/`, so a private copy has no name that a shared secret could have.
        let within = match &name.parent.unit {
            None => Cow::Borrowed(name.id.as_str()),
            Some(unit) => Cow::Owned(format!("businessUnits/{unit}/secrets/{}", name.id)),
        };
        Self { name, within, version: record.version, terms: terms(record) }
    }

    /// For sealing and opening.
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            tenant: self.name.parent.tenant.as_str(),
            kind: KIND,
            name: &self.within,
            version: self.version,
            scope: &self.terms,
        }
    }
}

/// The origin alone in the first format. From the second on, the format and every term in a fixed order; none of them holds
/// a space, and what begins with a number is no origin, so no two records of any format have the same terms by chance.
fn terms(record: &Record) -> String {
    let Record { format, scope, token_origins, expires, previous, previous_until, .. } = record;
    if *format == FIRST_FORMAT {
        return scope.clone();
    }
    let tokens = token_origins.join(" ");
    let mut terms = String::with_capacity(scope.len() + NUMBERS + tokens.len());
    let _ = write!(terms, "{format} {scope} {expires} {previous} {previous_until} {tokens}");
    terms
}
