//! `outgate audit`: head, export, verify.

mod verify;

use mapping::Value;
use proto::audit::v1::{ExportEntriesRequest, GetHeadRequest};

use crate::{
    cli::{self, Common},
    client::{self, Client},
    failure::Failure,
    output::{Output, Report},
};

/// Runs the subcommand.
pub(super) async fn run(command: cli::Audit, common: &Common, output: Output) -> Result<Report, Failure> {
    match command {
        cli::Audit::Head => head(&Client::new(common)?).await,
        cli::Audit::Export(args) => export(args, &Client::new(common)?, output).await,
        cli::Audit::Verify(args) => verify::run(&args, common),
    }
}

async fn head(client: &Client) -> Result<Report, Failure> {
    let head = client.audit().get_head(client.request(GetHeadRequest {})).await;
    let head = head.map_err(|status| client.failure(status))?.into_inner();
    let text = format!("{}:{}", head.sequence, head.hash);
    Ok(Report::new(Value::from([("sequence", head.sequence.into()), ("hash", head.hash.into())]), text))
}

/// Entries are printed as they come: there may be many.
async fn export(args: cli::Export, client: &Client, output: Output) -> Result<Report, Failure> {
    let cli::Export { from, all_tenants, secret } = args;
    let secret = secret.map(|name| client::id("--secret", &name)).transpose()?;
    let request = ExportEntriesRequest {
        parent: if all_tenants { "tenants/-".to_owned() } else { client.tenant().to_string() },
        from_sequence: from,
        secret: secret.map(|id| client.tenant().child("secrets", &id)).unwrap_or_default(),
        ..ExportEntriesRequest::default()
    };
    let answer = client.audit().export_entries(client.request(request)).await;
    let mut answer = answer.map_err(|status| client.failure(status))?.into_inner();
    let mut entries = Vec::new();
    while let Some(batch) = answer.message().await.map_err(|status| client.failure(status))? {
        for entry in batch.entries {
            output.line(&entry.line);
            if output.is_json() {
                let value = Value::from_json(entry.line.as_bytes());
                entries.push(value.unwrap_or_else(|_| entry.line.into()));
            }
        }
    }
    Ok(Report::new(Value::from([("entries", entries.into())]), ""))
}
