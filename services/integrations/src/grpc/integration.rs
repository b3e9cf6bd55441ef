//! `outgate.integrations.v1.IntegrationService`.

use bytes::Bytes;
use egress::Answer;
use futures::{StreamExt, stream::BoxStream};
use mapping::Template;
use proto::{
    integrations::v1::{
        CreateIntegrationRequest, DeleteIntegrationRequest, ExecuteIntegrationRequest,
        ExecuteIntegrationResponse, GetIntegrationRequest, Header, Integration, ListIntegrationsRequest,
        ListIntegrationsResponse, StreamIntegrationRequest, StreamIntegrationRequestHead,
        StreamIntegrationResponse, UpdateIntegrationRequest, integration_service_server::IntegrationService,
    },
    secrets::v1::Cause,
};
use runtime::{
    Caller, Refusal, Role,
    names::{self, Id, Name, Parent},
    page,
    server::deadline::EndsByItself,
};
use tonic::{Request, Response, Status, Streaming};

use super::streaming;
use crate::{
    Service,
    definitions::{Mask, Update},
    executor::{Call, Payload},
};

/// The longest URL, in bytes, as the contract says.
const MAX_URL: usize = 8192;
const COLLECTION: &str = "integrations";

#[tonic::async_trait]
impl IntegrationService for Service {
    async fn execute_integration(
        &self,
        request: Request<ExecuteIntegrationRequest>,
    ) -> Result<Response<ExecuteIntegrationResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ExecuteIntegrationRequest { name, method, url, headers, body, business_unit } =
            request.into_inner();
        let name = Name::parse_shared("name", COLLECTION, &name)?;
        caller.require(Role::Caller, &name.parent.tenant)?;
        let call =
            Call { unit: unit("business_unit", &business_unit)?, ..call("", method, url, headers, body)? };
        let definition = self.definitions.find(&name).await?;
        let outcome = self.executor.through(&definition, &caller, call).await?;
        Ok(Response::new(answered(outcome.answer.map_err(Refusal::from)?)))
    }

    type StreamIntegrationStream = BoxStream<'static, Result<StreamIntegrationResponse, Status>>;

    async fn stream_integration(
        &self,
        request: Request<Streaming<StreamIntegrationRequest>>,
    ) -> Result<Response<Self::StreamIntegrationStream>, Status> {
        let caller = Caller::of(&request)?;
        let mut parts = request.into_inner();
        let StreamIntegrationRequestHead { name, method, url, headers, business_unit } =
            streaming::head(&mut parts).await?;
        let name = Name::parse_shared("head.name", COLLECTION, &name)?;
        caller.require(Role::Caller, &name.parent.tenant)?;
        let unit = unit("head.business_unit", &business_unit)?;
        let call = Call { unit, ..call("head.", method, url, headers, Bytes::new())? };
        let definition = self.definitions.find(&name).await?;
        let download = self.executor.stream(&definition, &caller, call, streaming::chunks(parts)).await?;
        let mut response = Response::new(streaming::answer(download).boxed());
        response.extensions_mut().insert(EndsByItself);
        Ok(response)
    }

    async fn create_integration(
        &self,
        request: Request<CreateIntegrationRequest>,
    ) -> Result<Response<Integration>, Status> {
        let caller = Caller::of(&request)?;
        let CreateIntegrationRequest { parent, integration_id, integration } = request.into_inner();
        let tenant = Parent::parse_tenant("parent", &parent)?;
        caller.require(Role::Configurator, &tenant)?;
        let id = Id::parse("integration_id", &integration_id)?;
        let integration = given(integration)?;
        let name = Name { parent: Parent { tenant, unit: None }, id };
        Ok(Response::new(self.definitions.create(&name, integration, caller.name()).await?))
    }

    async fn get_integration(
        &self,
        request: Request<GetIntegrationRequest>,
    ) -> Result<Response<Integration>, Status> {
        let caller = Caller::of(&request)?;
        let name = Name::parse_shared("name", COLLECTION, &request.get_ref().name)?;
        caller.require(Role::Caller, &name.parent.tenant)?;
        Ok(Response::new(self.definitions.get(&name).await?))
    }

    async fn list_integrations(
        &self,
        request: Request<ListIntegrationsRequest>,
    ) -> Result<Response<ListIntegrationsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ListIntegrationsRequest { parent, page_size, page_token } = request.into_inner();
        let tenant = Parent::parse_tenant("parent", &parent)?;
        caller.require(Role::Caller, &tenant)?;
        let after = page::after(&page_token)?.map(|id| Id::parse("page_token", &id)).transpose()?;
        let listed = self.definitions.list(&tenant, page::size(page_size)?, after.as_ref()).await?;
        Ok(Response::new(ListIntegrationsResponse {
            integrations: listed.integrations,
            unreadable: listed.unreadable,
            next_page_token: listed.next.as_deref().map(page::token).unwrap_or_default(),
        }))
    }

    async fn update_integration(
        &self,
        request: Request<UpdateIntegrationRequest>,
    ) -> Result<Response<Integration>, Status> {
        let caller = Caller::of(&request)?;
        let UpdateIntegrationRequest { integration, update_mask, allow_missing } = request.into_inner();
        let message = given(integration)?;
        let name = Name::parse_shared("integration.name", COLLECTION, &message.name)?;
        caller.require(Role::Configurator, &name.parent.tenant)?;
        let update = Update {
            mask: Mask::parse(&update_mask.unwrap_or_default().paths)?,
            precondition: names::precondition("integration.etag", &message.etag)?,
            name,
            message,
            allow_missing,
        };
        Ok(Response::new(self.definitions.update(update, caller.name()).await?))
    }

    async fn delete_integration(
        &self,
        request: Request<DeleteIntegrationRequest>,
    ) -> Result<Response<()>, Status> {
        let caller = Caller::of(&request)?;
        let DeleteIntegrationRequest { name, etag } = request.into_inner();
        let name = Name::parse_shared("name", COLLECTION, &name)?;
        caller.require(Role::Configurator, &name.parent.tenant)?;
        self.definitions.delete(&name, names::precondition("etag", &etag)?).await?;
        Ok(Response::new(()))
    }
}

