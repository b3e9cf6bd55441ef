//! `outgate call`: one HTTP request through an integration.

mod streaming;

use mapping::{Object, Value};
use proto::integrations::v1::{
    ExecuteIntegrationRequest, ExecuteIntegrationResponse, Header, StreamIntegrationRequestHead,
};

use super::input;
use crate::{
    cli,
    client::{self, Client},
    failure::{Exit, Failure},
    output::{DIM, GREEN, Output, RED, Report, Text, YELLOW, styled},
    show,
};

/// Sends it and shows the counterpart's answer.
pub(super) async fn run(args: cli::Call, client: &Client, output: Output) -> Result<Report, Failure> {
    let integration = client::id("INTEGRATION", &args.integration)?;
    let name = client.tenant().child("integrations", &integration);
    let business_unit = client.parent().unit.as_ref().map(ToString::to_string).unwrap_or_default();
    let headers = args.headers.iter().map(|text| header(text)).collect::<Result<_, _>>()?;
    if args.stream || args.output.is_some() {
        let (method, url) = (args.method, args.url);
        let head = StreamIntegrationRequestHead { name, method, url, headers, business_unit };
        return streaming::run(head, args.body.as_deref(), args.output.as_deref(), client, output).await;
    }
    let request = ExecuteIntegrationRequest {
        name,
        method: args.method,
        url: args.url,
        headers,
        body: args.body.as_deref().map(input::body).transpose()?.unwrap_or_default(),
        business_unit,
    };
    let answer = client.integrations().execute_integration(client.request(request)).await;
    Ok(report(answer.map_err(|status| client.failure(status))?.into_inner()))
}

/// `Name: value`, as curl has it.
fn header(text: &str) -> Result<Header, Failure> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok(Header { name: name.trim().to_owned(), value: value.trim().to_owned().into() })
        }
        _ => Err(Failure::usage(format!("-H '{text}': expected 'Name: value'"))),
    }
}

/// The answer, whatever its status.
pub(crate) fn report(answer: ExecuteIntegrationResponse) -> Report {
    let content_type = show::header(&answer.headers, "content-type");
    let shown = show::body(content_type, &answer.body);
    let text = match &shown.value {
        value @ (Value::Object(_) | Value::Array(_)) => Text::Own(show::pretty(value)),
        _ => Text::Foreign(answer.body.clone()),
    };
    let mut value = Object::default();
    value.insert("status", i64::from(answer.status));
    value.insert("ok", answer.ok);
    value.insert("headers", show::headers(&answer.headers));
    value.insert("body", shown.value);
    if let Some(encoding) = shown.encoding {
        value.insert("bodyEncoding", encoding);
    }
    if answer.secret_echoed {
        value.insert("secretEchoed", true);
    }
    let mut notes = notes(answer.status, answer.ok, &answer.headers);
    if answer.secret_echoed {
        notes.push('\n');
        notes.push_str(&echoed());
    }
    Report { value: Some(value.into()), text, notes, exit: exit(answer.ok) }
}

/// How the command ends when there is an answer.
fn exit(ok: bool) -> Exit {
    if ok { Exit::Success } else { Exit::Answer }
}

/// What the counterpart did with a secret that it was sent, for people.
fn echoed() -> String {
    styled(YELLOW, "The counterpart echoed a secret of this call; it was masked.")
}

/// Status and headers, for people.
fn notes(status: i32, ok: bool, headers: &[Header]) -> String {
    let reason = u16::try_from(status)
        .ok()
        .and_then(|status| http::StatusCode::from_u16(status).ok())
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let style = if ok { GREEN } else { RED };
    let mut notes = styled(style, format!("{status} {reason}").trim_end());
    for header in headers {
        let line = format!("{}: {}", header.name, String::from_utf8_lossy(&header.value).escape_debug());
        notes.push('\n');
        notes.push_str(&styled(DIM, line));
    }
    notes
}

#[cfg(test)]
mod tests;
