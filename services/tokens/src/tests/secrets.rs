//! The secrets service as this crate sees it: the contract's release, over a table.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use proto::{
    errors::v1::Reason,
    secrets::v1::{
        CheckReleaseRequest, CheckReleaseResponse, DescribeSecretsRequest, DescribeSecretsResponse, Purpose,
        ReleaseSecretRequest, ReleaseSecretResponse,
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
    checked: Vec<CheckReleaseRequest>,
    asked: Vec<ReleaseSecretRequest>,
}

impl State {
    /// The value of a secret, if it is there and not refused.
    fn value(&self, name: &str) -> Result<String, Refusal> {
        let refuse =
            |reason| Refusal::new(reason, "not this one").with("secret", "crm").with("host", "x.example");
        match self.refused.get(name) {
            Some(reason) => Err(refuse(*reason)),
            None => self.values.get(name).cloned().ok_or_else(|| refuse(Reason::SecretNotFound)),
        }
    }
}

impl Secrets {
    pub(super) fn put(&self, tenant: &str, name: &str, value: &str) {
        self.0.lock().unwrap().values.insert(format!("tenants/{tenant}/secrets/{name}"), value.to_owned());
    }

    /// From now on the secret is refused for this reason.
    pub(super) fn refuse(&self, name: &str, reason: Reason) {
        self.0.lock().unwrap().refused.insert(format!("tenants/acme/secrets/{name}"), reason);
    }

    /// Everything that was asked about before.
    pub(super) fn checked(&self) -> Vec<CheckReleaseRequest> {
        self.0.lock().unwrap().checked.clone()
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
        let value = state.value(&request.name)?;
        Ok(Response::new(ReleaseSecretResponse { value: value.into(), version: 1, previous_version: 0 }))
    }

    async fn check_release(
        &self,
        request: Request<CheckReleaseRequest>,
    ) -> Result<Response<CheckReleaseResponse>, Status> {
        let request = request.into_inner();
        let mut state = self.0.lock().unwrap();
        assert_eq!(request.purpose(), Purpose::Token);
        state.checked.push(request.clone());
        for name in &request.names {
            state.value(name)?;
        }
        Ok(Response::new(CheckReleaseResponse {}))
    }

    async fn describe_secrets(
        &self,
        _: Request<DescribeSecretsRequest>,
    ) -> Result<Response<DescribeSecretsResponse>, Status> {
        unreachable!("a token is fetched without asking what secrets there are")
    }
}
