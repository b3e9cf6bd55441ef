//! The alarm: a counterpart gave back a secret that it was sent.

use crate::{Echoes, Error, ErrorKind, Outbound};

/// Counts the echoes of one answer, tells the log of them once, when the answer is over, and refuses it where the policy
/// says so.
pub(super) struct Alarm {
    /// What the caller is told: the hops before count there too.
    echoes: Echoes,
    /// What this counterpart gave back.
    own: u64,
    refuses: bool,
    host: String,
    tenant: String,
    integration: String,
}

impl Alarm {
    /// Nothing was found yet.
    pub(super) fn new(outbound: &Outbound, host: &str, refuses: bool) -> Self {
        let (tenant, integration) = (outbound.tenant.clone(), outbound.integration.clone());
        Self { echoes: Echoes::default(), own: 0, refuses, host: host.to_owned(), tenant, integration }
    }

    /// The count, as it grows.
    pub(super) fn echoes(&self) -> Echoes {
        self.echoes.clone()
    }

    /// So many more were found. An error, where none may be.
    pub(super) fn found(&mut self, count: u64) -> Result<(), Error> {
        self.echoes.add(count);
        self.own += count;
        if count == 0 || !self.refuses {
            return Ok(());
        }
        let message = "the answer holds a secret that was sent, and such answers are refused \
                       (`refuse_echoes`); replace the secret, and ask the counterpart not to give it back";
        Err(Error::new(ErrorKind::SecretEchoed, message))
    }
}

impl Drop for Alarm {
    /// However an answer ends: whole, refused, broken off, or because nobody wants the rest of it.
    fn drop(&mut self) {
        if self.own > 0 {
            tracing::warn!(
                alarm = "SECRET_ECHOED",
                server.address = self.host,
                outgate.tenant = self.tenant,
                outgate.integration = (!self.integration.is_empty()).then_some(&*self.integration),
                echoes = self.own,
                refused = self.refuses,
                "a counterpart gave back a secret that it was sent"
            );
        }
    }
}
