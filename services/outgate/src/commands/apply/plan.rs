//! What applying documents would change.

use std::fmt;

use bytes::Bytes;
use proto::{
    integrations::v1::{GetIntegrationRequest, Integration},
    registers::v1::{GetRegisterRequest, Register, Resolution},
};
use runtime::names::Parent;
use tonic::{Code, Status};

use super::{difference::difference, prune};
use crate::{
    client::Client,
    commands::register,
    failure::Failure,
    files::{self, Document, File},
    show,
};

/// The etag of what must not be there yet.
const ABSENT: &str = "\"0\"";

/// One thing and what becomes of it.
#[derive(Debug)]
pub(crate) struct Change {
    /// `integration` or `register`.
    pub(crate) kind: &'static str,
    /// Its resource name.
    pub(crate) name: String,
    /// What becomes of it.
    pub(crate) action: Action,
    /// The lines that differ, where it is there already.
    pub(crate) difference: String,
    /// The call that does it.
    pub(super) write: Write,
}

/// What becomes of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Created,
    Changed,
    Unchanged,
    Deleted,
}

/// The call that makes a change. Each holds the etag that was read, so that nobody's change in between is lost.
#[derive(Debug)]
pub(super) enum Write {
    Nothing,
    CreateIntegration(Box<Integration>),
    UpdateIntegration(Box<Integration>),
    PutRegister { text: Bytes, etag: String },
    DeleteIntegration { etag: String },
    DeleteRegister { etag: String },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
        })
    }
}

impl Change {
    /// The last part of the name.
    pub(super) fn key(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The business unit in the name.
    pub(super) fn unit(&self) -> Option<&str> {
        self.name.split_once("/businessUnits/")?.1.split('/').next()
    }

    /// Whether new content is written.
    pub(super) fn is_written(&self) -> bool {
        matches!(self.action, Action::Created | Action::Changed)
    }
}

/// Whose a register is: the unit of its file, else the command line's.
pub(super) fn parent(client: &Client, register: &files::Register) -> Parent {
    let unit = register.unit.clone().or_else(|| client.parent().unit.clone());
    Parent { unit, ..client.tenant() }
}

/// Compares every file with what is kept.
pub(super) async fn plan(client: &Client, files: &[File]) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::with_capacity(files.len());
    for file in files {
        changes.push(match &file.document {
            Document::Integration { id, definition } => {
                integration(client, client.tenant().child("integrations", id), definition).await?
            }
            Document::Register(register) => {
                self::register(client, parent(client, register), register).await?
            }
        });
    }
    Ok(changes)
}

async fn integration(client: &Client, name: String, definition: &Integration) -> Result<Change, Failure> {
    let request = client.request(GetIntegrationRequest { name: name.clone() });
    let kept = match client.integrations().get_integration(request).await {
        Ok(answer) => Some(answer.into_inner()),
        Err(status) if status.code() == Code::NotFound => None,
        Err(status) => {
            replaceable(client, &name, &prune::list(client).await?.unreadable, status)?;
            Some(Integration::default())
        }
    };
    let mut wanted = Box::new(Integration { name: name.clone(), ..definition.clone() });
    let kind = "integration";
    let Some(kept) = kept else {
        let write = Write::CreateIntegration(wanted);
        return Ok(Change { kind, name, action: Action::Created, difference: String::new(), write });
    };
    let text = |integration: &Integration| show::pretty(&files::shown(integration)) + "\n";
    let difference = difference(&text(&kept), &text(&wanted));
    if difference.is_empty() {
        return Ok(Change { kind, name, action: Action::Unchanged, difference, write: Write::Nothing });
    }
    wanted.etag = kept.etag;
    Ok(Change { kind, name, action: Action::Changed, difference, write: Write::UpdateIntegration(wanted) })
}

/// Insists that what could not be read is damaged, and not the suite out of order: then it is written over, whatever it was.
fn replaceable(client: &Client, name: &str, unreadable: &[String], status: Status) -> Result<(), Failure> {
    if unreadable.iter().any(|damaged| damaged == name) { Ok(()) } else { Err(client.failure(status)) }
}

async fn register(client: &Client, parent: Parent, wanted: &files::Register) -> Result<Change, Failure> {
    let (name, text) = (parent.child("registers", &wanted.key), &*wanted.text);
    let request = GetRegisterRequest {
        name: name.clone(),
        resolution: Resolution::Exact.into(),
        revision: String::new(),
    };
    let kept = match client.registers().get_register(client.request(request)).await {
        Ok(answer) => answer.into_inner(),
        Err(status) if status.code() == Code::NotFound => {
            Register { etag: ABSENT.to_owned(), ..Register::default() }
        }
        Err(status) => {
            let id = name.rsplit('/').next().unwrap_or_default().to_owned();
            let listed = register::list(client, parent.to_string(), id).await?;
            replaceable(client, &name, &listed.unreadable, status)?;
            Register::default()
        }
    };
    let kind = "register";
    if kept.text == text.as_bytes() {
        return Ok(Change {
            kind,
            name,
            action: Action::Unchanged,
            difference: String::new(),
            write: Write::Nothing,
        });
    }
    let created = kept.etag == ABSENT;
    let difference = match created {
        true => String::new(),
        false => difference(&String::from_utf8_lossy(&kept.text), text),
    };
    let action = if created { Action::Created } else { Action::Changed };
    let write = Write::PutRegister { text: Bytes::from(text.to_owned()), etag: kept.etag };
    Ok(Change { kind, name, action, difference, write })
}