fn given(integration: Option<Integration>) -> Result<Integration, Refusal> {
    integration.ok_or_else(|| Refusal::field("integration", "is missing"))
}

/// The business unit that a call is made for; none where the field is empty.
fn unit(field: &str, text: &str) -> Result<Option<Id>, Refusal> {
    (!text.is_empty()).then(|| Id::parse(field, text)).transpose()
}

/// A request as a caller asked for it. Its text is data: whatever looks like a template in it is sent as it is.
/// `at` is where the fields stand, for refusals.
fn call(at: &str, method: String, url: String, headers: Vec<Header>, body: Bytes) -> Result<Call, Refusal> {
    let refused = |field: &str, why: &str| Refusal::field(format!("{at}{field}"), why);
    if method.is_empty() {
        return Err(refused("method", "is empty; name an HTTP method such as `GET`"));
    }
    if url.is_empty() || url.len() > MAX_URL {
        return Err(refused("url", &format!("is empty or longer than {MAX_URL} bytes")));
    }
    let headers = headers.into_iter().enumerate().map(|(index, header)| {
        let value = String::from_utf8(header.value.into())
            .map_err(|_| refused(&format!("headers[{index}].value"), "is not UTF-8"))?;
        Ok((header.name, Template::text(value)))
    });
    Ok(Call {
        method,
        url: Template::text(url),
        headers: headers.collect::<Result<_, Refusal>>()?,
        body: if body.is_empty() { Payload::None } else { Payload::Bytes(body) },
        timeout: None,
        unit: None,
        cause: Cause::default(),
    })
}

fn answered(answer: Answer) -> ExecuteIntegrationResponse {
    ExecuteIntegrationResponse {
        status: answer.status.into(),
        ok: (200..300).contains(&answer.status),
        headers: answer.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
        body: answer.body,
        secret_echoed: answer.echoed,
    }
}
