//! What was sent of secrets on the way to an answer.

use zeroize::Zeroizing;

use super::request::templates;
use crate::{Outbound, fill::Contents, scrub::Scrubber, transport::ClientCertificate};

/// Every secret that a request, and the redirects before it, were filled with. A counterpart that did not get one
/// itself may have it from one that did.
#[derive(Default)]
pub(super) struct Trail(Vec<Zeroizing<Vec<u8>>>);

impl Trail {
    /// Adds what a request is filled with, and what its templates make of that.
    pub(super) fn add(
        &mut self,
        outbound: &Outbound,
        contents: &Contents,
        certificate: Option<&ClientCertificate>,
    ) {
        // The certificate beside the key is public, and too long to be looked for in every form.
        let leaves = contents.plaintexts_but(outbound.client_certificate.as_ref());
        let whole = leaves.map(|plaintext| Zeroizing::new(plaintext.expose().to_vec()));
        let key = certificate.into_iter().flat_map(ClientCertificate::pieces_of_key);
        let composites = contents.composites(templates(outbound));
        let decoded = contents.decoded(templates(outbound));
        for secret in whole.chain(key).chain(composites).chain(decoded) {
            if !self.0.contains(&secret) {
                self.0.push(secret);
            }
        }
    }

    /// Whether there was nothing secret.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What takes them out of the answer.
    pub(super) fn scrubber(&self) -> Scrubber {
        Scrubber::new(self.0.iter().map(|secret| secret.as_slice()))
    }
}
