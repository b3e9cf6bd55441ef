//! The records of uses of secrets that were refused, and of candidates that were tried.

use proto::secrets::v1::Purpose;
use runtime::{Caller, Refusal, names::Name, refusal};

use crate::{SECRETS, scope::Scope};

/// Somebody's wish for one secret, as it came: nothing of it was read yet.
pub(crate) struct Asked<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) name: &'a str,
    pub(crate) destination_url: &'a str,
    pub(crate) wish: Wish,
}

/// What somebody wishes to do with it.
#[derive(Clone, Copy)]
pub(crate) enum Wish {
    /// To have it released, for a purpose.
    Release(i32),
    /// To send a token that is got with it.
    SendToken,
}

/// Writes down that somebody tried a candidate for a secret's value, and what they were told.
pub(crate) fn tried(caller: &Caller, name: &Name, told: &Result<bool, Refusal>) {
    let outcome = match told {
        Ok(true) => "MATCHES",
        Ok(false) => "DOES_NOT_MATCH",
        Err(refusal) => refusal::name(refusal.reason()),
    };
    tracing::warn!(
        target: "outgate::audit",
        by = caller.name(),
        secret = name.parent.child(SECRETS, &name.id),
        outcome,
        "a candidate for a secret's value was tried"
    );
}

impl Asked<'_> {
    /// Writes down that it was refused, once, and hands the refusal on.
    ///
    /// What is no name, origin or purpose is left out: it is somebody's text, and may hold anything. Of a URL the origin
    /// alone is written, as its path and query may hold values.
    pub(crate) fn refused(&self, refusal: Refusal) -> Refusal {
        let name = Name::parse("name", SECRETS, self.name).ok();
        let scope = Scope::of(self.destination_url).ok();
        let (what, purpose) = match self.wish {
            Wish::Release(purpose) => ("the release of a secret", Purpose::try_from(purpose).ok()),
            Wish::SendToken => ("the sending of a token", None),
        };
        tracing::warn!(
            target: "outgate::audit",
            by = self.caller.name(),
            secret = name.map(|name| name.parent.child(SECRETS, &name.id)),
            destination = scope.as_ref().map(Scope::as_str),
            purpose = purpose.map(|purpose| purpose.as_str_name()),
            reason = refusal::name(refusal.reason()),
            "{what} was refused"
        );
        refusal
    }
}
