//! The register service: relaxed-JSON documents of a tenant, shared or private to a business unit, with their history.
//!
//! A register is an author's *text*, kept byte for byte, and a *layer*: the JSON merge patch that runs wrote over it.
//! Every write is one atomic commit of the register, its entry in the history, and what the history lets go of; every
//! precondition is checked by that commit. [`Config::build`] makes a [`Service`], and [`Service::public`] gives it to
//! a listener.
//!
//! What this crate never does: it never stores a text that does not parse, never reads a template (to it they are
//! plain strings), never loses one of two concurrent patches, never tells a watch half of a write, and never answers
//! differently for what is not there and what is another tenant's.

mod book;
mod chunks;
mod damaged;
mod document;
mod grpc;
mod history;
mod key;
mod layer;
mod layout;
mod record;
mod room;
mod watch;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use proto::registers::v1::register_service_server::{RegisterServiceServer, SERVICE_NAME};
use runtime::{quota::Quotas, turns::Turns};
use store::{Clock, Store};
use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;

use crate::book::Book;

/// The largest request, in bytes: a text of the documented 1 MiB, and room beside it.
const MAX_REQUEST: usize = 4 << 20;

/// The largest answer, in bytes: text, layer and merged value of one register at their largest (1, 1 and about 3 MiB),
/// or a page of a history. Clients of this service set `max_decoding_message_size` to it.
pub const MAX_ANSWER: usize = 8 << 20;

/// What can be set about the service. Plain data.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where `create_time` and `update_time` come from. Default: the machine.
    pub clock: Clock,
    /// Watches end when it is cancelled, so that a server that stops need not wait for them. Default: never.
    pub drain: CancellationToken,
    /// What each tenant may have. Default: no bounds.
    pub quotas: Quotas,
}

impl Config {
    /// The service over a store.
    pub fn build(self, store: Arc<dyn Store>) -> Service {
        let Self { clock, drain, quotas } = self;
        Service {
            book: Arc::new(Book { store, clock, turns: Turns::new(), quotas, rooms: Turns::new() }),
            drain,
        }
    }
}

/// The register service. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    book: Arc<Book>,
    drain: CancellationToken,
}

impl Service {
    /// Adds `outgate.registers.v1.RegisterService` to a listener. Answers the names to report health under.
    pub fn public(&self, routes: &mut RoutesBuilder) -> Vec<&'static str> {
        let server = RegisterServiceServer::new(self.clone())
            .max_decoding_message_size(MAX_REQUEST)
            .max_encoding_message_size(MAX_ANSWER);
        routes.add_service(server);
        vec![SERVICE_NAME]
    }
}
