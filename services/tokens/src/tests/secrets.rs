//! The secrets service as this crate sees it: the contract's release, over a table.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use proto::{
    errors::v1::Reason,
    secrets::v1::{
        DescribeSecretsRequest, DescribeSecretsResponse, Purpose, ReleaseSecretRequest,
        ReleaseSecretResponse,
        secret_release_service_server::{SecretReleaseService, SecretReleaseServiceServer},
    },
};
use runtime::{Caller, Link, Refusal};
use tonic::{Request, Response, Status, service::Routes};

#[derive(Clone, Default)]
pub(super) struct Secrets(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    values: HashMap<String, String>,
    refused: HashMap<String, Reason>,
    asked: Vec<ReleaseSecretRequest>,
}

impl Secrets {
    pub(super) fn put(&self, tenant: &str, name: &str, value: &str) {
        self.0.lock().unwrap().values.insert(format!("tenants/{tenant}/secrets/{name}"), value.to_owned());
    }

    /// From now on the secret is refused for this reason.
    pub(super) fn refuse(&self, name: &str, reason: Reason) {
        self.0.lock().unwrap().refused.insert(format!("tenants/acme/secrets/{name}"), reason);
    }

    /// Everything that was asked for.
    pub(super) fn asked(&self) -> Vec<ReleaseSecretRequest> {
        self.0.lock().unwrap().asked.clone()
    }

    pub(super) fn link(&self) -> Link {
        let mut routes = Routes::builder();
        routes.add_service(SecretReleaseServiceServer::new(self.clone()));
        Link::in_process(routes.routes(), Caller::service("tokens"))
    }
}

#[tonic::async_trait]
impl SecretReleaseService for Secrets {
    async fn release_secret(
        &self,
        request: Request<ReleaseSecretRequest>,
    ) -> Result<Response<ReleaseSecretResponse>, Status> {
        let request = request.into_inner();
        let mut state = self.0.lock().unwrap();
        assert_eq!(request.purpose(), Purpose::Token);
        state.asked.push(request.clone());
        let refuse =
            |reason| Refusal::new(reason, "not this one").with("secret", "crm").with("host", "x.example");
        if let Some(reason) = state.refused.get(&request.name) {
            return Err(refuse(*reason).into());
        }
        let value = state.values.get(&request.name).ok_or_else(|| refuse(Reason::SecretNotFound))?;
        Ok(Response::new(ReleaseSecretResponse { value: value.clone().into(), version: 1 }))
    }

    async fn describe_secrets(
        &self,
        _: Request<DescribeSecretsRequest>,
    ) -> Result<Response<DescribeSecretsResponse>, Status> {
        unreachable!("a token is fetched without asking what secrets there are")
    }
}
