//! `outgate explain`: the request that an adapter would send.

use mapping::{Object, Value};
use proto::integrations::v1::{ExplainRunRequest, ExplainRunResponse, ExplainedRequest, Verdict};

use super::input;
use crate::{
    cli,
    client::{self, Client},
    failure::Failure,
    output::{BOLD, DIM, GREEN, RED, Report, styled},
    show,
};

/// Asks for it and shows it.
pub(super) async fn run(args: &cli::Explain, client: &Client) -> Result<Report, Failure> {
    let id = client::id("ADAPTER", &args.name)?;
    let request =
        ExplainRunRequest { name: client.parent().child("registers", &id), input: input::json(&args.input)? };
    let answer = client.adapters().explain_run(client.request(request)).await;
    Ok(report(&answer.map_err(|status| client.failure(status))?.into_inner()))
}

fn report(answer: &ExplainRunResponse) -> Report {
    let request = answer.request.clone().unwrap_or_default();
    let decisions: Vec<Value> = answer
        .decisions
        .iter()
        .map(|decision| {
            Value::from([
                ("subject", decision.subject.as_str().into()),
                ("verdict", verdict(decision.verdict()).into()),
                ("detail", decision.detail.as_str().into()),
            ])
        })
        .collect();
    let value = Value::from([("request", request_value(&request)), ("decisions", decisions.into())]);
    Report::new(value, format!("{}\n\n{}", request_text(&request), decisions_text(answer)))
}

/// The request as JSON shows it.
pub(crate) fn request_value(request: &ExplainedRequest) -> Value {
    let shown = show::body(show::header(&request.headers, "content-type"), &request.body);
    let mut value = Object::default();
    value.insert("method", request.method.as_str());
    value.insert("url", request.url.as_str());
    value.insert("headers", show::headers(&request.headers));
    value.insert("body", shown.value);
    if !request.client_certificate.is_empty() {
        value.insert("clientCertificate", request.client_certificate.as_str());
    }
    if let Some(encoding) = shown.encoding {
        value.insert("bodyEncoding", encoding);
    }
    value.into()
}

/// The request as it would look on the wire.
pub(crate) fn request_text(request: &ExplainedRequest) -> String {
    let mut text = styled(BOLD, format!("{} {}", request.method, request.url));
    if !request.client_certificate.is_empty() {
        text.push_str(&styled(DIM, format!("\n(client certificate: {})", request.client_certificate)));
    }
    for header in &request.headers {
        text.push_str(&format!("\n{}: {}", header.name, String::from_utf8_lossy(&header.value)));
    }
    let shown = show::body(show::header(&request.headers, "content-type"), &request.body);
    if !request.body.is_empty() {
        text.push_str("\n\n");
        text.push_str(&match &shown.value {
            Value::String(body) => body.clone(),
            value => show::pretty(value),
        });
    }
    text
}

fn decisions_text(answer: &ExplainRunResponse) -> String {
    let lines = answer.decisions.iter().map(|decision| {
        let detail = if decision.detail.is_empty() {
            String::new()
        } else {
            format!("  {}", styled(DIM, &decision.detail))
        };
        let style = if decision.verdict() == Verdict::Allowed { GREEN } else { RED };
        let verdict = styled(style, format!("{:8}", verdict(decision.verdict())));
        format!("{verdict} {}{detail}", decision.subject)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Refused => "refused",
        Verdict::Unspecified => "unknown",
    }
}
