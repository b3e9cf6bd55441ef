//! Values that a run saves of an answer.
//!
//! Who runs adapters is believed on one thing: which URL answered with the value. It is the URL of the connection that the
//! door vetted and TLS proved, after all redirects, and nothing that an adapter or an answer says. Nobody but the suite's own
//! services may say it, who have every secret released for its origin as it is. All the rest is decided here, by this
//! process's own copy of the grants and by what is sealed.

use bytes::Bytes;
use proto::{
    errors::v1::Reason,
    secrets::v1::{Cause, SaveSecretRequest, SaveSecretResponse},
};
use runtime::{
    Caller, Refusal, Role,
    names::{Id, Name},
};
use seal::Plaintext;
use store::Precondition;

use super::{Release, put, scope};
use crate::{
    SECRETS,
    audit::{Asked, Wish},
    ledger::Kind,
    scope::Scope,
    vault::{Put, Saved},
};

/// The fewest bytes of a value: a shorter one could not be found in the answer that it came with.
const SHORTEST: usize = 4;
/// The longest id of a request.
const REQUEST_ID: usize = 64;

/// A request, less its value.
pub(super) struct Saving {
    name: String,
    url: String,
    answered_url: String,
    request_id: String,
    cause: Option<Cause>,
}

impl Saving {
    /// The request, and its value in memory that is wiped, before anything is waited for.
    pub(super) fn read(request: SaveSecretRequest) -> (Self, Result<Plaintext, Refusal>) {
        let SaveSecretRequest { name, value, url, answered_url, request_id, cause } = request;
        (Self { name, url, answered_url, request_id, cause }, plaintext(value))
    }

    /// What the ledger is told.
    pub(super) fn asked<'a>(&'a self, caller: &'a Caller) -> Asked<'a> {
        let wish = Wish::Save { answered_url: &self.answered_url };
        Asked { caller, name: &self.name, destination_url: &self.url, wish, cause: self.cause.as_ref() }
    }

    /// By whom and in which run it is saved.
    fn saved(&self) -> Result<Saved, Refusal> {
        let adapter = self.cause.as_ref().map_or("", |cause| &cause.adapter);
        let adapter = Id::parse("cause.adapter", adapter)?.to_string();
        let request_id = self.request_id.clone();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if request_id.is_empty() || request_id.len() > REQUEST_ID || !request_id.bytes().all(plain) {
            let text = format!("must have 1 to {REQUEST_ID} letters, digits and `-`");
            return Err(Refusal::field("request_id", text));
        }
        Ok(Saved { adapter, request_id })
    }
}

impl Release {
    /// Seals a value, if it may become this secret.
    pub(super) async fn saved(
        &self,
        asked: &Asked<'_>,
        saving: &Saving,
        value: Result<Plaintext, Refusal>,
    ) -> Result<SaveSecretResponse, Refusal> {
        let name = Name::parse("name", SECRETS, &saving.name)?;
        asked.caller.require(Role::Releaser, &name.parent.tenant)?;
        let (scope, answered) = (scope("url", &saving.url)?, scope("answered_url", &saving.answered_url)?);
        let (saved, value) = (saving.saved()?, value?);
        if !self.grants.allow(&name.parent.tenant, answered.as_str(), scope.as_str()) {
            return Err(not_granted(&name, &answered, &scope));
        }
        self.audit.ready().await?;
        let full = name.parent.child(SECRETS, &name.id);
        let metadata = self
            .vault
            .put(Put {
                name,
                value,
                scope,
                token_origins: Vec::new(),
                expires: None,
                overlap: None,
                precondition: Precondition::None,
                by: asked.caller.name().to_owned(),
                saved: Some(saved),
            })
            .await?;
        let version = metadata.record.map_or(0, |record| record.version);
        self.audit.write(vec![asked.entry(Kind::Saved).number("version", version)]).await?;
        tracing::debug!(secret = full, version, by = asked.caller.name(), "a secret was saved");
        Ok(SaveSecretResponse { name: full, version })
    }
}

fn plaintext(value: Bytes) -> Result<Plaintext, Refusal> {
    if value.len() < SHORTEST {
        return Err(Refusal::field("value", format!("must have at least {SHORTEST} bytes")));
    }
    put::plaintext("value", value)
}

fn not_granted(name: &Name, answered: &Scope, scope: &Scope) -> Refusal {
    let text = format!(
        "the secret `{}` cannot be saved for `{scope}`: `{answered}` answered, and no grant lets what it answers be for another \
         origin; an operator can grant it under [save_secret]",
        name.id
    );
    Refusal::new(Reason::ScopeNotGranted, text).with("secret", &name.id).with("host", scope.host())
}
