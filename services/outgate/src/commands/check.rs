//! `outgate check`: every problem of an adapter, with its place.

use std::path::Path;

use bytes::Bytes;
use mapping::Value;
use proto::integrations::v1::{CheckAdapterRequest, Diagnostic, Severity};
use runtime::names::Id;

use crate::{
    cli,
    client::{self, Client},
    failure::{Exit, Failure},
    files,
    output::{GREEN, Report, styled},
};

/// An adapter to check: a kept one, or a file's text.
struct Subject {
    shown: String,
    id: Id,
    text: Bytes,
}

/// Checks each. Exit code 1 when one of them cannot run.
pub(super) async fn run(args: &cli::Check, client: &Client) -> Result<Report, Failure> {
    let subjects = args.adapters.iter().map(|argument| subject(argument)).collect::<Result<Vec<_>, _>>()?;
    let (mut values, mut texts, mut exit) = (Vec::new(), Vec::new(), Exit::Success);
    for subject in subjects {
        let name = client.parent().child("registers", &subject.id);
        let found = check(client, name, subject.text).await?;
        let ok = found.iter().all(|diagnostic| diagnostic.severity() != Severity::Error);
        if !ok {
            exit = Exit::Refused;
        }
        texts.extend(found.iter().map(|diagnostic| format!("{}\n", diagnostic.rendered.trim_end())));
        if found.is_empty() {
            texts.push(format!("{} {}", styled(GREEN, "ok"), subject.shown));
        }
        values.push(Value::from([
            ("adapter", subject.shown.into()),
            ("ok", ok.into()),
            ("diagnostics", found.iter().map(diagnostic_value).collect::<Vec<_>>().into()),
        ]));
    }
    Ok(Report { exit, ..Report::new(Value::from([("adapters", values.into())]), texts.join("\n")) })
}

/// What the suite finds in an adapter's text, or in the kept one where the text is empty.
pub(crate) async fn check(client: &Client, name: String, text: Bytes) -> Result<Vec<Diagnostic>, Failure> {
    let request = client.request(CheckAdapterRequest { name, text });
    let answer = client.adapters().check_adapter(request).await;
    Ok(answer.map_err(|status| client.failure(status))?.into_inner().diagnostics)
}

/// A path is what looks like one: it has a slash, ends like a register's file, or is there.
fn subject(argument: &str) -> Result<Subject, Failure> {
    let path = Path::new(argument);
    let is_path = argument.contains('/') || files::is_register_file(path) || path.is_file();
    if !is_path {
        return Ok(Subject {
            shown: argument.to_owned(),
            id: client::id("NAME", argument)?,
            text: Bytes::new(),
        });
    }
    let register = files::read_register(path)?;
    Ok(Subject { shown: argument.to_owned(), id: register.key, text: register.text.into() })
}

fn diagnostic_value(diagnostic: &Diagnostic) -> Value {
    let severity = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning | Severity::Unspecified => "warning",
    };
    Value::from([
        ("code", diagnostic.code.as_str().into()),
        ("severity", severity.into()),
        ("message", diagnostic.message.as_str().into()),
        ("line", u64::from(diagnostic.line).into()),
        ("column", u64::from(diagnostic.column).into()),
        ("help", diagnostic.help.as_str().into()),
        ("rendered", diagnostic.rendered.as_str().into()),
    ])
}
