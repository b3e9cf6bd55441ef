//! `outgate secret`: put, patch, verify, list, delete. There is no get.

mod time;

use std::{
    io::{self, IsTerminal, Read},
    time::SystemTime,
};

use bytes::Bytes;
use mapping::Value;
use proto::secrets::v1::{
    DeleteSecretRequest, ListSecretsRequest, PatchSecretRequest, PutSecretRequest, Secret,
    VerifySecretRequest,
};

use crate::{
    cli,
    client::{self, Client},
    failure::{Exit, Failure},
    output::{Output, Report},
    show,
};

/// The most that a secret may hold, in bytes; more is not even read.
const MAX_VALUE: u64 = 64 * 1024;

/// Runs the subcommand.
pub(super) async fn run(command: cli::Secret, client: &Client, output: Output) -> Result<Report, Failure> {
    match command {
        cli::Secret::Put { name, url, tokens_for, expires, overlap } => {
            let request = PutSecretRequest {
                name: full(client, &name)?,
                url,
                token_urls: tokens_for,
                expire_time: expires.as_deref().map(time::end).transpose()?,
                overlap: overlap.as_deref().map(time::overlap).transpose()?,
                ..PutSecretRequest::default()
            };
            let secret = put(client, PutSecretRequest { value: value(&name, output)?, ..request }).await?;
            Ok(Report::new(secret_value(&secret), sealed(&name, &secret)))
        }
        cli::Secret::Patch { name, member, remove, overlap } => {
            let request = PatchSecretRequest {
                name: full(client, &name)?,
                member,
                remove,
                overlap: overlap.as_deref().map(time::overlap).transpose()?,
                ..PatchSecretRequest::default()
            };
            let value = if remove { Bytes::new() } else { value(&name, output)? };
            let request = client.request(PatchSecretRequest { value, ..request });
            let patched = client.secrets().patch_secret(request).await;
            let secret = patched.map_err(|status| client.failure(status))?.into_inner();
            Ok(Report::new(secret_value(&secret), sealed(&name, &secret)))
        }
        cli::Secret::Verify { name } => {
            let request =
                VerifySecretRequest { name: full(client, &name)?, candidate: value(&name, output)? };
            let told = client.secrets().verify_secret(client.request(request)).await;
            let matches = told.map_err(|status| client.failure(status))?.into_inner().matches;
            let (text, exit) = match matches {
                true => (format!("it is the value of {name}"), Exit::Success),
                false => (format!("it is not the value of {name}"), Exit::Refused),
            };
            Ok(Report { exit, ..Report::new(Value::from([("matches", matches.into())]), text) })
        }
        cli::Secret::List => list(client).await,
        cli::Secret::Delete { name } => {
            let request = DeleteSecretRequest { name: full(client, &name)?, etag: String::new() };
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
pub(crate) async fn put(client: &Client, request: PutSecretRequest) -> Result<Secret, Failure> {
    let put = client.secrets().put_secret(client.request(request)).await;
    Ok(put.map_err(|status| client.failure(status))?.into_inner())
}

/// The whole name of a secret: the tenant's, or of a business unit's private copy.
fn full(client: &Client, name: &str) -> Result<String, Failure> {
    Ok(client.parent().child("secrets", &client::id("NAME", name)?))
}

/// What came of a put, for people.
fn sealed(name: &str, secret: &Secret) -> String {
    let mut text =
        format!("sealed {name}, version {}; it goes to {} and nowhere else", secret.version, secret.scope);
    if secret.token_origins != [secret.scope.as_str()] {
        text.push_str(&format!("\ntokens that are got with it go to {}", secret.token_origins.join(", ")));
    }
    if secret.previous_version > 0 {
        let (version, end) = (secret.previous_version, show::time(secret.previous_end_time.as_ref()));
        text.push_str(&format!("\nversion {version} stays in use beside it until {end}"));
    }
    text
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
        let request = ListSecretsRequest { parent: client.parent().to_string(), page_size: 0, page_token };
        let page = client.secrets().list_secrets(client.request(request)).await;
        let page = page.map_err(|status| client.failure(status))?.into_inner();
        secrets.extend(page.secrets);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let now = SystemTime::now();
    let rows: Vec<_> = secrets.iter().map(|secret| row(secret, now)).collect();
    let text = show::table(["NAME", "SCOPE", "TOKENS FOR", "VERSION", "UPDATED", "BY", "NOTE"], &rows);
    let values: Vec<_> = secrets.iter().map(secret_value).collect();
    Ok(Report::new(Value::from([("secrets", values.into())]), text))
}

fn row(secret: &Secret, now: SystemTime) -> [String; 7] {
    let tokens_for = match &secret.token_origins[..] {
        [own] if *own == secret.scope => String::new(),
        others => others.join(" "),
    };
    let version = if secret.damaged { String::new() } else { secret.version.to_string() };
    let updated = show::time(secret.update_time.as_ref());
    let (scope, by) = (secret.scope.clone(), secret.updated_by.clone());
    [id(secret).to_owned(), scope, tokens_for, version, updated, by, note(secret, now)]
}

/// What somebody may have to know of a secret, or do about it.
fn note(secret: &Secret, now: SystemTime) -> String {
    let mut notes = Vec::new();
    if secret.damaged {
        notes.push("damaged: put it anew, or delete it".to_owned());
    }
    if !secret.saved_by.is_empty() {
        notes.push(format!("saved by {}", secret.saved_by));
    }
    if let Some(end) = secret.expire_time.and_then(|end| SystemTime::try_from(end).ok()) {
        notes.push(time::expiry(end, now));
    }
    if secret.previous_version > 0 {
        let (version, end) = (secret.previous_version, show::time(secret.previous_end_time.as_ref()));
        notes.push(match (&secret.previous_use_time, secret.previous_in_use) {
            (None, _) => format!("version {version} until {end}, not used yet"),
            (Some(used), true) => format!("version {version} until {end}, last used {used}"),
            (Some(_), false) => format!("version {version} until {end}, no longer used"),
        });
    }
    notes.join("; ")
}

fn id(secret: &Secret) -> &str {
    secret.name.rsplit('/').next().unwrap_or_default()
}

fn secret_value(secret: &Secret) -> Value {
    let origins: Vec<_> = secret.token_origins.iter().map(|origin| Value::from(origin.as_str())).collect();
    Value::from([
        ("name", id(secret).into()),
        ("scope", secret.scope.as_str().into()),
        ("tokenOrigins", origins.into()),
        ("version", secret.version.into()),
        ("etag", secret.etag.as_str().into()),
        ("createTime", show::time(secret.create_time.as_ref()).into()),
        ("updateTime", show::time(secret.update_time.as_ref()).into()),
        ("updatedBy", secret.updated_by.as_str().into()),
        ("savedBy", secret.saved_by.as_str().into()),
        ("expireTime", show::time(secret.expire_time.as_ref()).into()),
        ("previousVersion", secret.previous_version.into()),
        ("previousEndTime", show::time(secret.previous_end_time.as_ref()).into()),
        ("previousUseTime", show::time(secret.previous_use_time.as_ref()).into()),
        ("previousInUse", secret.previous_in_use.into()),
        ("damaged", secret.damaged.into()),
    ])
}

#[cfg(test)]
mod tests;
