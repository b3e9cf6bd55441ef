//! `outgate call`: one HTTP request through an integration.

use mapping::{Object, Value};
use proto::integrations::v1::{ExecuteIntegrationRequest, ExecuteIntegrationResponse, Header};

use super::input;
use crate::{
    cli,
    client::{self, Client},
    failure::{Exit, Failure},
    output::{DIM, GREEN, RED, Report, Text, styled},
    show,
};

/// Sends it and shows the counterpart's answer.
pub(super) async fn run(args: cli::Call, client: &Client) -> Result<Report, Failure> {
    let integration = client::id("INTEGRATION", &args.integration)?;
    let request = ExecuteIntegrationRequest {
        name: client.tenant().child("integrations", &integration),
        method: args.method,
        url: args.url,
        headers: args.headers.iter().map(|text| header(text)).collect::<Result<_, _>>()?,
        body: args.body.as_deref().map(input::body).transpose()?.unwrap_or_default(),
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
    let exit = if answer.ok { Exit::Success } else { Exit::Answer };
    Report { value: Some(value.into()), text, notes: notes(&answer), exit }
}

/// Status and headers, for people.
fn notes(answer: &ExecuteIntegrationResponse) -> String {
    let reason = u16::try_from(answer.status)
        .ok()
        .and_then(|status| http::StatusCode::from_u16(status).ok())
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let style = if answer.ok { GREEN } else { RED };
    let mut notes = styled(style, format!("{} {reason}", answer.status).trim_end());
    for header in &answer.headers {
        let line = format!("{}: {}", header.name, String::from_utf8_lossy(&header.value).escape_debug());
        notes.push('\n');
        notes.push_str(&styled(DIM, line));
    }
    notes
}

#[cfg(test)]
mod tests;
