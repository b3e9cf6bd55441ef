//! `outgate.keys.v1` over the keys of this process.

use std::sync::Arc;

use proto::keys::v1::{
    GetKeyStatusRequest, Key, KeySource, KeyStatus, RetireKeysRequest, Rewrap, RotateKeysRequest,
    key_service_server::{KeyService, KeyServiceServer, SERVICE_NAME},
};
use runtime::{Caller, Refusal, Role};
use tonic::{Request, Response, Status, service::RoutesBuilder};

use super::{Keys, lock};

/// Adds the service to a listener. Answers the names to report health under.
pub(in crate::serve) fn add(keys: &Arc<Keys>, routes: &mut RoutesBuilder) -> Vec<&'static str> {
    routes.add_service(KeyServiceServer::new(Handler(keys.clone())));
    vec![SERVICE_NAME]
}

struct Handler(Arc<Keys>);

#[tonic::async_trait]
impl KeyService for Handler {
    async fn get_key_status(
        &self,
        request: Request<GetKeyStatusRequest>,
    ) -> Result<Response<KeyStatus>, Status> {
        operator(&request)?;
        Ok(Response::new(self.0.status()))
    }

    async fn rotate_keys(&self, request: Request<RotateKeysRequest>) -> Result<Response<KeyStatus>, Status> {
        let caller = operator(&request)?;
        self.0.rotate(caller.name()).await.map_err(Refusal::from)?;
        tracing::info!(by = caller.name(), "the sealing keys were rotated");
        Ok(Response::new(self.0.status()))
    }

    async fn retire_keys(&self, request: Request<RetireKeysRequest>) -> Result<Response<KeyStatus>, Status> {
        let caller = operator(&request)?;
        let forget_unreadable = request.into_inner().forget_unreadable;
        self.0.retire(caller.name(), forget_unreadable).await.map_err(Refusal::from)?;
        tracing::info!(by = caller.name(), forget_unreadable, "old sealing keys are to end");
        Ok(Response::new(self.0.status()))
    }
}

fn operator<T>(request: &Request<T>) -> Result<Caller, Refusal> {
    let caller = Caller::of(request)?;
    caller.require_everywhere(Role::Operator)?;
    Ok(caller)
}

impl Keys {
    fn status(&self) -> KeyStatus {
        let keys = self.ring.sealing();
        let progress = self.progress().clone();
        let key = |id: &seal::KeyId| Key {
            id: id.to_string(),
            active: *id == keys.active(),
            create_time: keys.made(*id).map(prost_types::Timestamp::from),
            records: progress.counts.get(id).copied().unwrap_or_default(),
        };
        let source = if self.transit.is_some() { KeySource::Transit } else { KeySource::File };
        KeyStatus {
            keys: keys.ids().iter().map(key).collect(),
            source: source.into(),
            problem: lock(&self.problem).clone(),
            rewrap: Some(Rewrap {
                running: progress.running,
                seen: progress.seen,
                rewrapped: progress.rewrapped,
                left: progress.left(keys.active()),
                unreadable: progress.unreadable,
                unreadable_records: progress.unreadable_records,
                problem: progress.problem,
                end_time: progress.ended.map(prost_types::Timestamp::from),
            }),
        }
    }
}
