//! `outgate.integrations.v1.AdapterService`.

use std::sync::Arc;

use mapping::Value;
use proto::integrations::v1::{
    self as api, CheckAdapterRequest, CheckAdapterResponse, ExplainRunRequest, ExplainRunResponse,
    RunAdapterRequest, RunConnectorRequest, adapter_service_server::AdapterService,
};
use runtime::{Caller, Refusal, Role, names::Name};
use tonic::{Request, Response, Status};

use crate::{
    Service,
    check::Checked,
    explain::{Decision, Explained},
    runs::{Meta, Step},
};

/// The longest text of a register, in bytes, as the contract of registers says.
const MAX_TEXT: usize = 1 << 20;

#[tonic::async_trait]
impl AdapterService for Service {
    async fn run_adapter(&self, request: Request<RunAdapterRequest>) -> Result<Response<api::Run>, Status> {
        let caller = Caller::of(&request)?;
        let RunAdapterRequest { name, input } = request.into_inner();
        let name = permitted(&caller, &name)?;
        let step = self.runs.adapter(&caller, &name, parse(&input)?).await?;
        Ok(Response::new(run(vec![step])))
    }

    async fn run_connector(
        &self,
        request: Request<RunConnectorRequest>,
    ) -> Result<Response<api::Run>, Status> {
        let caller = Caller::of(&request)?;
        let RunConnectorRequest { name, input } = request.into_inner();
        let name = permitted(&caller, &name)?;
        let steps = self.runs.connector(&caller, &name, parse(&input)?).await?;
        Ok(Response::new(run(steps)))
    }

    async fn explain_run(
        &self,
        request: Request<ExplainRunRequest>,
    ) -> Result<Response<ExplainRunResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ExplainRunRequest { name, input } = request.into_inner();
        let name = permitted(&caller, &name)?;
        let explained = self.explainer.run(&self.runs, &caller, &name, parse(&input)?).await?;
        Ok(Response::new(shown(explained)))
    }

    async fn check_adapter(
        &self,
        request: Request<CheckAdapterRequest>,
    ) -> Result<Response<CheckAdapterResponse>, Status> {
        let caller = Caller::of(&request)?;
        let CheckAdapterRequest { name, text } = request.into_inner();
        let name = permitted(&caller, &name)?;
        let checked = self.checker.check(&self.runs, &caller, &name, authored(&text)?).await?;
        Ok(Response::new(CheckAdapterResponse { diagnostics: diagnostics(&name, &checked) }))
    }
}

/// The register meant, if the caller may run it.
fn permitted(caller: &Caller, name: &str) -> Result<Name, Refusal> {
    let name = Name::parse("name", "registers", name)?;
    caller.require(Role::Caller, &name.parent.tenant)?;
    Ok(name)
}

fn parse(input: &[u8]) -> Result<Value, Refusal> {
    if input.is_empty() {
        return Ok(Value::Null);
    }
    Value::from_json(input).map_err(|error| Refusal::field("input", format!("is no JSON: {error}")))
}

/// The text to check; none where the kept one is meant.
fn authored(text: &[u8]) -> Result<Option<Arc<str>>, Refusal> {
    if text.len() > MAX_TEXT {
        return Err(Refusal::field("text", "is longer than 1 MiB"));
    }
    match std::str::from_utf8(text) {
        Ok("") => Ok(None),
        Ok(text) => Ok(Some(text.into())),
        Err(_) => Err(Refusal::field("text", "is not UTF-8")),
    }
}

fn run(steps: Vec<Step>) -> api::Run {
    let steps: Vec<_> = steps.into_iter().map(step).collect();
    let last = steps.last().cloned().unwrap_or_default();
    api::Run { result: last.result, meta: last.meta, steps }
}

fn step(step: Step) -> api::Step {
    let Step { adapter, meta, result } = step;
    api::Step { adapter: adapter.to_string(), meta: Some(metadata(meta)), result: result.to_json().into() }
}

fn metadata(meta: Meta) -> api::Meta {
    let Meta { error, message, status, attempts, duration } = meta;
    api::Meta {
        error,
        message,
        status: status.into(),
        attempts,
        // A call takes minutes at most.
        duration: prost_types::Duration::try_from(duration).ok(),
    }
}

fn shown(explained: Explained) -> ExplainRunResponse {
    let Explained { method, url, headers, body, client_certificate, decisions } = explained;
    let headers =
        headers.into_iter().map(|(name, value)| api::Header { name, value: value.into() }).collect();
    ExplainRunResponse {
        request: Some(api::ExplainedRequest { method, url, headers, body: body.into(), client_certificate }),
        decisions: decisions.into_iter().map(decision).collect(),
    }
}

fn decision(decision: Decision) -> api::Decision {
    let Decision { subject, allowed, detail } = decision;
    let verdict = if allowed { api::Verdict::Allowed } else { api::Verdict::Refused };
    api::Decision { subject: subject.to_owned(), verdict: verdict.into(), detail }
}

fn diagnostics(name: &Name, checked: &Checked) -> Vec<api::Diagnostic> {
    checked.diagnostics.iter().map(|diagnostic| diagnostic_of(name, &checked.text, diagnostic)).collect()
}

fn diagnostic_of(name: &Name, text: &str, diagnostic: &mapping::Diagnostic) -> api::Diagnostic {
    let severity = match diagnostic.severity {
        mapping::Severity::Error => api::Severity::Error,
        mapping::Severity::Warning => api::Severity::Warning,
    };
    api::Diagnostic {
        code: diagnostic.code.to_owned(),
        severity: severity.into(),
        message: diagnostic.message.clone(),
        line: u32::try_from(diagnostic.line).unwrap_or(u32::MAX),
        column: u32::try_from(diagnostic.column).unwrap_or(u32::MAX),
        help: diagnostic.help.clone().unwrap_or_default(),
        rendered: diagnostic.render(name.id.as_str(), text),
    }
}
