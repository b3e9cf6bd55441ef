//! The pooled clients of one policy: one for each tenant and client certificate.
//!
//! Answers of HTTP/1.1 belong to requests by their order on the connection, and a server that takes a connection for
//! somebody's keeps taking it for that. So no connection ever serves another tenant's call, nor one with another client
//! certificate, or without.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use mapping::Algorithm;
use reqwest::Client;

use super::{ClientCertificate, TransportError, TransportErrorKind, client::Settings};

/// How many clients are kept. The one that was used longest ago gives way, and with it its idle connections.
pub(super) const KEPT: usize = 1024;

/// Whose calls a client serves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Whose {
    tenant: String,
    /// SHA-256 of the PEM text of the client certificate, where one is shown.
    certificate: Option<Vec<u8>>,
}

/// The clients in use.
pub(super) struct Clients {
    settings: Settings,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    clients: HashMap<Whose, (Client, u64)>,
    /// Counts the uses, so that the oldest can be found.
    uses: u64,
}

impl Clients {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, kept: Mutex::default() }
    }

    /// The client for a tenant's calls with a certificate, made if it is not there.
    pub(super) fn client(
        &self,
        tenant: &str,
        certificate: Option<&ClientCertificate>,
    ) -> Result<Client, TransportError> {
        let whose = Whose { tenant: tenant.to_owned(), certificate: certificate.map(digest) };
        if let Some(client) = self.lock().get(&whose) {
            return Ok(client);
        }
        // Not under the lock. Of two that are made at once the second stays.
        let client = self.make(certificate)?;
        self.lock().keep(whose, client.clone());
        Ok(client)
    }

    fn make(&self, certificate: Option<&ClientCertificate>) -> Result<Client, TransportError> {
        let unusable = |source| TransportError::new(TransportErrorKind::Certificate, source);
        let parts = match certificate {
            None => None,
            Some(certificate) => {
                let none = || unusable("it is no PEM of a certificate and its key".into());
                Some(certificate.parts().ok_or_else(none)?)
            }
        };
        self.settings.client(parts).map_err(unusable)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while holding it, and the map is whole after every step.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get(&mut self, whose: &Whose) -> Option<Client> {
        self.uses += 1;
        let (client, used) = self.clients.get_mut(whose)?;
        *used = self.uses;
        Some(client.clone())
    }

    fn keep(&mut self, whose: Whose, client: Client) {
        self.uses += 1;
        self.clients.insert(whose, (client, self.uses));
        if self.clients.len() > KEPT {
            let oldest =
                self.clients.iter().min_by_key(|(_, (_, used))| *used).map(|(whose, _)| whose.clone());
            oldest.map(|whose| self.clients.remove(&whose));
        }
    }
}

fn digest(certificate: &ClientCertificate) -> Vec<u8> {
    let mut digest = Vec::with_capacity(Algorithm::LONGEST);
    Algorithm::Sha256.compute(None, certificate.pem(), &mut digest);
    digest
}

#[cfg(test)]
mod tests;
