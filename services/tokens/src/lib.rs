//! Access tokens: got once, shared by all who wait, kept sealed, renewed before they end.
//!
//! A token belongs to a tenant and a *grant*, the whole description of how it is got; two equal grants share one token.
//!
//! # The life of a token
//!
//! - **Got.** The first call for a grant looks into the store, and only where nothing usable is kept sends a request.
//!   Everybody who asks meanwhile waits for that same request. It runs for itself: a caller who gives up neither ends
//!   nor repeats it. Each grant has a keeper of its own, so a dead token endpoint delays nobody else.
//! - **Kept.** A token is sealed into the store before it is handed out, and the store forgets it when it ends: a
//!   restart serves it without a request. Should the store not take it, it is served all the same, and the log says so.
//! - **Renewed ahead.** A fifth of its life before its end, and five minutes at most (a little earlier by chance, so that
//!   many grants do not renew at once), it is renewed in the background, if it was used since it was got. The old one is
//!   served until the new one is there.
//! - **Ended.** The last tenth of its life, and thirty seconds at most, it is no longer handed out. A token without
//!   `expires_in` is taken to live for [`Config::default_life`], and none is kept longer than [`Config::longest_life`].
//! - **Dropped.** [`InvalidateToken`](proto::tokens::v1::InvalidateTokenRequest) drops the one generation it names. However
//!   many say so, the next call makes one request.
//!
//! # When no token comes
//!
//! All who wait for a request share its failure. For a short while after it, a quarter of a second and twice as long
//! with every failure in a row, up to about ten seconds (or as long as the endpoint asks by `Retry-After`, up to a
//! minute), the endpoint is left in peace: calls get the same answer at once. That holds for refusals and for
//! unavailability alike. A failure before anything was sent (no such secret, a policy that refuses) is not remembered:
//! the next call tries again.
//!
//! # Where a token goes
//!
//! To the origins that the client's secret was put with for tokens, and nowhere else: the secrets service is asked for each
//! call, before anything is looked up or fetched. A token is kept for the one value of the secret that it was got with. Where
//! it may go was sealed in with that value, and nobody who puts another one can change it; so a new value takes effect at
//! once, and a token that was got with an old value is never handed out for it. Where a token endpoint does not know the new
//! value yet and the old one overlaps it, tokens are got with the old one, and the new one is tried again after each pause.
//!
//! What this crate never does: see a client's secret outside the hole that the guarded door fills; write a token to a
//! log, an error or, unsealed, to the store; follow a redirect of a token endpoint; send a request for anything but
//! the grant's own URL.

mod answer;
mod endpoint;
mod failure;
mod grant;
mod grpc;
mod keeper;
mod life;
mod outbound;
mod registry;
mod release;
pub mod sealed;
mod shelf;
mod token;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use egress::Door;
use proto::tokens::v1::token_service_server::{SERVICE_NAME, TokenServiceServer};
use runtime::Link;
use seal::KeyRing;
use store::Store;
use tonic::service::RoutesBuilder;

use crate::{
    endpoint::TokenEndpoint, keeper::Shared, life::Lives, registry::Registry, release::Secrets, shelf::Shelf,
};

/// The settings of the tokens service.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long a request to a token endpoint may take, from resolving its name to the end of the answer.
    pub timeout: Duration,
    /// The largest answer of a token endpoint, in bytes.
    pub answer_bytes: usize,
    /// How long a token is taken to live when the endpoint does not say.
    pub default_life: Duration,
    /// No token is kept longer, whatever the endpoint says.
    pub longest_life: Duration,
    /// How long an endpoint is left in peace after a first failure. It doubles with every failure in a row.
    pub shortest_pause: Duration,
    /// Where the doubling ends. Chance adds up to as much again.
    pub longest_pause: Duration,
    /// How long an endpoint that says when to come back (`Retry-After`) is left in peace at most.
    pub longest_retry_after: Duration,
    /// How many grants are held in memory at once. Beyond that the least recently used are let go of; their tokens stay
    /// in the store.
    pub grants: usize,
    /// The largest request and the largest answer of the service, in bytes.
    pub message_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            answer_bytes: 1 << 20,
            default_life: Duration::from_secs(300),
            longest_life: Duration::from_secs(24 * 3600),
            shortest_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(5),
            longest_retry_after: Duration::from_secs(60),
            grants: 10_000,
            message_bytes: 4 << 20,
        }
    }
}

impl Config {
    /// The service: tokens are kept in `store`, sealed with `ring`; requests leave through `door`, with secrets that the
    /// secrets service behind `secrets` releases to it.
    #[must_use]
    pub fn build(self, store: Arc<dyn Store>, ring: Arc<KeyRing>, door: Arc<Door>, secrets: Link) -> Service {
        let Self {
            timeout,
            answer_bytes,
            default_life,
            longest_life,
            shortest_pause,
            longest_pause,
            longest_retry_after,
            grants,
            message_bytes,
        } = self;
        let shelf = Arc::new(Shelf::new(store, ring));
        let secrets = Arc::new(Secrets::new(secrets));
        let shared = Shared {
            shelf: shelf.clone(),
            endpoint: TokenEndpoint::new(door, secrets.clone(), timeout, answer_bytes),
            lives: Lives { default: default_life, longest: longest_life },
            pauses: keeper::Pauses { shortest: shortest_pause, longest: longest_pause, longest_retry_after },
        };
        Service { shelf, registry: Arc::new(Registry::new(shared, grants)), secrets, message_bytes }
    }
}

/// The tokens service. Cheap to clone. Its background work ends when its last clone is gone.
#[derive(Clone)]
pub struct Service {
    shelf: Arc<Shelf>,
    registry: Arc<Registry>,
    secrets: Arc<Secrets>,
    message_bytes: usize,
}

impl Service {
    /// Adds the service, for the internal listener. Answers the names of what it added, for health.
    pub fn internal(&self, routes: &mut RoutesBuilder) -> Vec<&'static str> {
        let Self { shelf, registry, secrets, .. } = self.clone();
        let handler = grpc::Tokens { shelf, registry, secrets };
        let server = TokenServiceServer::new(handler)
            .max_decoding_message_size(self.message_bytes)
            .max_encoding_message_size(self.message_bytes);
        routes.add_service(server);
        vec![SERVICE_NAME]
    }
}
