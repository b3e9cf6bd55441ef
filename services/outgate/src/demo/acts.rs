//! What happens in the demo. Every act goes through the suite's public services.

use bytes::Bytes;
use futures::future::try_join_all;
use mapping::Value;
use proto::{
    integrations::v1::{
        ExecuteIntegrationRequest, ExecuteIntegrationResponse, ExplainRunRequest, ExplainRunResponse, Run,
        RunAdapterRequest,
    },
    secrets::v1::{PutSecretRequest, Secret},
};

use super::{
    counterpart::Received,
    crm::{CUSTOMERS_PATH, TOKEN_PATH},
    proof::Proof,
    stage::Stage,
};
use crate::{
    commands::{
        apply::{self, Change},
        put_secret,
    },
    failure::Failure,
    files,
};

/// The integration of the first founding document.
const CRM: &str = include_str!("../../examples/CRM.yaml");
/// The adapter that the second founding document prints, byte for byte.
pub(super) const ADAPTER: &str = include_str!("../../examples/ADAPTER.COMPANY-ACCOUNTANCY.json");
/// What the adapter is run with.
const COMPANY: &str = include_str!("../../examples/company.json");
/// What the adapter is run with, where accounting answers in XML.
const COMPANY_XML: &str = include_str!("../../examples/company-xml.json");
/// The hosts that the documents' examples name.
pub(super) const CRM_HOSTS: [&str; 2] = ["https://www.mycrmendpoint.com", "https://login.mycrmendpoint.com"];
/// The host that the printed adapter names.
pub(super) const ADAPTER_HOST: &str = "https://xxx.yyyy.com";
/// How often the CRM is called at once.
pub(super) const CALLS: usize = 3;

/// Everything that happened.
pub(super) struct Story {
    pub(super) opening: Value,
    pub(super) secrets: Vec<Secret>,
    pub(super) applied: Vec<Change>,
    pub(super) crm: CrmAct,
    pub(super) accounting: AccountingAct,
    pub(super) proof: Proof,
    pub(super) next: Vec<String>,
}

/// The calls of the CRM.
pub(super) struct CrmAct {
    pub(super) url: String,
    pub(super) answers: Vec<ExecuteIntegrationResponse>,
    pub(super) received: Vec<Received>,
}

impl CrmAct {
    /// How many tokens were asked for.
    pub(super) fn token_requests(&self) -> usize {
        let line = format!("POST {TOKEN_PATH}");
        self.received.iter().filter(|received| received.line == line).count()
    }
}

/// The runs of the adapter.
pub(super) struct AccountingAct {
    pub(super) explained: ExplainRunResponse,
    pub(super) json: Run,
    pub(super) xml: Run,
    pub(super) received: Vec<Received>,
}

/// Seals both secrets, each for its counterpart.
pub(super) async fn seal(stage: &Stage) -> Result<Vec<Secret>, Failure> {
    let secrets = [
        ("crm-client-secret", &stage.crm.origin, &stage.secrets.crm),
        ("secret_name", &stage.accounting.origin, &stage.secrets.accounting),
    ];
    let mut sealed = Vec::new();
    for (id, origin, value) in secrets {
        let name = format!("{}/secrets/{id}", stage.client.tenant());
        let (url, value) = (origin.clone(), Bytes::from(value.clone()));
        let request = PutSecretRequest { name, value, url, ..PutSecretRequest::default() };
        sealed.push(put_secret(&stage.client, request).await?);
    }
    Ok(sealed)
}

/// Leaves the documents' examples as files, with the counterparts' addresses in them, and applies the folder.
pub(super) async fn apply(stage: &Stage) -> Result<Vec<Change>, Failure> {
    let crm = CRM_HOSTS.iter().fold(CRM.to_owned(), |text, host| text.replace(host, &stage.crm.origin));
    let adapter = ADAPTER.replace(ADAPTER_HOST, &stage.accounting.origin);
    let folder = stage.examples();
    stage.leave(&folder.join("CRM.yaml"), &crm)?;
    stage.leave(&folder.join("ADAPTER.COMPANY-ACCOUNTANCY.json"), &adapter)?;
    stage.leave(&stage.inputs().join("company.json"), COMPANY)?;
    stage.leave(&stage.inputs().join("company-xml.json"), COMPANY_XML)?;
    apply::apply(&stage.client, &files::load(&[folder])?).await
}

/// Calls the CRM several times at once, with no token there yet.
pub(super) async fn call_crm(stage: &Stage) -> Result<CrmAct, Failure> {
    let url = format!("{}{CUSTOMERS_PATH}", stage.crm.origin);
    let client = &stage.client;
    let call = || async {
        let request = ExecuteIntegrationRequest {
            name: format!("{}/integrations/CRM", client.tenant()),
            method: "GET".to_owned(),
            url: url.clone(),
            ..ExecuteIntegrationRequest::default()
        };
        let answer = client.integrations().execute_integration(client.request(request)).await;
        answer.map(tonic::Response::into_inner).map_err(|status| client.failure(status))
    };
    let answers = try_join_all((0..CALLS).map(|_| call())).await?;
    let act = CrmAct { url, answers, received: stage.crm.journal.take() };
    expect(act.answers.iter().all(|answer| answer.ok), "the CRM did not answer every call with 200")?;
    expect(act.token_requests() == 1, "the CRM was asked for more than one token")?;
    Ok(act)
}

/// Explains the adapter, then runs it: once answered in JSON, once in XML.
pub(super) async fn run_adapter(stage: &Stage) -> Result<AccountingAct, Failure> {
    let client = &stage.client;
    let name = format!("{}/registers/ADAPTER.COMPANY-ACCOUNTANCY", client.tenant());
    let request = ExplainRunRequest { name: name.clone(), input: Bytes::from(COMPANY) };
    let explained = client.adapters().explain_run(client.request(request)).await;
    let explained = explained.map_err(|status| client.failure(status))?.into_inner();
    let run = |input: &'static str| {
        let request = RunAdapterRequest { name: name.clone(), input: Bytes::from(input) };
        async move {
            let run = client.adapters().run_adapter(client.request(request)).await;
            run.map(tonic::Response::into_inner).map_err(|status| client.failure(status))
        }
    };
    let (json, xml) = (run(COMPANY).await?, run(COMPANY_XML).await?);
    let received = stage.accounting.journal.take();
    let good = |run: &Run| run.meta.as_ref().is_some_and(|meta| !meta.error);
    expect(good(&json) && good(&xml), "accounting did not take both companies")?;
    expect(received.iter().all(|received| received.authentic), "accounting got a wrong key")?;
    Ok(AccountingAct { explained, json, xml, received })
}

/// The demo shows what it says, or it fails.
pub(super) fn expect(held: bool, broken: &str) -> Result<(), Failure> {
    if held {
        return Ok(());
    }
    let next = "this is a fault of the suite: run again with OUTGATE_TELEMETRY__LOG=debug";
    Err(Failure::refused("DEMO_FAILED", format!("{broken}; {next}")))
}
