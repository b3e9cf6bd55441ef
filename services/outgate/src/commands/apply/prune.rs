//! What is kept and not named by the files.

use std::collections::BTreeSet;

use proto::integrations::v1::{Integration, ListIntegrationsRequest};

use super::plan::{Action, Change, Write, parent};
use crate::{
    client::Client,
    commands::register,
    failure::Failure,
    files::{Document, File},
};

/// Deletes, for every kind that the files name, and of registers for every business unit: a folder with registers
/// alone says nothing about integrations.
pub(super) async fn plan(client: &Client, files: &[File]) -> Result<Vec<Change>, Failure> {
    let (mut integrations, mut registers, mut parents) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for file in files {
        match &file.document {
            Document::Integration { id, .. } => {
                integrations.insert(client.tenant().child("integrations", id));
            }
            Document::Register(register) => {
                let parent = parent(client, register);
                registers.insert(parent.child("registers", &register.key));
                parents.insert(parent);
            }
        }
    }
    let mut changes = Vec::new();
    if !integrations.is_empty() {
        for kept in
            list(client).await?.integrations.into_iter().filter(|kept| !integrations.contains(&kept.name))
        {
            changes.push(deleted("integration", kept.name, Write::DeleteIntegration { etag: kept.etag }));
        }
    }
    for parent in parents {
        let kept = register::list(client, parent.to_string(), String::new()).await?;
        for kept in kept.registers.into_iter().filter(|kept| !registers.contains(&kept.name)) {
            changes.push(deleted("register", kept.name, Write::DeleteRegister { etag: kept.etag }));
        }
    }
    Ok(changes)
}

fn deleted(kind: &'static str, name: String, write: Write) -> Change {
    Change { kind, name, action: Action::Deleted, difference: String::new(), write }
}

/// The integrations of the tenant.
pub(super) struct Listed {
    pub(super) integrations: Vec<Integration>,
    /// The names of those that are damaged.
    pub(super) unreadable: Vec<String>,
}

pub(super) async fn list(client: &Client) -> Result<Listed, Failure> {
    let (mut integrations, mut unreadable, mut page_token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request =
            ListIntegrationsRequest { parent: client.tenant().to_string(), page_size: 0, page_token };
        let page = client.integrations().list_integrations(client.request(request)).await;
        let page = page.map_err(|status| client.failure(status))?.into_inner();
        integrations.extend(page.integrations);
        unreadable.extend(page.unreadable);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(Listed { integrations, unreadable });
        }
    }
}
