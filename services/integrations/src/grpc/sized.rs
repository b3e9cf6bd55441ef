//! The service of integrations with bounds on its messages: a call may hold a whole body in one, a stream may not.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use http::{Request, Response};
use proto::integrations::v1::integration_service_server::{IntegrationServiceServer, SERVICE_NAME};
use tonic::{body::Body, codegen::BoxFuture, server::NamedService};

use super::{MESSAGE_BYTES, streaming};
use crate::Service;

/// The method whose messages are parts of bodies.
const STREAM: &str = "/StreamIntegration";

/// The generated server, once for each bound: it has one bound for all its methods.
#[derive(Clone)]
pub(super) struct Sized {
    whole: IntegrationServiceServer<Service>,
    parts: IntegrationServiceServer<Service>,
}

impl Sized {
    pub(super) fn new(service: &Service) -> Self {
        let server = IntegrationServiceServer::new(service.clone());
        Self {
            whole: server
                .clone()
                .max_decoding_message_size(MESSAGE_BYTES)
                .max_encoding_message_size(MESSAGE_BYTES),
            parts: server.max_decoding_message_size(streaming::MESSAGE_BYTES),
        }
    }
}

impl NamedService for Sized {
    const NAME: &'static str = SERVICE_NAME;
}

impl tower_service::Service<Request<Body>> for Sized {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let server = if request.uri().path().ends_with(STREAM) { &mut self.parts } else { &mut self.whole };
        server.call(request)
    }
}
