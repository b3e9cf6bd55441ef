//! The adapters among the documents: checked by the suite before anything is written, and again when all is there.

use bytes::Bytes;
use proto::integrations::v1::{Diagnostic, Severity};

use super::plan::{Change, Write};
use crate::{
    client::Client,
    commands::{check::check, run::ADAPTER},
    failure::Failure,
    files::File,
};

/// What is said of an adapter because of what is kept around it: registers and integrations may be among those that are
/// about to be written, and secrets are put by themselves, before or after.
const AROUND: [&str; 7] = [
    "unknown-register",
    "unknown-connector",
    "unknown-integration",
    "endpoint-not-listed",
    "unknown-secret",
    "secret-scope",
    "save-scope",
];

/// Refuses adapters that cannot run, in the midst of the registers that are kept now.
///
/// # Errors
/// When the text of one is wrong in itself. What may be wrong with what is around it, which may be about to change, is
/// left to [`warnings`].
pub(super) async fn refuse(client: &Client, files: &[File], changes: &[Change]) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (file, change) in files.iter().zip(changes).filter(|(_, change)| is_adapter(change)) {
        let Write::PutRegister { text, .. } = &change.write else { continue };
        let found = check(client, change.name.clone(), text.clone()).await?;
        let own = found.iter().filter(|diagnostic| is_own(diagnostic, change.key()));
        wrong.extend(own.map(|diagnostic| (file.path.display().to_string(), diagnostic.clone())));
    }
    let Some((path, first)) = wrong.first() else { return Ok(()) };
    let texts: Vec<_> = wrong
        .iter()
        .map(|(path, diagnostic)| format!("{path}:\n{}", diagnostic.rendered.trim_end()))
        .collect();
    let message = format!("nothing was changed; an adapter cannot run:\n{}", texts.join("\n\n"));
    Err(Failure::file(message).with("file", path).with("line", first.line).with("column", first.column))
}

/// What the suite finds in the adapters that were written, now that all they read is there.
pub(super) async fn warnings(client: &Client, changes: &[Change]) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    for change in changes.iter().filter(|change| is_adapter(change)) {
        let found = check(client, change.name.clone(), Bytes::new()).await?;
        warnings.extend(found.iter().map(|diagnostic| diagnostic.rendered.trim_end().to_owned()));
    }
    Ok(warnings)
}

fn is_adapter(change: &Change) -> bool {
    change.is_written() && change.key().starts_with(ADAPTER)
}

/// Whether an error is in the adapter's own text: its place is shown under the adapter's key.
pub(super) fn is_own(diagnostic: &Diagnostic, key: &str) -> bool {
    diagnostic.severity() == Severity::Error
        && !AROUND.contains(&diagnostic.code.as_str())
        && diagnostic.rendered.contains(&format!("--> {key}:"))
}
