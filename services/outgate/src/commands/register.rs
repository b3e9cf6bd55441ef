//! `outgate register`: list, get, history.

use bytes::Bytes;
use mapping::Value;
use proto::registers::v1::{
    Change, GetRegisterRequest, ListRegistersRequest, ListRevisionsRequest, Register, RegisterRevision,
    Resolution,
};

use crate::{
    cli,
    client::{self, Client},
    failure::Failure,
    output::{Report, Text},
    show,
};

/// The most revisions that one page holds.
const PAGE: usize = 100;

/// Runs the subcommand.
pub(super) async fn run(command: cli::Register, client: &Client) -> Result<Report, Failure> {
    match command {
        cli::Register::List { prefix } => list_report(client, prefix).await,
        cli::Register::Get { key, revision } => get(client, &key, revision.unwrap_or_default()).await,
        cli::Register::History { key, limit } => history(client, &key, usize::from(limit)).await,
    }
}

async fn list_report(client: &Client, prefix: String) -> Result<Report, Failure> {
    let Listed { registers, unreadable } = list(client, client.parent().to_string(), prefix).await?;
    let rows: Vec<_> = registers
        .iter()
        .map(|register| {
            let updated = show::time(register.update_time.as_ref());
            [key(&register.name).to_owned(), register.etag.clone(), updated, register.updated_by.clone()]
        })
        .collect();
    let values: Vec<_> = registers.iter().map(|register| Value::Object(head(register))).collect();
    let text = show::table(["KEY", "ETAG", "UPDATED", "BY"], &rows);
    let notes = unreadable.iter().map(|name| format!("{name}: its record is damaged, it cannot be read"));
    let notes = notes.collect::<Vec<_>>().join("\n");
    let unreadable: Vec<_> = unreadable.into_iter().map(Value::from).collect();
    let value = Value::from([("registers", values.into()), ("unreadable", unreadable.into())]);
    Ok(Report { notes, ..Report::new(value, text) })
}

/// The registers of a tenant or a business unit.
pub(crate) struct Listed {
    /// Without their content.
    pub(crate) registers: Vec<Register>,
    /// The names of those that are damaged.
    pub(crate) unreadable: Vec<String>,
}

/// All registers of a tenant or a business unit.
pub(crate) async fn list(client: &Client, parent: String, key_prefix: String) -> Result<Listed, Failure> {
    let (mut registers, mut unreadable, mut page_token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = ListRegistersRequest {
            parent: parent.clone(),
            page_size: 0,
            page_token,
            key_prefix: key_prefix.clone(),
        };
        let page = client.registers().list_registers(client.request(request)).await;
        let page = page.map_err(|status| client.failure(status))?.into_inner();
        registers.extend(page.registers);
        unreadable.extend(page.unreadable);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(Listed { registers, unreadable });
        }
    }
}

/// With `--unit` the private register answers, else the shared one: what a run of that unit reads.
async fn get(client: &Client, argument: &str, revision: String) -> Result<Report, Failure> {
    let id = client::id("KEY", argument)?;
    let resolution = if revision.is_empty() { Resolution::PrivateFirst } else { Resolution::Exact };
    let request = GetRegisterRequest {
        name: client.parent().child("registers", &id),
        resolution: resolution.into(),
        revision: quoted(revision),
    };
    let answer = client.registers().get_register(client.request(request)).await;
    let register = answer.map_err(|status| client.failure(status))?.into_inner();
    let mut value = head(&register);
    value.insert("value", json(&register.value));
    value.insert("text", String::from_utf8_lossy(&register.text).into_owned());
    if !register.layer.is_empty() {
        value.insert("layer", json(&register.layer));
    }
    let mut text = register.text.to_vec();
    text.push(b'\n');
    let mut notes = format!("{} {}", register.name, register.etag);
    if !register.layer.is_empty() {
        notes.push_str("\nruns wrote over this text; --json shows `layer` and the merged `value`");
    }
    Ok(Report { text: Text::Foreign(Bytes::from(text)), notes, ..Report::new(value.into(), "") })
}

/// An etag may be given with its quotes or, as shells make that hard, without.
fn quoted(revision: String) -> String {
    match revision.bytes().all(|byte| byte.is_ascii_digit()) && !revision.is_empty() {
        true => format!("\"{revision}\""),
        false => revision,
    }
}

async fn history(client: &Client, argument: &str, limit: usize) -> Result<Report, Failure> {
    let id = client::id("KEY", argument)?;
    let (mut revisions, mut page_token) = (Vec::new(), String::new());
    while revisions.len() < limit {
        let request = ListRevisionsRequest {
            name: client.parent().child("registers", &id),
            page_size: i32::try_from((limit - revisions.len()).min(PAGE)).unwrap_or(0),
            page_token,
        };
        let page = client.registers().list_revisions(client.request(request)).await;
        let page = page.map_err(|status| client.failure(status))?.into_inner();
        revisions.extend(page.revisions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let rows: Vec<_> = revisions.iter().map(row).collect();
    let text = show::table(["ETAG", "CHANGE", "WHEN", "BY"], &rows);
    let values: Vec<_> = revisions.iter().map(revision_value).collect();
    Ok(Report::new(Value::from([("key", argument.into()), ("revisions", values.into())]), text))
}

fn row(revision: &RegisterRevision) -> [String; 4] {
    let register = revision.register.clone().unwrap_or_default();
    let when = show::time(register.update_time.as_ref());
    [register.etag, change(revision.change()).to_owned(), when, register.updated_by]
}

fn revision_value(revision: &RegisterRevision) -> Value {
    let register = revision.register.clone().unwrap_or_default();
    let mut value = head(&register);
    value.insert("change", change(revision.change()));
    value.into()
}

/// What is said of a register without its content.
fn head(register: &Register) -> mapping::Object {
    let mut value = mapping::Object::default();
    value.insert("key", key(&register.name));
    value.insert("name", register.name.as_str());
    value.insert("etag", register.etag.as_str());
    if !register.shared_etag.is_empty() {
        value.insert("sharedEtag", register.shared_etag.as_str());
    }
    value.insert("createTime", show::time(register.create_time.as_ref()));
    value.insert("updateTime", show::time(register.update_time.as_ref()));
    value.insert("updatedBy", register.updated_by.as_str());
    value
}

fn key(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

fn json(bytes: &[u8]) -> Value {
    Value::from_json(bytes).unwrap_or_default()
}

fn change(change: Change) -> &'static str {
    match change {
        Change::Put => "put",
        Change::Patch => "patch",
        Change::Delete => "delete",
        Change::Unspecified => "unknown",
    }
}
