//! The record of a release that was refused.

use proto::secrets::v1::Purpose;
use runtime::{Caller, Refusal, names::Name, refusal};

use crate::{SECRETS, scope::Scope};

/// Somebody's wish for one secret, as it came: nothing of it was read yet.
pub(crate) struct Asked<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) name: &'a str,
    pub(crate) destination_url: &'a str,
    pub(crate) purpose: i32,
}

impl Asked<'_> {
    /// Writes down that it was refused, once, and hands the refusal on.
    ///
    /// What is no name, origin or purpose is left out: it is somebody's text, and may hold anything. Of a URL the origin
    /// alone is written, as its path and query may hold values.
    pub(crate) fn refused(&self, refusal: Refusal) -> Refusal {
        let name = Name::parse("name", SECRETS, self.name).ok();
        let scope = Scope::of(self.destination_url).ok();
        let purpose = Purpose::try_from(self.purpose).ok();
        tracing::warn!(
            target: "outgate::audit",
            by = self.caller.name(),
            secret = name.map(|name| name.parent.child(SECRETS, &name.id)),
            destination = scope.as_ref().map(Scope::as_str),
            purpose = purpose.map(|purpose| purpose.as_str_name()),
            reason = refusal::name(refusal.reason()),
            "the release of a secret was refused"
        );
        refusal
    }
}
