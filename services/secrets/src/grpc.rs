//! The contract's services over the vault and its ledger: requests become domain types here, and nowhere else.

mod auditing;
mod put;
mod save;
mod uses;

use std::sync::Arc;

use bytes::Bytes;
use proto::secrets::v1::{
    CheckReleaseRequest, CheckReleaseResponse, CheckTokenUseRequest, CheckTokenUseResponse,
    DeleteSecretRequest, DescribeSecretsRequest, DescribeSecretsResponse, ListSecretsRequest,
    ListSecretsResponse, PatchSecretRequest, Purpose, PutSecretRequest, RecordUsesRequest,
    RecordUsesResponse, ReleaseSecretRequest, ReleaseSecretResponse, ReportUseRequest, ReportUseResponse,
    SaveSecretRequest, SaveSecretResponse, Secret, SecretDescription, VerifySecretRequest,
    VerifySecretResponse, secret_release_service_server::SecretReleaseService,
    secret_service_server::SecretService,
};
use runtime::{
    Caller, Refusal, Role,
    grants::Grants,
    names::{self, Id, Name, Parent},
    page,
};
use seal::Plaintext;
use store::Clock;
use tonic::{Request, Response, Status};

use crate::{
    SECRETS,
    audit::{Asked, Audit, Wish},
    ledger::Kind,
    record::Previous,
    scope::Scope,
    vault::{Metadata, Released, Uses, Vault},
};

/// How many secrets may be asked about at once.
const ASKED: usize = 1000;

/// The write side.
pub(crate) struct Writing {
    pub(crate) vault: Arc<Vault>,
    pub(crate) audit: Arc<Audit>,
    pub(crate) clock: Clock,
}

/// The release, and what comes in by the same way.
pub(crate) struct Release {
    pub(crate) vault: Arc<Vault>,
    pub(crate) audit: Arc<Audit>,
    pub(crate) grants: Grants,
}

pub(crate) use auditing::Auditing;

use save::Saving;

#[tonic::async_trait]
impl SecretService for Writing {
    async fn put_secret(&self, request: Request<PutSecretRequest>) -> Result<Response<Secret>, Status> {
        let caller = Caller::of(&request)?;
        let put = put::read(request.into_inner(), &caller, self.clock.now())?;
        let parent = put.name.parent.clone();
        self.audit.ready().await?;
        let metadata = self.vault.put(put).await?;
        let secret = secret(&parent, metadata);
        self.audit.record(Kind::Put, &caller, &secret.name, Some((secret.version, &secret.scope))).await?;
        tracing::debug!(
            secret = secret.name,
            version = secret.version,
            by = secret.updated_by,
            "a secret was put"
        );
        Ok(Response::new(secret))
    }

    async fn patch_secret(&self, request: Request<PatchSecretRequest>) -> Result<Response<Secret>, Status> {
        let caller = Caller::of(&request)?;
        let patch = put::read_patch(request.into_inner(), &caller)?;
        let (parent, member) = (patch.name.parent.clone(), patch.member.clone());
        self.audit.ready().await?;
        let secret = secret(&parent, self.vault.patch(patch).await?);
        let (name, version, by) = (&secret.name, secret.version, &secret.updated_by);
        self.audit.record(Kind::Patched, &caller, name, Some((version, &secret.scope))).await?;
        tracing::debug!(secret = name, version, by, member, "a member of a secret was changed");
        Ok(Response::new(secret))
    }

    async fn verify_secret(
        &self,
        request: Request<VerifySecretRequest>,
    ) -> Result<Response<VerifySecretResponse>, Status> {
        let caller = Caller::of(&request)?;
        let VerifySecretRequest { name, candidate } = request.into_inner();
        let name = Name::parse("name", SECRETS, &name)?;
        caller.require(Role::Configurator, &name.parent.tenant)?;
        let told = self.vault.verify(&name, &put::plaintext("candidate", candidate)?).await;
        self.audit.tried(&caller, &name, &told).await?;
        Ok(Response::new(VerifySecretResponse { matches: told? }))
    }

    async fn list_secrets(
        &self,
        request: Request<ListSecretsRequest>,
    ) -> Result<Response<ListSecretsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ListSecretsRequest { parent, page_size, page_token } = request.into_inner();
        let parent = Parent::parse("parent", &parent)?;
        caller.require(Role::Configurator, &parent.tenant)?;
        let size = page::size(page_size)?;
        let after = page::after(&page_token)?.map(|id| Id::parse("page_token", &id)).transpose()?;
        let page = self.vault.list(&parent, after.as_ref(), size).await?;
        Ok(Response::new(ListSecretsResponse {
            secrets: page.secrets.into_iter().map(|metadata| secret(&parent, metadata)).collect(),
            next_page_token: page.next.map(|id| page::token(id.as_str())).unwrap_or_default(),
        }))
    }

    async fn delete_secret(&self, request: Request<DeleteSecretRequest>) -> Result<Response<()>, Status> {
        let caller = Caller::of(&request)?;
        let DeleteSecretRequest { name, etag } = request.into_inner();
        let name = Name::parse("name", SECRETS, &name)?;
        caller.require(Role::Configurator, &name.parent.tenant)?;
        let precondition = names::precondition("etag", &etag)?;
        self.audit.ready().await?;
        self.vault.delete(&name, precondition).await?;
        let secret = name.parent.child(SECRETS, &name.id);
        self.audit.record(Kind::Deleted, &caller, &secret, None).await?;
        tracing::debug!(secret, by = caller.name(), "a secret was deleted");
        Ok(Response::new(()))
    }
}

