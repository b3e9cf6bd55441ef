//! The story in words, and as one JSON value.

use mapping::{Object, Value};
use proto::{integrations::v1::Run, secrets::v1::Secret};

use super::{
    acts::{ADAPTER_HOST, AccountingAct, CALLS, CRM_HOSTS, CrmAct, Story},
    counterpart::Received,
    proof::Proof,
    stage::Stage,
};
use crate::{
    commands::{apply::Change, call, explain, run},
    output::{BOLD, DIM, GREEN, styled},
    show,
};

/// Who is there.
pub(super) fn opening(stage: &Stage) -> String {
    format!(
        "{}\n  suite       http://{}  (gRPC; data in {})\n  CRM         {}  (OAuth 2.0 client credentials)\n  accounting  {}  (API key; answers in JSON or XML)",
        title("The suite and two counterparts run on this machine, on loopback alone"),
        stage.address,
        stage.data().display(),
        stage.crm.origin,
        stage.accounting.origin,
    )
}

/// What was sealed.
pub(super) fn sealed(secrets: &[Secret]) -> String {
    let lines =
        secrets.iter().map(|secret| format!("  {:18} goes to {} and nowhere else", id(secret), secret.scope));
    section("1. Two random secrets are sealed", lines)
}

/// What was applied, and what was changed in it.
pub(super) fn applied(changes: &[Change], stage: &Stage) -> String {
    let mut lines: Vec<_> = changes
        .iter()
        .map(|change| {
            format!(
                "  {} {} {}",
                change.action,
                change.kind,
                change.name.rsplit('/').next().unwrap_or_default()
            )
        })
        .collect();
    let [www, login] = CRM_HOSTS;
    lines.push(note(&format!("CRM: {www} and {login} became {}", stage.crm.origin)));
    lines.push(note(&format!(
        "the adapter: as printed, byte for byte, but that {ADAPTER_HOST} became {}",
        stage.accounting.origin
    )));
    section("2. The two documents' examples are applied", lines)
}

/// The calls of the CRM.
pub(super) fn crm(act: &CrmAct) -> String {
    let mut lines = vec![format!("  call CRM GET {}  ({CALLS} times at once, no token there yet)", act.url)];
    lines.push(heading("What the CRM got"));
    lines.extend(act.received.iter().take(2).map(received));
    lines.push(format!(
        "  {} requests in all, {} of them for a token",
        act.received.len(),
        act.token_requests()
    ));
    if let Some(answer) = act.answers.first() {
        lines.push(heading("What the caller got; this CRM echoes credentials, and the echo is masked"));
        lines.push(styled(GREEN, format!("    {}", answer.status)));
        lines.push(indented(&show::pretty(
            &show::body(show::header(&answer.headers, "content-type"), &answer.body).value,
        )));
    }
    section("3. A backend calls the CRM", lines)
}

/// The runs of the adapter.
pub(super) fn accounting(act: &AccountingAct) -> String {
    let mut lines = vec![heading("The request, with its secret as a hole (ExplainRun; nothing is sent)")];
    lines.push(indented(&explain::request_text(&act.explained.request.clone().unwrap_or_default())));
    lines.push(heading("What accounting got"));
    lines.extend(act.received.iter().take(1).map(received));
    for (run, kind) in [(&act.json, "JSON"), (&act.xml, "XML")] {
        lines.push(heading(&format!("The mapped result, accounting having answered in {kind}")));
        lines.push(indented(&show::pretty(&result(run))));
    }
    section("4. The adapter is run", lines)
}

/// Where was looked.
pub(super) fn proof(proof: &Proof) -> String {
    let found = styled(GREEN, "  no secret and no token, plain or in base64,");
    let line = format!(
        "{found} in {} answers of the suite and {} files of its data folder",
        proof.answers, proof.files
    );
    section("5. The secrets were used, and cannot be had", [line])
}

/// The whole story as JSON.
pub(super) fn value(story: &Story) -> Value {
    let secrets = story
        .secrets
        .iter()
        .map(|secret| Value::from([("name", id(secret).into()), ("scope", secret.scope.as_str().into())]));
    let applied = story.applied.iter().map(|change| {
        Value::from([
            ("kind", change.kind.into()),
            ("name", change.name.as_str().into()),
            ("action", change.action.to_string().into()),
        ])
    });
    Value::from([
        ("opening", story.opening.clone()),
        ("secrets", secrets.collect::<Vec<_>>().into()),
        ("applied", applied.collect::<Vec<_>>().into()),
        ("crm", crm_value(&story.crm)),
        ("accounting", accounting_value(&story.accounting)),
        ("proof", proof_value(&story.proof)),
        ("next", story.next.iter().map(|command| Value::from(command.as_str())).collect::<Vec<_>>().into()),
    ])
}

/// Who is there, as JSON.
pub(super) fn opening_value(stage: &Stage) -> Value {
    Value::from([
        ("suite", format!("http://{}", stage.address).into()),
        ("data", stage.data().display().to_string().into()),
        ("crm", stage.crm.origin.as_str().into()),
        ("accounting", stage.accounting.origin.as_str().into()),
    ])
}

fn crm_value(act: &CrmAct) -> Value {
    let answers = act.answers.iter().filter_map(|answer| call::report(answer.clone()).value);
    Value::from([
        ("url", act.url.as_str().into()),
        ("tokenRequests", (act.token_requests() as u64).into()),
        ("received", received_values(&act.received)),
        ("answers", answers.collect::<Vec<_>>().into()),
    ])
}

fn accounting_value(act: &AccountingAct) -> Value {
    let run = |run: &Run| run::report(run).ok().and_then(|report| report.value).unwrap_or_default();
    Value::from([
        ("request", explain::request_value(&act.explained.request.clone().unwrap_or_default())),
        ("received", received_values(&act.received)),
        ("json", run(&act.json)),
        ("xml", run(&act.xml)),
    ])
}

fn proof_value(proof: &Proof) -> Value {
    Value::from([
        ("answers", (proof.answers as u64).into()),
        ("files", (proof.files as u64).into()),
        ("found", 0u64.into()),
    ])
}

fn received_values(all: &[Received]) -> Value {
    let values = all.iter().map(|received| {
        let headers: Object = received
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        Value::from([
            ("line", received.line.as_str().into()),
            ("headers", headers.into()),
            ("body", received.body.as_str().into()),
            ("authentic", received.authentic.into()),
        ])
    });
    values.collect::<Vec<_>>().into()
}

fn received(received: &Received) -> String {
    let mut text = received.line.clone();
    for (name, value) in &received.headers {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if !received.body.is_empty() {
        let body = Value::from_json(received.body.as_bytes())
            .map_or_else(|_| received.body.clone(), |body| show::pretty(&body));
        text.push_str(&format!("\n\n{body}"));
    }
    indented(&text) + "\n"
}

fn result(run: &Run) -> Value {
    Value::from_json(&run.result).unwrap_or_default()
}

fn id(secret: &Secret) -> &str {
    secret.name.rsplit('/').next().unwrap_or_default()
}

fn section(name: &str, lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<_> = lines.into_iter().collect();
    format!("\n{}\n{}", title(name), lines.join("\n"))
}

fn title(text: &str) -> String {
    styled(BOLD, text)
}

fn heading(text: &str) -> String {
    format!("  {}", styled(BOLD, format!("{text}:")))
}

fn note(text: &str) -> String {
    styled(DIM, format!("  {text}"))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
