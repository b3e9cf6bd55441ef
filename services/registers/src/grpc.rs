//! The contract's side of the service: requests into names and texts, registers into messages.

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use proto::{
    errors::v1::Reason,
    registers::v1::{
        DeleteRegisterRequest, GetRegisterRequest, ListRegistersRequest, ListRegistersResponse,
        ListRevisionsRequest, ListRevisionsResponse, PatchRegisterRequest, PutRegisterRequest, Register,
        Resolution, WatchRegistersRequest, WatchRegistersResponse, register_service_server::RegisterService,
    },
};
use runtime::{
    Caller, Refusal, Role,
    names::{self, Id, Name, Parent},
    page,
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    Service,
    book::Lookup,
    document::{self, Text},
    key,
};

mod message;

/// The numbers of revisions that a page holds (`ListRevisionsRequest.page_size`).
const REVISIONS_DEFAULT: usize = 20;
const REVISIONS_MOST: usize = 100;

#[tonic::async_trait]
impl RegisterService for Service {
    async fn get_register(&self, request: Request<GetRegisterRequest>) -> Result<Response<Register>, Status> {
        let caller = Caller::of(&request)?;
        let GetRegisterRequest { name, resolution, revision } = request.into_inner();
        let name = key::parse("name", &name)?;
        caller.require(Role::Caller, &name.parent.tenant)?;
        let lookup = lookup(resolution)?;
        let register = match names::revision("revision", &revision)? {
            None => self.book.get(&name, lookup).await?,
            Some(revision) => self.book.get_past(&name, lookup, revision).await?,
        };
        Ok(Response::new(message::whole(register)?))
    }

    async fn list_registers(
        &self,
        request: Request<ListRegistersRequest>,
    ) -> Result<Response<ListRegistersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ListRegistersRequest { parent, page_size, page_token, key_prefix } = request.into_inner();
        let parent = Parent::parse("parent", &parent)?;
        caller.require(Role::Caller, &parent.tenant)?;
        let size = page::size(page_size)?;
        let prefix = key::parse_prefix("key_prefix", &key_prefix)?;
        let after = match page::after(&page_token)? {
            None => None,
            Some(id) => Some(Name { parent: parent.clone(), id: Id::parse("page_token", &id)? }),
        };
        let listed = self.book.list(&parent, &prefix, after.as_ref(), size).await?;
        let registers = listed.registers.into_iter();
        Ok(Response::new(ListRegistersResponse {
            registers: registers.map(|(name, current)| message::listed(&name, current)).collect(),
            next_page_token: listed.next.map(|id| page::token(id.as_str())).unwrap_or_default(),
            unreadable: listed
                .unreadable
                .iter()
                .map(|name| parent.child(key::COLLECTION, &name.id))
                .collect(),
        }))
    }

    async fn put_register(&self, request: Request<PutRegisterRequest>) -> Result<Response<Register>, Status> {
        let caller = Caller::of(&request)?;
        let PutRegisterRequest { name, text, etag } = request.into_inner();
        let name = key::parse("name", &name)?;
        caller.require(Role::Configurator, &name.parent.tenant)?;
        let wanted = names::precondition("etag", &etag)?;
        let text = Text::parse("text", &name, text)?;
        let register = self.book.put(&name, text, wanted, caller.name()).await?;
        Ok(Response::new(message::whole(register)?))
    }

    async fn patch_register(
        &self,
        request: Request<PatchRegisterRequest>,
    ) -> Result<Response<Register>, Status> {
        const PATCH: &str = "merge_patch";
        let caller = Caller::of(&request)?;
        let PatchRegisterRequest { name, merge_patch, etag } = request.into_inner();
        let name = key::parse("name", &name)?;
        caller.require(Role::Configurator, &name.parent.tenant)?;
        let wanted = names::precondition("etag", &etag)?;
        let patch = document::parse_patch(PATCH, &merge_patch)?;
        let register = self.book.patch(&name, PATCH, &patch, wanted, caller.name()).await?;
        Ok(Response::new(message::whole(register)?))
    }

    async fn delete_register(&self, request: Request<DeleteRegisterRequest>) -> Result<Response<()>, Status> {
        let caller = Caller::of(&request)?;
        let DeleteRegisterRequest { name, etag } = request.into_inner();
        let name = key::parse("name", &name)?;
        caller.require(Role::Configurator, &name.parent.tenant)?;
        let wanted = names::precondition("etag", &etag)?;
        self.book.delete(&name, wanted, caller.name()).await?;
        Ok(Response::new(()))
    }

    async fn list_revisions(
        &self,
        request: Request<ListRevisionsRequest>,
    ) -> Result<Response<ListRevisionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ListRevisionsRequest { name, page_size, page_token } = request.into_inner();
        let name = key::parse("name", &name)?;
        caller.require(Role::Caller, &name.parent.tenant)?;
        let size = page::size_within(page_size, REVISIONS_DEFAULT, REVISIONS_MOST)?;
        let before = match page::after(&page_token)?.map(|number| number.parse()) {
            None => None,
            Some(Ok(number)) => Some(number),
            Some(Err(_)) => {
                return Err(Refusal::field("page_token", "is not one that a history gave out").into());
            }
        };
        let (found, last) = self.book.history(&name, before, size).await?;
        let revisions = found.into_iter().map(|past| message::past(&name, past)).collect();
        let next_page_token = last.map(|number| page::token(&number.to_string())).unwrap_or_default();
        Ok(Response::new(ListRevisionsResponse { revisions, next_page_token }))
    }

    type WatchRegistersStream = BoxStream<'static, Result<WatchRegistersResponse, Status>>;

    async fn watch_registers(
        &self,
        request: Request<WatchRegistersRequest>,
    ) -> Result<Response<Self::WatchRegistersStream>, Status> {
        let caller = Caller::of(&request)?;
        let WatchRegistersRequest { parent, after } = request.into_inner();
        let tenant = Parent::parse_tenant("parent", &parent)?;
        caller.require(Role::Caller, &tenant)?;
        let after = names::revision("after", &after)?;
        let told = self.book.clone().watch(&tenant, after).await?;
        let events = told.map(|told| Ok(message::told(told?)));
        let events = events.take_until(self.drain.clone().cancelled_owned());
        // A watch whose store failed has said so; only one that was cut short by the drain has not.
        let goodbye = stream::unfold(Some(self.drain.clone()), |drain| async move {
            drain.filter(CancellationToken::is_cancelled).map(|_| (Err(stopping().into()), None))
        });
        Ok(Response::new(events.chain(goodbye).boxed()))
    }
}

/// Which copy a request asks for.
fn lookup(resolution: i32) -> Result<Lookup, Refusal> {
    match Resolution::try_from(resolution) {
        Ok(Resolution::Unspecified | Resolution::Exact) => Ok(Lookup::Exact),
        Ok(Resolution::PrivateFirst) => Ok(Lookup::PrivateFirst),
        Err(_) => Err(Refusal::field("resolution", format!("{resolution} is none that this release knows"))),
    }
}

fn stopping() -> Refusal {
    let text = "the service is stopping; watch again, after the etag of the last message";
    Refusal::new(Reason::ServiceUnavailable, text).with("service", "registers")
}