#[tonic::async_trait]
impl SecretReleaseService for Release {
    async fn release_secret(
        &self,
        request: Request<ReleaseSecretRequest>,
    ) -> Result<Response<ReleaseSecretResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ReleaseSecretRequest { name, destination_url, purpose, version, cause } = request.into_inner();
        let (caller, cause) = (&caller, cause.as_ref());
        let wish = Wish::Release(purpose);
        let asked = Asked { caller, name: &name, destination_url: &destination_url, wish, cause };
        let (released, destination) = match self.released(&asked, purpose, version).await {
            Ok(released) => released,
            Err(refusal) => return Err(asked.refused(&self.audit, refusal).await.into()),
        };
        let Released { name, value, version, previous } = released;
        let name = name.parent.child(SECRETS, &name.id);
        let release = self.audit.released(&asked, &name, &destination, version).await?;
        let value = Bytes::from_owner(Wiped(value));
        let (previous_version, previous_in_use) = beside(previous);
        Ok(Response::new(ReleaseSecretResponse {
            value,
            version,
            previous_version,
            name,
            previous_in_use,
            release,
        }))
    }

    async fn check_release(
        &self,
        request: Request<CheckReleaseRequest>,
    ) -> Result<Response<CheckReleaseResponse>, Status> {
        let caller = Caller::of(&request)?;
        let CheckReleaseRequest { names, destination_url, purpose, cause } = request.into_inner();
        let (caller, cause, wish) = (&caller, cause.as_ref(), Wish::Release(purpose));
        let asked = |name| Asked { caller, name, destination_url: &destination_url, wish, cause };
        if names.is_empty() || names.len() > ASKED {
            let refusal = Refusal::field("names", format!("must be 1 to {ASKED}"));
            return Err(asked("").refused(&self.audit, refusal).await.into());
        }
        for name in &names {
            let asked = asked(name);
            if let Err(refusal) = self.check(&asked, purpose).await {
                return Err(asked.refused(&self.audit, refusal).await.into());
            }
        }
        Ok(Response::new(CheckReleaseResponse {}))
    }

    async fn check_token_use(
        &self,
        request: Request<CheckTokenUseRequest>,
    ) -> Result<Response<CheckTokenUseResponse>, Status> {
        let caller = Caller::of(&request)?;
        let CheckTokenUseRequest { name, destination_url, version, cause } = request.into_inner();
        let (caller, cause, wish) = (&caller, cause.as_ref(), Wish::SendToken);
        let asked = Asked { caller, name: &name, destination_url: &destination_url, wish, cause };
        let Released { name, value: _, version, previous } = match self.sending(&asked, version).await {
            Ok(released) => released,
            Err(refusal) => return Err(asked.refused(&self.audit, refusal).await.into()),
        };
        let name = name.parent.child(SECRETS, &name.id);
        let (previous_version, previous_in_use) = beside(previous);
        Ok(Response::new(CheckTokenUseResponse { name, version, previous_version, previous_in_use }))
    }

    async fn record_uses(
        &self,
        request: Request<RecordUsesRequest>,
    ) -> Result<Response<RecordUsesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let RecordUsesRequest { uses } = request.into_inner();
        let sequence = self.audit.write(uses::read(&caller, &uses)?).await?;
        Ok(Response::new(RecordUsesResponse { sequence }))
    }

    async fn report_use(
        &self,
        request: Request<ReportUseRequest>,
    ) -> Result<Response<ReportUseResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ReportUseRequest { name, version } = request.into_inner();
        let name = Name::parse("name", SECRETS, &name)?;
        caller.require(Role::Releaser, &name.parent.tenant)?;
        self.audit.ready().await?;
        if self.vault.report(&name, version).await? {
            let secret = name.parent.child(SECRETS, &name.id);
            self.audit.record(Kind::Taken, &caller, &secret, Some((version, ""))).await?;
        }
        Ok(Response::new(ReportUseResponse {}))
    }

    async fn describe_secrets(
        &self,
        request: Request<DescribeSecretsRequest>,
    ) -> Result<Response<DescribeSecretsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let DescribeSecretsRequest { parent, secret_ids } = request.into_inner();
        let parent = Parent::parse("parent", &parent)?;
        caller.require(Role::Releaser, &parent.tenant)?;
        if secret_ids.len() > ASKED {
            return Err(Refusal::field("secret_ids", format!("names more than {ASKED}")).into());
        }
        let ids = secret_ids.iter().map(|id| Id::parse("secret_ids", id)).collect::<Result<Vec<_>, _>>()?;
        let mut secrets = Vec::with_capacity(ids.len());
        for id in &ids {
            let name = Name { parent: parent.clone(), id: id.clone() };
            secrets.extend(self.vault.scope(&name).await?.map(|scope| description(id, scope)));
        }
        let others = match secrets.len() == ids.len() {
            true => Vec::new(),
            false => self.others(&parent).await?,
        };
        let others = others.iter().map(Id::to_string).collect();
        Ok(Response::new(DescribeSecretsResponse { secrets, others }))
    }

    async fn save_secret(
        &self,
        request: Request<SaveSecretRequest>,
    ) -> Result<Response<SaveSecretResponse>, Status> {
        let caller = Caller::of(&request)?;
        let (saving, value) = Saving::read(request.into_inner());
        let asked = saving.asked(&caller);
        match self.saved(&asked, &saving, value).await {
            Ok(saved) => Ok(Response::new(saved)),
            Err(refusal) => Err(asked.refused(&self.audit, refusal).await.into()),
        }
    }
}

