//! What callers are told.

use std::error::Error;

use proto::errors::v1::Reason;
use runtime::{
    Refusal,
    names::{Id, Name},
};
use seal::SealError;

use crate::scope::Scope;

pub(super) fn not_found(name: &Name) -> Refusal {
    Refusal::new(
        Reason::SecretNotFound,
        format!("there is no secret `{}`; make it with `outgate secret put {0} --url URL`", name.id),
    )
    .with("secret", &name.id)
}

pub(super) fn changed(name: &Name) -> Refusal {
    let full = name.parent.child("secrets", &name.id);
    Refusal::new(
        Reason::EtagMismatch,
        format!("`{full}` is not as it was when the etag was read; list it again, then decide"),
    )
    .with("name", full)
}

pub(super) fn out_of_scope(name: &Name, destination: &Scope) -> Refusal {
    Refusal::new(
        Reason::SecretOutOfScope,
        format!("the secret `{}` is not for `{destination}`; put one whose URL has this origin", name.id),
    )
    .with("secret", &name.id)
    .with("host", destination.host())
}

pub(super) fn token_out_of_scope(name: &Name, destination: &Scope) -> Refusal {
    Refusal::new(
        Reason::SecretOutOfScope,
        format!(
            "a token that is got with the secret `{}` is not for `{destination}`; put the secret with this origin named: \
             `outgate secret put {0} --url URL --tokens-for {destination}`",
            name.id
        ),
    )
    .with("secret", &name.id)
    .with("host", destination.host())
}

pub(super) fn unreadable(name: &Name, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Refusal {
    Refusal::new(
        Reason::SecretUnreadable,
        format!(
            "the secret `{}` cannot be opened: its record is damaged, or its key is not in the ring; put it anew",
            name.id
        ),
    )
    .with("secret", &name.id)
    .because(cause)
}

/// No version is left that is known never to have been used.
pub(super) fn damaged(name: &Name) -> Refusal {
    Refusal::new(
        Reason::StoreUnavailable,
        format!("the store's entries of `{}` are damaged; use another name, and check the store", name.id),
    )
}

/// The secret had this version, or will have it, and cannot be used by it now.
pub(super) fn no_version(name: &Name, version: u64) -> Refusal {
    let text = format!("version {version} of the secret `{}` is not in use", name.id);
    Refusal::new(Reason::SecretNotFound, text).with("secret", &name.id)
}

pub(super) fn taken(name: &Name, why: &str) -> Refusal {
    let text = format!(
        "there is a secret `{}`, and {why}: a saved value does not take its place; save under another name, or delete it",
        name.id
    );
    Refusal::new(Reason::SecretTaken, text).with("secret", &name.id)
}

pub(super) fn expired(name: &Name) -> Refusal {
    let text =
        format!("the secret `{}` has ended; put its new value with a later end, or without one", name.id);
    Refusal::new(Reason::SecretExpired, text).with("secret", &name.id)
}

pub(super) fn undescribed(id: &Id, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Refusal {
    Refusal::new(
        Reason::StoreUnavailable,
        format!("the record of the secret `{id}` is damaged; put it anew, or delete it"),
    )
    .because(cause)
}

pub(super) fn unsealed(error: SealError) -> Refusal {
    Refusal::new(Reason::Internal, "the value could not be sealed").because(error)
}
