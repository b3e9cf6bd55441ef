//! The contract's service over the registry: requests become domain types here, and nowhere else.

use std::sync::Arc;

use bytes::Bytes;
use proto::{
    errors::v1::Reason,
    tokens::v1::{
        self as contract, ClientAuthentication, ClientCredentials, GetTokenRequest, InvalidateTokenRequest,
        ListTokensRequest, ListTokensResponse, TokenInfo, token_service_server::TokenService,
    },
};
use runtime::{
    Caller, Refusal, Role,
    names::{Id, Name, Parent},
    page,
};
use tonic::{Request, Response, Status};

use crate::{
    grant::{Authentication, Grant, Parts},
    registry::Registry,
    release::{Admitted, SecretVersion, Secrets},
    shelf::{Record, Shelf},
    token::Token,
};

/// The collection that clients' secrets are in.
const SECRETS: &str = "secrets";

/// The service's handlers.
pub(crate) struct Tokens {
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) secrets: Arc<Secrets>,
}

#[tonic::async_trait]
impl TokenService for Tokens {
    async fn get_token(
        &self,
        request: Request<GetTokenRequest>,
    ) -> Result<Response<contract::Token>, Status> {
        let caller = Caller::of(&request)?;
        let GetTokenRequest { parent, grant: asked, destination_url } = request.into_inner();
        let owner = Parent::parse("parent", &parent)?;
        caller.require(Role::Releaser, &owner.tenant)?;
        let grant = grant(asked)?;
        let (token, secret) = self.token(&owner, grant, &destination_url).await?;
        Ok(Response::new(message(token, secret)))
    }

    async fn invalidate_token(
        &self,
        request: Request<InvalidateTokenRequest>,
    ) -> Result<Response<()>, Status> {
        let caller = Caller::of(&request)?;
        let InvalidateTokenRequest { parent, grant: asked, generation, secret, secret_version } =
            request.into_inner();
        let tenant = Parent::parse_tenant("parent", &parent)?;
        caller.require(Role::Releaser, &tenant)?;
        let grant = grant(asked)?;
        if generation == 0 {
            return Err(
                Refusal::field("generation", "is missing; name the token that was not accepted").into()
            );
        }
        if Name::parse("secret", SECRETS, &secret)?.parent.tenant != tenant {
            return Err(Refusal::field("secret", "is another tenant's").into());
        }
        let secret = SecretVersion { name: secret, version: secret_version };
        self.registry.invalidate(&tenant, grant, secret, generation).await?;
        Ok(Response::new(()))
    }

    async fn list_tokens(
        &self,
        request: Request<ListTokensRequest>,
    ) -> Result<Response<ListTokensResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ListTokensRequest { parent, page_size, page_token } = request.into_inner();
        let tenant = Parent::parse_tenant("parent", &parent)?;
        caller.require(Role::Operator, &tenant)?;
        let size = page::size(page_size)?;
        let after = page::after(&page_token)?.map(|key| Id::parse("page_token", &key)).transpose()?;
        let page = self.shelf.list(&tenant, after.as_ref(), size).await?;
        Ok(Response::new(ListTokensResponse {
            tokens: page.records.into_iter().map(info).collect(),
            next_page_token: page.next.map(|key| page::token(&key)).unwrap_or_default(),
        }))
    }
}

impl Tokens {
    /// A token for a destination, got with the newest value of the client's secret; with the one before it, where the token
    /// endpoint does not know the newest yet and both are in use.
    async fn token(
        &self,
        owner: &Parent,
        grant: Grant,
        destination_url: &str,
    ) -> Result<(Arc<Token>, SecretVersion), Refusal> {
        let id = grant.secret.clone();
        let admitted = self.secrets.admit(owner, &id, destination_url, 0).await?;
        let Admitted { secret, previous, previous_in_use } = admitted;
        let refusal = match self.registry.get(&owner.tenant, grant.clone(), secret.clone()).await {
            Ok(token) => {
                if previous_in_use {
                    self.secrets.report(&secret).await;
                }
                return Ok((token, secret));
            }
            Err(refusal) => refusal,
        };
        if previous == 0 || !rejects_client(&refusal) {
            return Err(refusal);
        }
        // What is in the way of the old value is not what the caller has to know.
        let Ok(admitted) = self.secrets.admit(owner, &id, destination_url, previous).await else {
            return Err(refusal);
        };
        let old = admitted.secret;
        let Ok(token) = self.registry.get(&owner.tenant, grant, old.clone()).await else {
            return Err(refusal);
        };
        self.secrets.report(&old).await;
        Ok((token, old))
    }
}

/// Whether the token endpoint did not accept the client's secret (RFC 6749, 5.2: `invalid_client`, or 401).
fn rejects_client(refusal: &Refusal) -> bool {
    refusal.reason() == Reason::TokenRefused
        && (refusal.metadata("error") == Some("invalid_client") || refusal.metadata("status") == Some("401"))
}

fn grant(grant: Option<contract::Grant>) -> Result<Grant, Refusal> {
    let Some(contract::grant::Kind::ClientCredentials(credentials)) = grant.and_then(|grant| grant.kind)
    else {
        return Err(Refusal::field("grant", "is missing; name how the token is got"));
    };
    let ClientCredentials {
        token_url,
        client_id,
        client_secret,
        client_authentication,
        scope,
        audience,
        resource,
    } = credentials;
    let authentication = match ClientAuthentication::try_from(client_authentication) {
        Ok(ClientAuthentication::Unspecified | ClientAuthentication::Basic) => Authentication::Basic,
        Ok(ClientAuthentication::Body) => Authentication::Body,
        Err(_) => {
            let field = "grant.client_credentials.client_authentication";
            return Err(Refusal::field(field, "is none that this version knows"));
        }
    };
    Grant::parse(Parts { token_url, client_id, client_secret, authentication, scope, audience, resource })
}

/// The value inside an answer is the keeper's own copy, which is wiped with its last user. The frames that it is
/// encoded into are the transport's, and are not wiped.
struct Value(Arc<Token>);

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        self.0.value.expose()
    }
}

fn message(token: Arc<Token>, secret: SecretVersion) -> contract::Token {
    contract::Token {
        secret: secret.name,
        secret_version: secret.version,
        token_type: token.token_type.clone(),
        expire_time: token.expires().map(prost_types::Timestamp::from),
        generation: token.generation,
        access_token: Bytes::from_owner(Value(token)),
    }
}

fn info(record: Record) -> TokenInfo {
    let life = record.life();
    TokenInfo {
        expire_time: record.expires().map(prost_types::Timestamp::from),
        create_time: Some(record.got().into()),
        renew_ahead: prost_types::Duration::try_from(life.renew_ahead).ok(),
        generation: record.generation,
        token_url: record.token_url,
        client_id: record.client_id,
        scope: record.scope,
    }
}