/// What is asked for by somebody who may ask: whether it is there and for this origin is the vault's to say.
fn wanted(asked: &Asked<'_>) -> Result<(Name, Scope), Refusal> {
    let name = Name::parse("name", SECRETS, asked.name)?;
    asked.caller.require(Role::Releaser, &name.parent.tenant)?;
    Ok((name, scope("destination_url", asked.destination_url)?))
}

impl Release {
    /// What is released, and for which origin.
    async fn released(
        &self,
        asked: &Asked<'_>,
        purpose: i32,
        version: u64,
    ) -> Result<(Released, Scope), Refusal> {
        let (name, destination) = wanted(asked)?;
        let purpose = known_purpose(purpose)?;
        let released = self.vault.release(&name, &destination, version).await?;
        tracing::debug!(
            secret = released.name.parent.child(SECRETS, &released.name.id),
            version = released.version,
            destination = destination.as_str(),
            purpose = purpose.as_str_name(),
            by = asked.caller.name(),
            "a secret was released"
        );
        Ok((released, destination))
    }

    async fn check(&self, asked: &Asked<'_>, purpose: i32) -> Result<(), Refusal> {
        let (name, destination) = wanted(asked)?;
        known_purpose(purpose)?;
        self.vault.check_release(&name, &destination).await
    }

    async fn sending(&self, asked: &Asked<'_>, version: u64) -> Result<Released, Refusal> {
        let (name, destination) = wanted(asked)?;
        self.vault.release_for_token(&name, &destination, version).await
    }

    /// The ids of what is there for an owner: of a business unit's private copies, and of its tenant's secrets.
    async fn others(&self, owner: &Parent) -> Result<Vec<Id>, Refusal> {
        let tenant = Parent { tenant: owner.tenant.clone(), unit: None };
        let mut ids = self.vault.ids(&tenant, ASKED).await?;
        if owner.unit.is_some() {
            ids.extend(self.vault.ids(owner, ASKED).await?);
            ids.sort_unstable();
            ids.dedup();
            ids.truncate(ASKED);
        }
        Ok(ids)
    }
}

/// The version that is in use beside the newest, and whether it is needed.
fn beside(previous: Option<(Previous, Uses)>) -> (u64, bool) {
    previous.map_or((0, false), |(previous, uses)| (previous.version, uses.in_use))
}

fn description(id: &Id, scope: String) -> SecretDescription {
    SecretDescription { secret_id: id.to_string(), scope }
}

/// The message's own copy of a released value, wiped once the message is gone. The frames that it is encoded into are
/// the transport's, and are not wiped.
struct Wiped(Plaintext);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

fn scope(field: &str, url: &str) -> Result<Scope, Refusal> {
    Scope::of(url).map_err(|error| Refusal::field(field, error))
}

fn known_purpose(purpose: i32) -> Result<Purpose, Refusal> {
    match Purpose::try_from(purpose) {
        Ok(Purpose::Unspecified) | Err(_) => {
            Err(Refusal::field("purpose", "must say what the value is for: a call or a token"))
        }
        Ok(purpose) => Ok(purpose),
    }
}

fn secret(parent: &Parent, metadata: Metadata) -> Secret {
    let Metadata { id, revision, record, previous } = metadata;
    let known = Secret { name: parent.child(SECRETS, &id), etag: names::etag(revision), ..Secret::default() };
    let Some(record) = record else { return Secret { damaged: true, ..known } };
    let (previous_version, previous_in_use) = beside(previous);
    Secret {
        token_origins: record.token_origins().to_vec(),
        expire_time: record.expires().map(Into::into),
        previous_version,
        previous_end_time: previous.map(|(previous, _)| previous.until.into()),
        previous_use_time: previous.and_then(|(_, uses)| uses.needed()).map(Into::into),
        previous_in_use,
        scope: record.scope,
        version: record.version,
        create_time: Some(record.created),
        update_time: Some(record.updated),
        updated_by: record.updated_by,
        saved_by: record.saved_by,
        ..known
    }
}
