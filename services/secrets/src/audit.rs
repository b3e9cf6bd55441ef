//! What the ledger is told: who did what with which secret, for which origin, and why not.

use std::sync::Arc;

use proto::{
    errors::v1::Reason,
    secrets::v1::{Cause, Purpose},
};
use ring::digest;
use runtime::{
    Caller, Refusal,
    names::{self, Id, Name},
    refusal,
};

use crate::{
    SECRETS,
    ledger::{Entry, Kind, Ledger, LedgerError},
    scope::Scope,
};

/// The longest name of an end user that is kept as it is.
const MAX_USER: usize = 128;

/// The ledger, as the service writes it.
pub(crate) struct Audit(Arc<Ledger>);

impl Audit {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self(ledger)
    }

    /// The ledger itself, for reading.
    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.0
    }

    /// Whether what is about to be done can be written down: asked before a write that cannot be taken back.
    ///
    /// # Errors
    /// AUDIT_UNAVAILABLE.
    pub(crate) async fn ready(&self) -> Result<(), Refusal> {
        self.0.check().await.map_err(unavailable)
    }

    /// Writes down what somebody did to a secret, by its whole name; with the version that it is about and its scope, where
    /// there is one to tell. Answers the number of the entry, which is durable.
    ///
    /// # Errors
    /// AUDIT_UNAVAILABLE.
    pub(crate) async fn record(
        &self,
        kind: Kind,
        caller: &Caller,
        secret: &str,
        version: Option<(u64, &str)>,
    ) -> Result<u64, Refusal> {
        let mut entry = Entry::new(kind).text("by", caller.name()).text("secret", secret);
        if let Some((version, scope)) = version {
            entry = entry.number("version", version).text("destination", scope);
        }
        self.write(vec![entry]).await
    }

    /// Writes down a release that is about to be answered, of the secret with this whole name: where a business unit's was asked
    /// for, it may be the tenant's.
    ///
    /// # Errors
    /// AUDIT_UNAVAILABLE.
    pub(crate) async fn released(
        &self,
        asked: &Asked<'_>,
        secret: &str,
        destination: &Scope,
        version: u64,
    ) -> Result<u64, Refusal> {
        self.write(vec![asked.about(Kind::Released, secret, destination.as_str()).number("version", version)])
            .await
    }

    /// Writes down that somebody tried a candidate for a secret's value, and what they are about to be told.
    ///
    /// # Errors
    /// AUDIT_UNAVAILABLE.
    pub(crate) async fn tried(
        &self,
        caller: &Caller,
        name: &Name,
        told: &Result<bool, Refusal>,
    ) -> Result<(), Refusal> {
        let secret = name.parent.child(SECRETS, &name.id);
        let (key, outcome) = match told {
            Ok(true) => ("outcome", "MATCHES"),
            Ok(false) => ("outcome", "DOES_NOT_MATCH"),
            Err(refusal) => ("reason", refusal::name(refusal.reason())),
        };
        let entry = Entry::new(Kind::Verified).text("by", caller.name()).text("secret", &secret);
        self.write(vec![entry.text(key, outcome)]).await.map(drop)
    }

    /// Writes entries down. On return they are durable. Answers the number of the last.
    ///
    /// # Errors
    /// AUDIT_UNAVAILABLE.
    pub(crate) async fn write(&self, entries: Vec<Entry>) -> Result<u64, Refusal> {
        self.0.record(entries).await.map_err(unavailable)
    }
}

fn unavailable(error: LedgerError) -> Refusal {
    let text = "the audit ledger cannot be written, and nothing is released or changed that is not in it; the log of the \
                secrets service says why";
    Refusal::new(Reason::AuditUnavailable, text).because(error)
}

/// Somebody's wish for one secret, as it came: nothing of it was read yet.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) name: &'a str,
    pub(crate) destination_url: &'a str,
    pub(crate) wish: Wish<'a>,
    pub(crate) cause: Option<&'a Cause>,
}

/// What somebody wishes to do with it.
#[derive(Clone, Copy)]
pub(crate) enum Wish<'a> {
    /// To have it released, for a purpose.
    Release(i32),
    /// To send a token that is got with it.
    SendToken,
    /// To have what this URL answered sealed as it.
    Save { answered_url: &'a str },
}

impl Asked<'_> {
    /// Writes down that it was refused, once, and hands the refusal on: the ledger's own, where it cannot be written.
    pub(crate) async fn refused(&self, audit: &Audit, refusal: Refusal) -> Refusal {
        let reason = refusal::name(refusal.reason());
        let kind = match self.wish {
            Wish::Release(_) => Kind::Refused,
            Wish::SendToken => Kind::TokenRefused,
            Wish::Save { .. } => Kind::SaveRefused,
        };
        let written = audit.write(vec![self.entry(kind).text("reason", reason)]).await;
        written.err().unwrap_or(refusal)
    }

    /// What may be kept of it.
    ///
    /// What is no name, origin or purpose is left out: it is somebody's text, and may hold anything. Of a URL the origin
    /// alone is written, as its path and query may hold values.
    pub(crate) fn entry(&self, kind: Kind) -> Entry {
        let name = Name::parse("name", SECRETS, self.name).ok();
        let secret = name.map(|name| name.parent.child(SECRETS, &name.id));
        let scope = Scope::of(self.destination_url).ok();
        self.about(kind, secret.as_deref().unwrap_or_default(), scope.as_ref().map_or("", Scope::as_str))
    }

    /// The same where secret and destination were read already: the whole name of the one, and the origin of the other.
    pub(crate) fn about(&self, kind: Kind, secret: &str, destination: &str) -> Entry {
        let (purpose, answered) = match self.wish {
            Wish::Release(purpose) => (Purpose::try_from(purpose).ok(), None),
            Wish::SendToken => (None, None),
            Wish::Save { answered_url } => (None, Scope::of(answered_url).ok()),
        };
        let entry = Entry::new(kind)
            .text("by", self.caller.name())
            .text("secret", secret)
            .text("destination", destination)
            .text("purpose", purpose.map(|purpose| purpose.as_str_name()).unwrap_or_default())
            .text("answered", answered.as_ref().map_or("", Scope::as_str));
        match self.cause {
            Some(cause) => caused(entry, cause),
            None => entry,
        }
    }
}

/// Adds what the secret is wanted for, as far as it consists of ids and etags.
fn caused(entry: Entry, cause: &Cause) -> Entry {
    entry
        .text("integration", id(&cause.integration))
        .text("integration_etag", etag(&cause.integration_etag))
        .text("adapter", id(&cause.adapter))
        .text("adapter_etag", etag(&cause.adapter_etag))
        .text("business_unit", id(&cause.business_unit))
        .text("user", &user(&cause.user))
}

fn id(text: &str) -> &str {
    if Id::is_one(text) { text } else { "" }
}

fn etag(text: &str) -> &str {
    if names::revision("cause", text).is_ok() { text } else { "" }
}

/// An end user's name, or what tells it from others where it is no short name.
fn user(name: &str) -> String {
    if name.len() <= MAX_USER && name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return name.to_owned();
    }
    let hash = digest::digest(&digest::SHA256, name.as_bytes());
    format!("sha256:{}", data_encoding::HEXLOWER.encode(hash.as_ref()))
}
