//! From the contract to the domain and back: the only files that see requests and answers.

mod adapter;
mod integration;
mod sized;
mod streaming;

use proto::integrations::v1::{
    adapter_service_server::{AdapterServiceServer, SERVICE_NAME as ADAPTERS},
    integration_service_server::SERVICE_NAME as INTEGRATIONS,
};
use tonic::service::RoutesBuilder;

use self::sized::Sized;
use crate::Service;

/// The largest message of a call that is no stream, either way: the largest body, and room for what goes with it.
const MESSAGE_BYTES: usize = 65 << 20;

/// Adds the services, and answers their names.
pub(crate) fn add(service: &Service, routes: &mut RoutesBuilder) -> Vec<&'static str> {
    routes.add_service(Sized::new(service));
    routes.add_service(
        AdapterServiceServer::new(service.clone())
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES),
    );
    vec![INTEGRATIONS, ADAPTERS]
}
