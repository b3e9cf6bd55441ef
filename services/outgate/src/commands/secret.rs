//! `outgate secret`: put, list, delete. There is no get.

use std::io::{self, IsTerminal, Read};

use bytes::Bytes;
use mapping::Value;
use proto::secrets::v1::{DeleteSecretRequest, ListSecretsRequest, PutSecretRequest, Secret};

use crate::{
    cli,
    client::{self, Client},
    failure::Failure,
    output::{Output, Report},
    show,
};

/// The most that a secret may hold, in bytes; more is not even read.
const MAX_VALUE: u64 = 64 * 1024;

/// Runs the subcommand.
pub(super) async fn run(command: cli::Secret, client: &Client, output: Output) -> Result<Report, Failure> {
    match command {
        cli::Secret::Put { name, url } => {
            let id = client::id("NAME", &name)?;
            let secret =
                put(client, client.tenant().child("secrets", &id), url, value(&name, output)?).await?;
            let text = format!(
                "sealed {name}, version {}; it goes to {} and nowhere else",
                secret.version, secret.scope
            );
            Ok(Report::new(secret_value(&secret), text))
        }
        cli::Secret::List => list(client).await,
        cli::Secret::Delete { name } => {
            let id = client::id("NAME", &name)?;
            let request =
                DeleteSecretRequest { name: client.tenant().child("secrets", &id), etag: String::new() };
            client
                .secrets()
                .delete_secret(client.request(request))
                .await
                .map_err(|status| client.failure(status))?;
            Ok(Report::new(Value::from([("deleted", name.as_str().into())]), format!("deleted {name}")))
        }
    }
}

/// Seals a value.
pub(crate) async fn put(client: &Client, name: String, url: String, value: Bytes) -> Result<Secret, Failure> {
    let request = client.request(PutSecretRequest { name, value, url, ..Default::default() });
    Ok(client.secrets().put_secret(request).await.map_err(|status| client.failure(status))?.into_inner())
}

/// The value: typed without an echo at a terminal, else piped.
fn value(name: &str, output: Output) -> Result<Bytes, Failure> {
    let wrong = |error: io::Error| Failure::usage(format!("the value of {name} cannot be read: {error}"));
    let value = if io::stdin().is_terminal() {
        output.note(&format!("The value of {name} (it is not shown):"));
        rpassword::read_password().map_err(wrong)?.into_bytes()
    } else {
        let mut piped = Vec::new();
        // Two bytes more than fit, so that a line end does not hide that it is too long.
        io::stdin().lock().take(MAX_VALUE + 3).read_to_end(&mut piped).map_err(wrong)?;
        without_line_end(piped)
    };
    if value.is_empty() {
        return Err(Failure::usage(format!(
            "the value of {name} is empty; pipe it in: `… | outgate secret put {name} …`"
        )));
    }
    if value.len() as u64 > MAX_VALUE {
        return Err(Failure::usage(format!("the value of {name} is longer than {MAX_VALUE} bytes")));
    }
    Ok(value.into())
}

/// Takes off one line end, as `echo` and editors add it. A value that ends in one needs two.
fn without_line_end(mut value: Vec<u8>) -> Vec<u8> {
    if value.ends_with(b"\r\n") {
        value.truncate(value.len() - 2);
    } else if value.ends_with(b"\n") {
        value.truncate(value.len() - 1);
    }
    value
}

async fn list(client: &Client) -> Result<Report, Failure> {
    let (mut secrets, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListSecretsRequest { parent: client.tenant().to_string(), page_size: 0, page_token };
        let page = client.secrets().list_secrets(client.request(request)).await;
        let page = page.map_err(|status| client.failure(status))?.into_inner();
        secrets.extend(page.secrets);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let rows: Vec<_> = secrets
        .iter()
        .map(|secret| {
            let (version, updated) = (secret.version.to_string(), show::time(secret.update_time.as_ref()));
            [id(secret).to_owned(), secret.scope.clone(), version, updated, secret.updated_by.clone()]
        })
        .collect();
    let text = show::table(["NAME", "SCOPE", "VERSION", "UPDATED", "BY"], &rows);
    let values: Vec<_> = secrets.iter().map(secret_value).collect();
    Ok(Report::new(Value::from([("secrets", values.into())]), text))
}

fn id(secret: &Secret) -> &str {
    secret.name.rsplit('/').next().unwrap_or_default()
}

fn secret_value(secret: &Secret) -> Value {
    Value::from([
        ("name", id(secret).into()),
        ("scope", secret.scope.as_str().into()),
        ("version", secret.version.into()),
        ("etag", secret.etag.as_str().into()),
        ("createTime", show::time(secret.create_time.as_ref()).into()),
        ("updateTime", show::time(secret.update_time.as_ref()).into()),
        ("updatedBy", secret.updated_by.as_str().into()),
    ])
}

#[cfg(test)]
mod tests;
