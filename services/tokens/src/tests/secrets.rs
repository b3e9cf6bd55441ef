//! The secrets service as this crate sees it: the contract's release, over a table.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use oracle::Canary;
use proto::{
    errors::v1::Reason,
    secrets::v1::{
        CheckReleaseRequest, CheckReleaseResponse, CheckTokenUseRequest, CheckTokenUseResponse,
        DescribeSecretsRequest, DescribeSecretsResponse, Purpose, RecordUsesRequest, RecordUsesResponse,
        ReleaseSecretRequest, ReleaseSecretResponse, ReportUseRequest, ReportUseResponse, SaveSecretRequest,
        SaveSecretResponse, Use,
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
    used: Vec<Use>,
    unrecorded: Option<Reason>,
    /// The old value overlaps the newest.
    overlaps: bool,
    reported: Vec<(String, u64)>,
}

/// One of a secret's values, the newest the last.
#[derive(Clone)]
struct Value {
    text: String,
    version: u64,
    tokens_for: String,
}

impl State {
    /// A value of a secret, the newest for 0, if it is there and not refused.
    fn value(&self, name: &str, version: u64) -> Result<Value, Refusal> {
        if let Some(reason) = self.refused.get(name) {
            return Err(refuse(*reason));
        }
        let values = self.values.get(name).map(Vec::as_slice).unwrap_or_default();
        let newest = values.len() as u64;
        let version = if version == 0 { newest } else { version };
        let in_use = version == newest || self.overlaps && version + 1 == newest;
        let found = values.iter().find(|value| value.version == version);
        found.filter(|_| in_use).cloned().ok_or_else(|| refuse(Reason::SecretNotFound))
    }

    /// The version that is in use beside a version, and whether it is needed.
    fn beside(&self, name: &str, version: u64) -> (u64, bool) {
        let newest = self.values[name].len() as u64 == version;
        let previous = if self.overlaps && newest { version - 1 } else { 0 };
        (previous, previous > 0 && self.reported.last() == Some(&(name.to_owned(), previous)))
    }
}

fn refuse(reason: Reason) -> Refusal {
    Refusal::new(reason, "not this one").with("secret", "crm").with("host", "x.example")
}

impl Secrets {
    /// A new value, whose tokens go to the API. It may not come out of the suite.
    pub(super) fn put(&self, tenant: &str, name: &str, value: &str) {
        self.put_for(&format!("tenants/{tenant}/secrets/{name}"), value, API);
    }

    /// A new value, whose tokens go somewhere.
    pub(super) fn put_for(&self, name: &str, value: &str, tokens_for: &str) {
        Canary::known(&format!("the secret {name}"), value);
        let mut state = self.0.lock().unwrap();
        let values = state.values.entry(name.to_owned()).or_default();
        let version = values.len() as u64 + 1;
        values.push(Value { text: value.to_owned(), version, tokens_for: tokens_for.to_owned() });
    }

    /// From now on the value before the newest is in use too.
    pub(super) fn overlap(&self) {
        self.0.lock().unwrap().overlaps = true;
    }

    /// Which versions were reported.
    pub(super) fn reported(&self) -> Vec<u64> {
        self.0.lock().unwrap().reported.iter().map(|(_, version)| *version).collect()
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

    /// Every use that was reported.
    pub(super) fn used(&self) -> Vec<Use> {
        self.0.lock().unwrap().used.clone()
    }

    /// From now on no use can be reported, for this reason.
    pub(super) fn record_nothing(&self, reason: Reason) {
        self.0.lock().unwrap().unrecorded = Some(reason);
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
        assert_ne!(request.version, 0, "a token is got with a value that was chosen");
        let Value { text, version, .. } = state.value(&request.name, request.version)?;
        let (previous_version, previous_in_use) = state.beside(&request.name, version);
        let (value, name) = (text.into(), request.name);
        Ok(Response::new(ReleaseSecretResponse {
            value,
            version,
            previous_version,
            name,
            previous_in_use,
            release: 7,
        }))
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
            state.value(name, 0)?;
        }
        Ok(Response::new(CheckReleaseResponse {}))
    }

    async fn check_token_use(
        &self,
        request: Request<CheckTokenUseRequest>,
    ) -> Result<Response<CheckTokenUseResponse>, Status> {
        let CheckTokenUseRequest { name, destination_url, version, cause: _ } = request.into_inner();
        let state = self.0.lock().unwrap();
        let Value { version, tokens_for, .. } = state.value(&name, version)?;
        if tokens_for != destination_url {
            return Err(refuse(Reason::SecretOutOfScope).into());
        }
        let (previous_version, previous_in_use) = state.beside(&name, version);
        Ok(Response::new(CheckTokenUseResponse { name, version, previous_version, previous_in_use }))
    }

    async fn report_use(
        &self,
        request: Request<ReportUseRequest>,
    ) -> Result<Response<ReportUseResponse>, Status> {
        let ReportUseRequest { name, version } = request.into_inner();
        self.0.lock().unwrap().reported.push((name, version));
        Ok(Response::new(ReportUseResponse {}))
    }

    async fn record_uses(
        &self,
        request: Request<RecordUsesRequest>,
    ) -> Result<Response<RecordUsesResponse>, Status> {
        let mut state = self.0.lock().unwrap();
        if let Some(reason) = state.unrecorded {
            return Err(Refusal::new(reason, "the ledger cannot be written").into());
        }
        state.used.extend(request.into_inner().uses);
        Ok(Response::new(RecordUsesResponse { sequence: 8 }))
    }

    async fn describe_secrets(
        &self,
        _: Request<DescribeSecretsRequest>,
    ) -> Result<Response<DescribeSecretsResponse>, Status> {
        unreachable!("a token is fetched without asking what secrets there are")
    }

    async fn save_secret(
        &self,
        _: Request<SaveSecretRequest>,
    ) -> Result<Response<SaveSecretResponse>, Status> {
        unreachable!("a token is kept, and saved as no secret")
    }
}
