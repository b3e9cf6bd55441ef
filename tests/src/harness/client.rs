//! Connections to the suite, and the token that goes with every call.

use std::net::SocketAddr;

use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

/// The transport under a client that its token goes with.
pub(crate) type Client = InterceptedService<Channel, Bearer>;

/// Adds the caller's token to every call.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    pub(crate) fn new(token: &str) -> Self {
        Self(format!("Bearer {token}").parse().expect("a token is visible text"))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Something on loopback, over plain HTTP/2.
pub(crate) fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL")
}

/// A connection that is made at the first call.
pub(crate) fn connect(address: SocketAddr) -> Channel {
    endpoint(address).connect_lazy()
}

/// The reason in a refusal's details.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map_or_else(|| format!("none in {status:?}"), |info| info.reason.clone())
}
