//! The secrets service as this crate sees it: the contract's release, over a table.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use proto::{
    errors::v1::Reason,
    secrets::v1::{
        CheckReleaseRequest, CheckReleaseResponse, CheckTokenUseRequest, CheckTokenUseResponse,
        DescribeSecretsRequest, DescribeSecretsResponse, Purpose, ReleaseSecretRequest,
        ReleaseSecretResponse,
        secret_release_service_server::{SecretReleaseService, SecretReleaseServiceServer},
    },
};
use runtime::{Caller, Link, Refusal};
use tonic::{Request, Response, Status, service::Routes};

use super::API;

#[derive(Clone, Default)]
pub(super) struct Secrets(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    values: HashMap<String, Vec<Value>>,
    refused: HashMap<String, Reason>,
    checked: Vec<CheckReleaseRequest>,
    asked: Vec<ReleaseSecretRequest>,
}

/// One of a secret's values, the newest the last.
#[derive(Clone)]
struct Value {
    text: String,
    version: u64,
    tokens_for: String,
}

impl State {
    /// The newest value of a secret, if it is there and not refused.
    fn value(&self, name: &str) -> Result<Value, Refusal> {
        let values = self.values.get(name);
        match self.refused.get(name) {
            Some(reason) => Err(refuse(*reason)),
            None => values.and_then(|all| all.last().cloned()).ok_or_else(|| refuse(Reason::SecretNotFound)),
        }
    }
}

fn refuse(reason: Reason) -> Refusal {
    Refusal::new(reason, "not this one").with("secret", "crm").with("host", "x.example")
}

impl Secrets {
    /// A new value, whose tokens go to the API.
    pub(super) fn put(&self, tenant: &str, name: &str, value: &str) {
        self.put_for(&format!("tenants/{tenant}/secrets/{name}"), value, API);
    }

    /// A new value, whose tokens go somewhere.
    pub(super) fn put_for(&self, name: &str, value: &str, tokens_for: &str) {
        let mut state = self.0.lock().unwrap();
        let values = state.values.entry(name.to_owned()).or_default();
        let version = values.len() as u64 + 1;
        values.push(Value { text: value.to_owned(), version, tokens_for: tokens_for.to_owned() });
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
        let Value { text, version, .. } = state.value(&request.name)?;
        if request.version != version {
            return Err(refuse(Reason::SecretNotFound).into());
        }
        let value = text.into();
        Ok(Response::new(ReleaseSecretResponse { value, version, previous_version: 0, name: request.name }))
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

    async fn check_token_use(
        &self,
        request: Request<CheckTokenUseRequest>,
    ) -> Result<Response<CheckTokenUseResponse>, Status> {
        let CheckTokenUseRequest { name, destination_url, .. } = request.into_inner();
        let Value { version, tokens_for, .. } = self.0.lock().unwrap().value(&name)?;
        if tokens_for != destination_url {
            return Err(refuse(Reason::SecretOutOfScope).into());
        }
        Ok(Response::new(CheckTokenUseResponse { name, version, previous_version: 0 }))
    }

    async fn describe_secrets(
        &self,
        _: Request<DescribeSecretsRequest>,
    ) -> Result<Response<DescribeSecretsResponse>, Status> {
        unreachable!("a token is fetched without asking what secrets there are")
    }
}
